"""File who was there in a shift: counts per role, never names.

`capacity.watch.actions.report_shift` is what pages and API call: it files and lets supply follow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter, Region
from capacity.staffing import shifts
from capacity.staffing.access import may_report_shift
from capacity.staffing.models import CrewRequirement, CrewRole, ShiftReport
from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor

# Corrections are taken for this long; what is older is history.
LATEST_CORRECTION = timedelta(days=30)
MAX_PEOPLE = 500
NOTE_LENGTH = 300
NOBODY_REQUIRED = _("Nobody is required here in this shift.")
WHY_CORRECTED = _("This shift was reported already, and otherwise. Say why you correct it.")


class CannotFileReport(Invalid):
    """The shift or the counts do not do; `fields` says which, counts under their role."""

    code = "cannot_file_report"
    message = _("Please correct what is marked.")


@dataclass(frozen=True)
class Crew:
    """One role in one shift, in people. Whoever is rostered and neither present nor absent for a reason given is
    counted as absent unplanned. `rostered` None stands for what the requirement says."""

    present: int
    rostered: int | None = None
    absent_planned: int = 0
    absent_unplanned: int = 0
    absent_travel: int = 0

    @property
    def absent(self) -> int:
        """Everybody whose absence was given a reason."""
        return self.absent_planned + self.absent_unplanned + self.absent_travel


def as_rostered(datacenter: Datacenter, shift: str) -> dict[str, Crew]:
    """The crews of a shift to which everybody came who is rostered."""
    return {
        row.role: Crew(present=row.rostered, rostered=row.rostered)
        for row in CrewRequirement.objects.filter(datacenter=datacenter, shift=shift)
    }


def file_shift_report(
    *,
    actor: Actor,
    datacenter: Datacenter,
    date: date,
    shift: str,
    crews: Mapping[str, Crew],
    at: datetime,
    note: str = "",
) -> list[ShiftReport]:
    """File or correct the report of one shift, every required role in it.

    `date` is the day on which the shift began, in the datacenter's own time. A correction is new
    rows beside the old ones and says why it is made. What was reported already is not reported
    again: then nothing is written and nothing returned. Raises `CannotFileReport`.
    """
    with transaction.atomic():
        require(may_report_shift(actor, datacenter.region.code))
        # Two who report one shift at the same moment: the second one corrects the first.
        Region.objects.select_for_update(no_key=True).get(pk=datacenter.region_id)
        required = {row.role: row for row in CrewRequirement.objects.filter(datacenter=datacenter, shift=shift)}
        _check(datacenter, date, shift, required, crews, note, at)
        earlier = latest_by_role(ShiftReport.objects.filter(datacenter=datacenter, date=date, shift=shift))
        reports = [
            new_report(actor, datacenter, date, shift, required[role], crews[role], note, at)
            for role in sorted(required)
        ]
        if says_the_same(reports, earlier):
            return []
        if earlier and not note.strip():
            raise CannotFileReport({"note": [WHY_CORRECTED]})
        ShiftReport.objects.bulk_create(reports)
        record(
            actor=actor,
            action="shift.corrected" if earlier else "shift.reported",
            subject_type="datacenter",
            subject_id=datacenter.code,
            reason=note,
            after=journal_facts(datacenter, reports),
            at=at,
        )
        return reports


def latest_by_role(reports: Iterable[ShiftReport]) -> dict[str, ShiftReport]:
    """The report in force of each role, of the reports of one shift."""
    return {report.role: report for report in sorted(reports, key=lambda report: report.pk)}


def says_the_same(reports: Iterable[ShiftReport], earlier: Mapping[str, ShiftReport]) -> bool:
    """Whether all of these counts are in force already; a note alone is nothing new."""
    return all(report.role in earlier and counts_of(report) == counts_of(earlier[report.role]) for report in reports)


def counts_of(report: ShiftReport) -> tuple[int, ...]:
    """What a report says, in people."""
    return (
        report.minimum,
        report.rostered,
        report.present,
        report.absent_planned,
        report.absent_unplanned,
        report.absent_travel,
    )


def journal_facts(datacenter: Datacenter, reports: list[ShiftReport]) -> dict[str, Any]:
    """What the journal keeps of the reports of one shift."""
    return {
        "code": datacenter.code,
        "date": str(reports[0].date),
        "shift": reports[0].shift,
        "crews": {report.role: [report.present, report.minimum, report.rostered] for report in reports},
    }


def new_report(
    actor: Actor,
    datacenter: Datacenter,
    day: date,
    shift: str,
    requirement: CrewRequirement,
    crew: Crew,
    note: str,
    at: datetime,
) -> ShiftReport:
    """One role's report, not stored yet, of counts that `crew_problem` has nothing against."""
    rostered = requirement.rostered if crew.rostered is None else crew.rostered
    unexplained = rostered - crew.present - crew.absent
    return ShiftReport(
        datacenter=datacenter,
        date=day,
        shift=shift,
        role=requirement.role,
        minimum=requirement.minimum,
        rostered=rostered,
        present=crew.present,
        absent_planned=crew.absent_planned,
        absent_unplanned=crew.absent_unplanned + unexplained,
        absent_travel=crew.absent_travel,
        note=note.strip(),
        reported_by_id=actor.user_id,
        reported_at=at,
    )


def _check(
    datacenter: Datacenter,
    day: date,
    shift: str,
    required: Mapping[str, CrewRequirement],
    crews: Mapping[str, Crew],
    note: str,
    at: datetime,
) -> None:
    fields: dict[str, list[Any]] = {}
    if shift not in shifts.SHIFTS:
        fields["shift"] = [_("Choose the day or the night shift.")]
    elif problem := day_problem(datacenter, day, shift, at):
        fields["date"] = [problem]
    elif not required:
        fields["shift"] = [NOBODY_REQUIRED]
    if len(note.strip()) > NOTE_LENGTH:
        fields["note"] = [_("At most %(most)s characters.") % {"most": NOTE_LENGTH}]
    if not fields:
        for role in [*required, *(role for role in crews if role not in required)]:
            problem = crew_problem(role, required.get(role), crews.get(role))
            if problem:
                fields[role] = [problem]
    if fields:
        raise CannotFileReport(fields)


def day_problem(datacenter: Datacenter, day: date, shift: str, at: datetime) -> Any:
    """Why nothing can be reported of this shift at this moment; empty where it can."""
    zone = ZoneInfo(datacenter.time_zone)
    try:
        begins = shifts.starts_at(day, shift, zone)
    except OverflowError:  # at the edge of the calendar
        return _("There is no such day.")
    if begins > at:
        return _("This shift has not begun yet; it begins at %(time)s.") % {"time": _local(begins, zone)}
    if begins < at - LATEST_CORRECTION:
        return _("Reports are taken for %(days)s days; this shift is older.") % {"days": LATEST_CORRECTION.days}
    return ""


def crew_problem(role: str, requirement: CrewRequirement | None, crew: Crew | None) -> Any:
    """What is wrong with one role's counts; empty where nothing is."""
    if requirement is None:
        known = role in CrewRole.values
        return _("This role does not work in this shift.") if known else _("There is no such role.")
    if crew is None:
        return _("Say how many are present; a report covers the whole shift.")
    rostered = requirement.rostered if crew.rostered is None else crew.rostered
    counts = (crew.present, rostered, crew.absent_planned, crew.absent_unplanned, crew.absent_travel)
    if min(counts) < 0:
        return _("Counts of people are not negative.")
    if max(counts) > MAX_PEOPLE:
        return _("No crew here has more than %(most)s people.") % {"most": MAX_PEOPLE}
    if crew.present > rostered:
        return _("%(present)s present, but only %(rostered)s rostered. Raise the roster where people were added.") % {
            "present": crew.present,
            "rostered": rostered,
        }
    if crew.present + crew.absent > rostered:
        return _("%(present)s present and %(absent)s absent are more than the %(rostered)s rostered.") % {
            "present": crew.present,
            "absent": crew.absent,
            "rostered": rostered,
        }
    return ""


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
