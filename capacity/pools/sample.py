"""Invented supply, so that a new installation has something to show. Pure; real terms are set on the pool pages.

Every figure follows from the region's code and size alone, so an import gives the same everywhere.
"""

import hashlib

from capacity.pools.arithmetic import Terms

# Powered-on vCPU of a region by size, before it varies by up to a third.
VCPU = {"large": 360_000, "medium": 120_000, "small": 36_000}
# How much of each resource comes with a thousand vCPU.
PER_THOUSAND_VCPU = {"vcpu": 1_000, "memory": 5_200, "gpu": 6, "storage": 240}
# Shares of what is powered on, in permille.
OUT_OF_SERVICE = 15
ORGANIC_GROWTH = 60
# The largest failure domain by size: one of this many equal halls.
HALLS = {"large": 24, "medium": 16, "small": 10}


def sample_terms(region_code: str, resource_code: str, size: str, *, reserve_permille: int) -> Terms:
    """The terms of a pool, in whole units of its resource. Raises KeyError for a resource without a sample."""
    vcpu = VCPU[size] + VCPU[size] * _variation(region_code, resource_code) // 3_000
    powered_on = vcpu * PER_THOUSAND_VCPU[resource_code] // 1_000
    return Terms(
        powered_on=powered_on,
        out_of_service=powered_on * OUT_OF_SERVICE // 1_000,
        organic_growth=powered_on * ORGANIC_GROWTH // 1_000,
        failure_reserve=powered_on // HALLS[size],
        reserve_permille=reserve_permille,
    )


def _variation(*parts: str) -> int:
    """A number from 0 to 999 that depends on the parts alone."""
    return int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:4], "big") % 1_000
