"""Store the status that follows from the reports, and keep the alarms about crews."""

from datetime import datetime
from typing import Any

from django.db import transaction

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import AlarmKind
from capacity.regions.models import Datacenter
from capacity.staffing.models import DatacenterStatus, StaffingStatus
from capacity.staffing.standings import CrewStanding, crew_standings
from journal.record import new_entry, record_many
from users.access import SYSTEM

ALARMS = {
    AlarmKind.STAFFING_RED: StaffingStatus.RED,
    AlarmKind.STAFFING_UNKNOWN: StaffingStatus.UNKNOWN,
}


def refresh_statuses(*, region_id: int, at: datetime) -> list[CrewStanding]:
    """Bring the stored statuses of a region's datacenters up to date; returns how the crews stand.

    The caller holds the region's lock, so that two looks at once do not write over each other.
    """
    with transaction.atomic():
        crews = crew_standings(Datacenter.objects.filter(region=region_id), at)
        stored = {row.datacenter_id: row for row in DatacenterStatus.objects.filter(datacenter__region=region_id)}
        moved = []
        for crew in crews:
            row = stored.get(crew.datacenter.pk)
            if row is None:
                row = DatacenterStatus(datacenter=crew.datacenter, since=at, computed_at=at)
                before = StaffingStatus.NOT_TRACKED.value
            else:
                before = row.status
            if before != crew.standing.status:
                row.since = at
                moved.append((crew, before))
            _fill(row, crew, at)
        for kind, status in ALARMS.items():
            causes = {
                (region_id, crew.datacenter.code): {"reasons": reasons_of(crew)}
                for crew in crews
                if crew.standing.status == status
            }
            keep_alarms(kind, causes, region_ids=[region_id], at=at)
        record_many([_entry(crew, before, at) for crew, before in moved])
    return crews


def reasons_of(crew: CrewStanding) -> list[dict[str, Any]]:
    """The reasons as they are stored: without the age of reports, which changes with every look."""
    stored = [reason.as_dict() for reason in crew.standing.reasons]
    for reason in stored:
        reason["params"].pop("age_minutes", None)
    return stored


def is_stale(row: DatacenterStatus | None, crew: CrewStanding) -> bool:
    """Whether what is stored of a datacenter differs from how its crew stands."""
    return row is None or (row.status, row.is_closed, row.reasons, row.last_report_at) != (
        str(crew.standing.status),
        crew.standing.is_closed,
        reasons_of(crew),
        crew.last_report_at,
    )


def _fill(row: DatacenterStatus, crew: CrewStanding, at: datetime) -> None:
    row.status = str(crew.standing.status)
    row.is_closed = crew.standing.is_closed
    row.reasons = reasons_of(crew)
    row.last_report_at = crew.last_report_at
    row.computed_at = at
    row.save()


def _entry(crew: CrewStanding, before: str, at: datetime) -> Any:
    return new_entry(
        actor=SYSTEM,
        action="crew.status_changed",
        subject_type="datacenter",
        subject_id=crew.datacenter.code,
        before={"status": before},
        after={"code": crew.datacenter.code, "status": str(crew.standing.status), "reasons": reasons_of(crew)},
        at=at,
    )
