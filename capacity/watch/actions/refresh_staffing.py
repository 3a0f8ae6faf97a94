"""Let statuses, alarms and supply follow what was reported of crews, and what was not."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from capacity.pools.actions.follow_staffing import follow_staffing
from capacity.pools.models import Pool, SupplyChange
from capacity.regions.models import Datacenter, Region
from capacity.staffing.actions.refresh_statuses import is_stale, refresh_statuses
from capacity.staffing.models import DatacenterStatus
from capacity.staffing.standings import CrewStanding, crew_standings, gate_of
from users.access import SYSTEM

# A region without datacenters is not gated.
OPEN = gate_of([])


def refresh_staffing(*, at: datetime, region_ids: Iterable[int] | None = None) -> list[SupplyChange]:
    """Bring these regions up to date, or every one that is not; returns the changes of supply.

    It looks at how things stand, so it may be lost, doubled or late without harm. Without
    `region_ids` only regions in which something differs are locked, one after the other.
    """
    changes: list[SupplyChange] = []
    for region_id in sorted(_stale_regions(at) if region_ids is None else region_ids):
        with transaction.atomic():
            # One look at a region at a time.
            Region.objects.select_for_update(no_key=True).get(pk=region_id)
            crews = refresh_statuses(region_id=region_id, at=at)
            changes += follow_staffing(actor=SYSTEM, region_id=region_id, gate=gate_of(crews), at=at)
    if region_ids is None:
        DatacenterStatus.objects.update(computed_at=at)
    return changes


def _stale_regions(at: datetime) -> set[int]:
    """The regions where a stored status or a pool's gate differs from what the reports say now."""
    by_region: dict[int, list[CrewStanding]] = {}
    for crew in crew_standings(Datacenter.objects.all(), at):
        by_region.setdefault(crew.datacenter.region_id, []).append(crew)
    stored = {row.datacenter_id: row for row in DatacenterStatus.objects.all()}
    stale = {
        region_id
        for region_id, crews in by_region.items()
        if any(is_stale(stored.get(crew.datacenter.pk), crew) for crew in crews)
    }
    gates = {region_id: gate_of(crews) for region_id, crews in by_region.items()}
    gates_of_pools = Pool.objects.values_list("region_id", "gate_permille", "failure_reserve_permille")
    for region_id, permille, reserve_permille in gates_of_pools.distinct().order_by():
        gate = gates.get(region_id, OPEN)
        if (gate.permille, gate.failure_reserve_permille) != (permille, reserve_permille):
            stale.add(region_id)
    return stale
