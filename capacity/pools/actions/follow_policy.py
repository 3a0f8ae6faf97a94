"""Let every pool's tier-1 reserve be the one that the policy in force says."""

from datetime import datetime

from django.db import transaction

from capacity.pools.models import Pool, SupplyCause
from capacity.pools.terms import change_terms, keep_deficit_alarms, lock_pools
from kit.refusal import NotAllowed, require
from priorities.policies import NoPolicyInForce, active_version
from users.access import Actor


def follow_policy(*, actor: Actor, at: datetime) -> int:
    """Bring the reserves in line; returns how many pools changed. Without a policy nothing changes."""
    require(None if actor.is_system else NotAllowed())
    try:
        reserve = active_version(at).tier1_reserve_permille
    except NoPolicyInForce:
        return 0
    changed = 0
    other = Pool.objects.exclude(reserve_permille=reserve)
    for region_id in sorted(set(other.values_list("region_id", flat=True))):
        with transaction.atomic():
            pools = lock_pools(Pool.objects.filter(region=region_id))
            for pool in pools:
                new = {"reserve_permille": reserve}
                changed += change_terms(pool, new, cause=SupplyCause.POLICY, actor=actor, at=at) is not None
            keep_deficit_alarms(pools, at)
    return changed
