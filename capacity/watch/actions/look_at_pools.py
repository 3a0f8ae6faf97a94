"""Look at every pool: is more promised than there is, does tier 1 hold more than its mark?"""

from datetime import datetime

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import AlarmKind
from capacity.pools.actions.follow_policy import follow_policy
from capacity.pools.models import Pool
from capacity.pools.terms import keep_deficit_alarms, names_of
from priorities.policies import NoPolicyInForce, active_version
from users.access import SYSTEM


def look_at_pools(*, at: datetime) -> None:
    """Keep the alarms about deficits and about tier 1's mark, and the reserves that the policy asks for.

    Beyond the mark nothing is refused (product rule 5); it warns and asks for second signatures.
    """
    follow_policy(actor=SYSTEM, at=at)
    pools = list(Pool.objects.select_related("region", "resource").order_by("pk"))
    region_ids = {pool.region_id for pool in pools}
    keep_deficit_alarms(pools, at)
    try:
        mark = active_version(at).tier1_mark_permille
    except NoPolicyInForce:
        mark = 1000
    causes = {
        (pool.region_id, pool.resource.code): {
            "held": pool.committed_reserve,
            "supply": pool.supply,
            "mark_permille": mark,
            "unit": pool.resource.unit,
            "names": names_of(pool),
        }
        for pool in pools
        if pool.committed_reserve * 1000 > max(pool.supply, 0) * mark
    }
    keep_alarms(AlarmKind.TIER1_MARK, causes, region_ids=region_ids, at=at)
