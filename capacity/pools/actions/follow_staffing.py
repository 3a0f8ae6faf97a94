"""Let a region's supply follow the staffing of its datacenters."""

from datetime import datetime

from django.db import transaction

from capacity.pools.models import Pool, SupplyCause, SupplyChange
from capacity.pools.terms import change_terms, keep_deficit_alarms, lock_pools
from capacity.staffing.status import Gate
from kit.refusal import NotAllowed, require
from users.access import SYSTEM, Actor


def follow_staffing(*, actor: Actor, region_id: int, gate: Gate, at: datetime) -> list[SupplyChange]:
    """Set the gate of a region's pools and what it makes of their failure reserve; returns the changes.

    There are none where it stands so already. Units behind the gate do not vanish: only tiers 1 and 2 may use them.
    The reserve is raised by the share of the region that is closed, and falls back with it.
    """
    terms = {"gate_permille": gate.permille, "failure_reserve_permille": gate.failure_reserve_permille}
    reasons = [reason.as_dict() for reason in gate.causes]
    for reason in reasons:
        reason["params"].pop("age_minutes", None)
    require(None if actor.is_system else NotAllowed())
    with transaction.atomic():
        pools = lock_pools(Pool.objects.filter(region=region_id))
        changes = [
            change_terms(pool, terms, cause=SupplyCause.STAFFING, actor=SYSTEM, at=at, reasons=reasons)
            for pool in pools
        ]
        keep_deficit_alarms(pools, at)
    return [change for change in changes if change is not None]
