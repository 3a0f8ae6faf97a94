"""File a shift report and let status and supply follow at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from capacity.pools.models import SupplyChange
from capacity.regions.models import Datacenter
from capacity.staffing.actions.file_shift_report import Crew, as_rostered, file_shift_report
from capacity.staffing.actions.vouch_for_crew import vouch_for_crew
from capacity.staffing.models import ShiftReport
from capacity.watch.actions.refresh_staffing import refresh_staffing
from users.access import Actor


@dataclass(frozen=True)
class Reported:
    """What a report did: its rows, and the changes of supply that followed. Neither where it said nothing new."""

    reports: list[ShiftReport]
    changes: list[SupplyChange]
    # Of the datacenter; empty where nothing was new, so that a repeated command can tell as well.
    public_id: str


def report_shift(
    *,
    actor: Actor,
    datacenter: Datacenter,
    date: date,
    shift: str,
    at: datetime,
    crews: Mapping[str, Crew] | None = None,
    note: str = "",
) -> Reported:
    """File the report of one shift; without `crews` everybody came who is rostered.

    Refusals are those of `file_shift_report`; the change of supply is in the same transaction, so
    nobody can promise on what the report has just closed.
    """
    with transaction.atomic():
        reports = file_shift_report(
            actor=actor,
            datacenter=datacenter,
            date=date,
            shift=shift,
            crews=as_rostered(datacenter, shift) if crews is None else crews,
            note=note,
            at=at,
        )
        if not reports:
            return Reported([], [], "")
        changes = refresh_staffing(region_ids=[datacenter.region_id], at=at)
    return Reported(reports, changes, str(datacenter.public_id))


def vouch_and_refresh(*, actor: Actor, datacenter: Datacenter, reason: str, at: datetime) -> list[SupplyChange]:
    """Let the last reported state count for a day (see `vouch_for_crew`), with what follows from it."""
    with transaction.atomic():
        vouch_for_crew(actor=actor, datacenter=datacenter, reason=reason, at=at)
        return refresh_staffing(region_ids=[datacenter.region_id], at=at)
