"""What a pool may promise, and what is left of it, as closed forms over integers.

Pure: no database, no clock. A pool's supply is split into three buckets, and a request's tier says which of them
it may use. The admissions are nested, so one inequality per level decides, and earlier promises shift between
buckets by themselves (Hall's condition on a chain of bucket sets): there is no drawing order to argue about.

    supply   = L - O - G - B + R                  L powered on, O out of service, G growth of existing customers,
                                                  B failure reserve, up to doubled where crews lack,
                                                  R released by levers, as measured
    reserve1 = ceil(reserve * supply)             for tier 1 only
    open     = floor(gate * (supply - reserve1))  for everybody
    crit     = the rest, behind the staffing gate, for tiers 1 and 2

A negative supply counts as zero; what was promised beyond it is a deficit and never revoked.
"""

from dataclasses import dataclass
from enum import IntEnum

PERMILLE = 1000


class Level(IntEnum):
    """Which buckets a request may use; a higher level may use all that a lower one may."""

    GENERAL = 0
    CRITICAL = 1
    TIER1 = 2


def level_for(tier: int) -> Level:
    """The admission of a tier, 1 to 5. Pass the tier on confirmed facts, never a claimed one."""
    if not 1 <= tier <= 5:
        raise ValueError(f"a tier is 1 to 5, not {tier}")
    if tier == 1:
        return Level.TIER1
    return Level.CRITICAL if tier == 2 else Level.GENERAL


@dataclass(frozen=True, slots=True)
class Terms:
    """What a pool's supply is made of, in the pool's unit; gate and reserve in permille.

    `failure_reserve_permille` is what staffing makes of the failure reserve: 1000 as stated, 2000 double. Raises
    ValueError on a negative amount, a share outside 0 to 1000, or a reserve neither as stated nor up to double.
    """

    powered_on: int
    out_of_service: int = 0
    organic_growth: int = 0
    failure_reserve: int = 0
    gate_permille: int = PERMILLE
    reserve_permille: int = 100
    failure_reserve_permille: int = PERMILLE
    lever_release: int = 0

    def __post_init__(self) -> None:
        for name in ("powered_on", "out_of_service", "organic_growth", "failure_reserve", "lever_release"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        for name in ("gate_permille", "reserve_permille"):
            if not 0 <= getattr(self, name) <= PERMILLE:
                raise ValueError(f"{name} must be 0 to {PERMILLE}")
        if not PERMILLE <= self.failure_reserve_permille <= 2 * PERMILLE:
            raise ValueError(f"failure_reserve_permille must be {PERMILLE} to {2 * PERMILLE}")

    @property
    def reserved_for_failures(self) -> int:
        """The failure reserve as staffing makes it, rounded up."""
        return -(-self.failure_reserve * self.failure_reserve_permille // PERMILLE)


@dataclass(frozen=True, slots=True)
class Buckets:
    """A pool's supply by bucket, in the pool's unit."""

    open: int
    crit: int
    reserve1: int

    @property
    def total(self) -> int:
        return self.open + self.crit + self.reserve1

    def limit(self, level: Level) -> int:
        """What requests of this level and below may hold together: the size of the buckets open to the level."""
        if level is Level.GENERAL:
            return self.open
        if level is Level.CRITICAL:
            return self.open + self.crit
        return self.total


@dataclass(frozen=True, slots=True)
class Committed:
    """Granted and held units by the level of the request they went to."""

    general: int = 0
    critical: int = 0
    tier1: int = 0

    def __post_init__(self) -> None:
        if min(self.general, self.critical, self.tier1) < 0:
            raise ValueError("committed units must not be negative")

    @property
    def total(self) -> int:
        return self.general + self.critical + self.tier1

    def within(self, level: Level) -> int:
        """Units of requests that may use no bucket beyond this level's."""
        if level is Level.GENERAL:
            return self.general
        if level is Level.CRITICAL:
            return self.general + self.critical
        return self.total


def supply(terms: Terms) -> int:
    """What may be promised in total before buckets; negative when reserves exceed what is powered on."""
    stated = terms.powered_on - terms.out_of_service - terms.organic_growth - terms.reserved_for_failures
    return stated + terms.lever_release


def buckets(terms: Terms) -> Buckets:
    """Split the supply. The parts always add up to `max(0, supply)`: the gate moves units, it destroys none."""
    usable = max(0, supply(terms))
    reserve1 = -(-usable * terms.reserve_permille // PERMILLE)
    open_ = (usable - reserve1) * terms.gate_permille // PERMILLE
    return Buckets(open=open_, crit=usable - reserve1 - open_, reserve1=reserve1)


def left(level: Level, split: Buckets, committed: Committed) -> int:
    """The most a request of this level can still be promised; never negative.

    The smallest slack over the nested bucket sets that contain everything the level may use.
    """
    return max(0, min(split.limit(at) - committed.within(at) for at in Level if at >= level))


def deficit(split: Buckets, committed: Committed) -> int:
    """By how much promises exceed the supply in force, on the worst nested bucket set; 0 when they fit."""
    return max(0, max(committed.within(at) - split.limit(at) for at in Level))
