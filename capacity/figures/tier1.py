"""Where tier 1 holds more than its mark, and who holds capacity there."""

from datetime import datetime

from django.db.models import F

from capacity.pools.models import Pool
from capacity.requests.models import Grant
from priorities.policies import NoPolicyInForce, active_version


def holders_beyond_mark(at: datetime) -> set[int]:
    """The organizations (keys) with grants in a pool whose tier-1 share is beyond the policy's mark; three statements.

    A list on which everybody stands protects nobody, so verifications of these are sampled twice as often.
    """
    try:
        mark = active_version(at).tier1_mark_permille
    except NoPolicyInForce:
        return set()
    beyond = Pool.objects.filter(supply__gt=0, committed_reserve__gt=F("supply") * mark / 1000)
    return set(Grant.objects.filter(pool__in=beyond).values_list("request__organization_id", flat=True))
