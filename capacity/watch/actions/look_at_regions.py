"""Look at every region: which condition do its readings speak for, and is anybody to be asked about it?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from capacity.alarms.models import Alarm, AlarmKind
from capacity.pools.models import Pool
from capacity.pools.terms import names_of
from capacity.regions.conditions import lock_region
from capacity.regions.models import Region
from capacity.regions.proposals import (
    close_proposal,
    is_answered,
    raise_proposal,
    reading_data,
    rules_in_force,
)
from capacity.regions.threshold_models import ProposalState, RegionStanding, ThresholdProposal
from capacity.regions.thresholds import Measure, Reading, Rules, Standing, is_due, look, reasons_of, still_fits
from capacity.staffing.models import DatacenterStatus, StaffingStatus
from capacity.usage.models import FORECAST_HOLDS, ForecastStep, UsageForecast
from priorities.policies import NoPolicyInForce, active_version
from users.access import SYSTEM

CREWS = {StaffingStatus.GREEN: 0, StaffingStatus.AMBER: 1, StaffingStatus.RED: 2, StaffingStatus.UNKNOWN: None}


def look_at_regions(*, at: datetime) -> None:
    """Keep for each region what its readings speak for, and its one open proposal.

    Stands on how things are, so a look may be lost, doubled or late. Only regions where a proposal is to be raised
    or closed are locked, one after the other.
    """
    rules = rules_in_force()
    readings = readings_of_regions(at)
    stored = {row.region_id: row for row in RegionStanding.objects.all()}
    open_ones = {row.region_id: row for row in ThresholdProposal.objects.filter(state=ProposalState.OPEN)}
    changed: list[RegionStanding] = []
    for region in Region.objects.order_by("pk"):
        row = stored.get(region.pk)
        standing = look(region.condition, readings.get(region.pk, []), rules, _standing(row), at)
        if row is None or _standing(row) != standing or row.readings != _data(readings.get(region.pk, [])):
            changed.append(_row(region, standing, readings.get(region.pk, []), at))
        proposed = open_ones.get(region.pk)
        if _is_out_of_date(proposed, standing) or (
            is_due(standing, rules, at) and (proposed is None or proposed.condition != standing.condition)
        ):
            _ask(region.code, standing, readings.get(region.pk, []), rules, at)
    fields = ["condition", "against", "since", "changed_at", "readings", "looked_at"]
    RegionStanding.objects.bulk_create(changed, update_conflicts=True, unique_fields=["region"], update_fields=fields)
    RegionStanding.objects.update(looked_at=at)


def readings_of_regions(at: datetime) -> dict[int, list[Reading]]:
    """What is read of every region now, by its key, in seven questions to the database."""
    found: dict[int, list[Reading]] = {}
    has_forecast = UsageForecast.objects.filter(pool=OuterRef("pk"), step=ForecastStep.DAY)
    pools = list(
        Pool.objects.select_related("resource").annotate(is_forecast=Exists(has_forecast)).order_by("region", "pk")
    )
    latest = _forecasts(at)
    surges: dict[tuple[int, str], int] = {
        (region_id, subject): values.get("above_permille", 1)
        for region_id, subject, values in Alarm.objects.filter(kind=AlarmKind.USAGE_SURGE, ended_at=None).values_list(
            "region_id", "subject", "values"
        )
    }
    mark = _mark(at)
    for pool in pools:
        rows = found.setdefault(pool.region_id, [])
        subject, names, supply = pool.resource.code, names_of(pool), max(pool.supply, 0)
        # A pool without supply and promise was never stated; it says nothing.
        if supply or pool.committed:
            left = max(supply - pool.committed, 0)
            rows.append(Reading(Measure.FREE, subject, left * 1000 // supply if supply else 0, names))
        if supply and mark:
            taken = pool.committed_reserve * 1_000_000 // (supply * mark)
            rows.append(Reading(Measure.TIER1, subject, taken, names))
        if pool.is_forecast:
            rows.append(Reading(Measure.EXHAUSTION, subject, latest.get(pool.pk), names))
            rows.append(Reading(Measure.SURGE, subject, surges.get((pool.region_id, subject), 0), names))
    tracked = DatacenterStatus.objects.exclude(status=StaffingStatus.NOT_TRACKED).order_by("datacenter__code")
    for region_id, code, name, status in tracked.values_list(
        "datacenter__region_id", "datacenter__code", "datacenter__name", "status"
    ):
        value = CREWS[StaffingStatus(status)]
        found.setdefault(region_id, []).append(Reading(Measure.STAFFING, code, value, {"de": name, "en": name}))
    return found


def _forecasts(at: datetime) -> Mapping[int, int | None]:
    """P(exhausted within the lead time) in permille by pool; nothing where the forecast is old, None where broken."""
    rows = (
        UsageForecast.objects.filter(step=ForecastStep.DAY, made_at__gt=at - FORECAST_HOLDS, made_at__lte=at)
        .order_by("pool", "-made_at")
        .distinct("pool")
        .values_list("pool", "exhausted_within_lead", "broken_at")
    )
    return {
        pool: None if within is None or broken is not None else round(1000 * within) for pool, within, broken in rows
    }


def _mark(at: datetime) -> int:
    try:
        return active_version(at).tier1_mark_permille
    except NoPolicyInForce:
        return 0


def _ask(code: str, standing: Standing, readings: Sequence[Reading], rules: Rules, at: datetime) -> None:
    """Close the proposal that does not fit any more, and raise the one that does; in one transaction."""
    with transaction.atomic():
        region = lock_region(code)
        if region is None or region.condition != standing.against:
            return  # Somebody declared meanwhile; the next look sees it.
        proposed = ThresholdProposal.objects.filter(region=region, state=ProposalState.OPEN).first()
        is_new = is_due(standing, rules, at) and (proposed is None or proposed.condition != standing.condition)
        asks = is_new and not is_answered(region, standing)
        if proposed is not None and (asks or _is_out_of_date(proposed, standing)):
            proposed.region = region
            state = ProposalState.SUPERSEDED if asks else ProposalState.LAPSED
            close_proposal(proposed, state, actor=SYSTEM, at=at)
        if asks:
            raise_proposal(region, standing, reasons_of(standing, readings, rules.thresholds), actor=SYSTEM, at=at)


def _is_out_of_date(proposed: ThresholdProposal | None, standing: Standing) -> bool:
    return proposed is not None and not still_fits(proposed.condition, standing)


def _standing(row: RegionStanding | None) -> Standing | None:
    return None if row is None else Standing(row.condition, row.against, row.since, row.changed_at)


def _data(readings: Sequence[Reading]) -> list[dict[str, object]]:
    return [reading_data(reading) for reading in readings]


def _row(region: Region, standing: Standing, readings: Sequence[Reading], at: datetime) -> RegionStanding:
    return RegionStanding(
        region=region,
        condition=standing.condition,
        against=standing.against,
        since=standing.since,
        changed_at=standing.changed_at,
        readings=_data(readings),
        looked_at=at,
    )
