"""Give every region a pool of every resource."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from capacity.pools.models import Pool, Resource, SupplyCause
from capacity.pools.sample import sample_terms
from capacity.pools.terms import STATED, change_terms, lock_pools
from capacity.regions.models import Region
from kit.refusal import NotAllowed, require
from priorities.policies import NoPolicyInForce, active_version
from users.access import Actor

# Until a policy is in force; then `follow_policy` brings its own.
DEFAULT_RESERVE_PERMILLE = 100


def set_up_pools(*, actor: Actor, sizes: Mapping[str, str], with_sample: bool, at: datetime) -> tuple[int, int]:
    """Create the pools that are missing in these regions, and give empty ones sample supply where asked.

    `sizes` maps region codes to large, medium or small. Pools whose terms anybody has set are left
    alone, so repeating it changes nothing. Returns how many were created and how many were filled.
    """
    require(None if actor.is_system else NotAllowed())
    try:
        reserve = active_version(at).tier1_reserve_permille
    except NoPolicyInForce:
        reserve = DEFAULT_RESERVE_PERMILLE
    with transaction.atomic():
        regions = list(Region.objects.filter(code__in=sizes).order_by("pk"))
        existing = set(Pool.objects.filter(region__in=regions).values_list("region_id", "resource_id"))
        missing = [
            Pool(region=region, resource=resource, reserve_permille=reserve)
            for region in regions
            for resource in Resource.objects.order_by("position", "pk")
            if (region.pk, resource.pk) not in existing
        ]
        Pool.objects.bulk_create(missing)
        filled = 0
        if with_sample:
            untouched = Pool.objects.filter(region__in=regions, powered_on=0, supply_changes=None)
            for pool in lock_pools(Pool.objects.filter(pk__in=untouched.values("pk"))):
                sample = sample_terms(
                    pool.region.code, pool.resource.code, sizes[pool.region.code], reserve_permille=reserve
                )
                stated = {name: getattr(sample, name) for name in STATED}
                change_terms(pool, stated, cause=SupplyCause.IMPORT, actor=actor, at=at)
                filled += 1
    return len(missing), filled
