"""What pages ask about crews: the gate of a region, the board, a datacenter's shifts."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext

from capacity.regions.models import Datacenter, Region
from capacity.staffing.models import (
    CrewRequirement,
    CrewRole,
    DatacenterStatus,
    ShiftReport,
    StaffingStatus,
    StateConfirmation,
)
from capacity.staffing.presence import DAYS_AHEAD
from capacity.staffing.standings import region_gate_at
from capacity.staffing.status import Gate
from capacity.staffing.wording import cause_text, status_label
from kit.reason import Reason

# The board and the strips look back this many days, today included.
DAYS_BACK = 14

# The status of a day that can still be reported.
NOT_OVER = ""

# Worst first, as the status core shows it.
WORST_FIRST = [
    StaffingStatus.RED, StaffingStatus.UNKNOWN, StaffingStatus.AMBER, StaffingStatus.GREEN, StaffingStatus.NOT_TRACKED,
]  # fmt: skip


def staffing_of(region: Region, at: datetime) -> Gate:
    """The staffing gate of a region at a moment, with its reasons (`wording` makes sentences of them).

    Computed from the reports (three questions to the database), for those who decide: the stored
    statuses may lag one cycle behind.
    """
    return region_gate_at(region.pk, at)


def refuses_dated_promise(gate: Gate, tier: int) -> bool:
    """Whether nothing with a date may be promised to this tier (1 to 5) into the gate's region.

    Below minimum crew to nobody; at a warning not to tiers 4 and 5.
    """
    return not gate.dated_promise or (gate.warning and tier >= 4)


def closing_causes(region_id: int) -> list[str]:
    """Which crews close a region's datacenters as of the last look, as sentences; one question to the database."""
    closed = DatacenterStatus.objects.filter(datacenter__region=region_id, is_closed=True).order_by("datacenter__code")
    return [
        cause_text(Reason(one["code"], {"datacenter": code, **one["params"]}))
        for code, reasons in closed.values_list("datacenter__code", "reasons")
        for one in reasons
    ]


@dataclass(frozen=True)
class Day:
    """One cell of the board: the role and shift of a day that stood worst, in people.

    `status` is green, amber or red where something was reported, unknown where a datacenter that
    reports was silent, not_tracked before its first report, and empty while a day is not over.
    """

    date: date
    status: str
    present: int | None = None
    minimum: int | None = None
    role: str = ""
    shift: str = ""

    @property
    def label(self) -> str:
        """The cell's status in a word, for those who see no numbers."""
        return _label(self.status, get_language() or "")

    @property
    def words(self) -> str:
        """The cell as a sentence."""
        return _words(self.status, self.present, self.minimum, get_language() or "")


@lru_cache(maxsize=256)
def _label(status: str, language: str) -> str:
    return status_label(status) if status else gettext("No report yet")


# A board asks for more than a thousand of them, and there are few different ones.
@lru_cache(maxsize=4096)
def _words(status: str, present: int | None, minimum: int | None, language: str) -> str:
    label = _label(status, language)
    if present is None:
        return label
    return gettext("%(status)s: %(present)s present, minimum %(minimum)s") % {
        "status": label,
        "present": present,
        "minimum": minimum,
    }


@dataclass(frozen=True)
class BoardRow:
    """A datacenter with its last days, oldest first, and its status now."""

    datacenter: Datacenter
    status: DatacenterStatus | None
    days: tuple[Day, ...]

    @property
    def code(self) -> str:
        """The status now; not tracked before its first look."""
        return self.status.status if self.status else StaffingStatus.NOT_TRACKED

    @property
    def last_report_at(self) -> datetime | None:
        return self.status.last_report_at if self.status else None


def days_back(at: datetime, count: int = DAYS_BACK) -> list[date]:
    """The last days up to the one of `at`, oldest first."""
    return [at.date() - timedelta(days=back) for back in range(count - 1, -1, -1)]


def days_ahead(at: datetime, count: int = DAYS_AHEAD) -> list[date]:
    """The days after the one of `at` that are looked ahead to; it is the first of them."""
    return [at.date() + timedelta(days=ahead) for ahead in range(1, count)]


def staffing_board(datacenters: QuerySet[Datacenter], at: datetime) -> list[BoardRow]:
    """The datacenters with their last two weeks, grouped by region name; two questions to the database."""
    found = list(datacenters.select_related("region", "status").order_by("region__name", "code"))
    statuses = {datacenter.pk: getattr(datacenter, "status", None) for datacenter in found}
    heard = {key for key, status in statuses.items() if status and status.last_report_at}
    days = last_days(list(statuses), at, heard)
    return [BoardRow(datacenter, statuses[datacenter.pk], days[datacenter.pk]) for datacenter in found]


def last_days(datacenter_ids: Sequence[int], at: datetime, heard: Container[int]) -> dict[int, tuple[Day, ...]]:
    """The last two weeks of each datacenter, oldest first, as they were known at a moment; one question.

    `heard` are those that had reported anything by then, in whatever shift.
    """
    days = days_back(at)
    worst = _worst_by_day(datacenter_ids, days, at)
    return {key: _days(worst.get(key, {}), days, _first_report(worst.get(key), key in heard)) for key in datacenter_ids}


def region_strips(board: Iterable[BoardRow]) -> dict[int, tuple[Day, ...]]:
    """For each region the worst of its datacenters on every day."""
    rows: dict[int, list[tuple[Day, ...]]] = {}
    for row in board:
        rows.setdefault(row.datacenter.region_id, []).append(row.days)
    return {
        region_id: tuple(min(cells, key=_badness) for cells in zip(*strips, strict=True))
        for region_id, strips in rows.items()
    }


def worst_status(statuses: Iterable[str]) -> str:
    """The status that a region shows for its datacenters; not tracked where none is."""
    shown_first = sorted(statuses, key=lambda status: WORST_FIRST.index(StaffingStatus(status)))
    return shown_first[0] if shown_first else StaffingStatus.NOT_TRACKED


def region_statuses() -> dict[int, str]:
    """The stored staffing status of every region, the worst of its datacenters."""
    statuses: dict[int, list[str]] = {}
    for region_id, status in DatacenterStatus.objects.values_list("datacenter__region_id", "status"):
        statuses.setdefault(region_id, []).append(status)
    return {region_id: worst_status(found) for region_id, found in statuses.items()}


def latest_reports(datacenter: Datacenter, since: date) -> list[ShiftReport]:
    """The report in force of every role and shift since a day, newest shift first; corrected ones are left out."""
    rows = (
        ShiftReport.objects.filter(datacenter=datacenter, date__gte=since)
        .order_by("datacenter_id", "-date", "shift", "role", "-pk")
        .distinct("datacenter_id", "date", "shift", "role")
        .select_related("reported_by")
    )
    # A night comes after the day of the same date, and so does its name in the alphabet.
    return sorted(rows, key=lambda row: (row.date, row.shift), reverse=True)


@dataclass(frozen=True)
class ShiftRow:
    """One reported shift: its reports by role, who filed the last of them and when."""

    date: date
    shift: str
    reports: dict[str, ShiftReport]

    @property
    def latest(self) -> ShiftReport:
        """The report that was filed last."""
        return max(self.reports.values(), key=lambda report: report.pk)


def shift_rows(reports: Iterable[ShiftReport]) -> list[ShiftRow]:
    """Reports in force, gathered by shift in the order given."""
    shifts: dict[tuple[date, str], dict[str, ShiftReport]] = {}
    for report in reports:
        shifts.setdefault((report.date, report.shift), {})[report.role] = report
    return [ShiftRow(day, shift, by_role) for (day, shift), by_role in shifts.items()]


def report_status(report: ShiftReport) -> str:
    """Green, amber or red, as the report says; its age is not looked at."""
    return _status(report.present, report.minimum)


def signed(row: ShiftRow) -> list[tuple[ShiftReport, str]]:
    """The reports of a shift in the order of the roles, each with its status."""
    return [(row.reports[role], report_status(row.reports[role])) for role in CrewRole if role in row.reports]


def requirements_of(datacenter: Datacenter, shift: str) -> list[CrewRequirement]:
    """Who a shift needs, in the order of the roles."""
    return in_order_of_roles(CrewRequirement.objects.filter(datacenter=datacenter, shift=shift))


def in_order_of_roles(requirements: Iterable[CrewRequirement]) -> list[CrewRequirement]:
    """Requirements by shift, and within it as the roles are always listed."""
    return sorted(requirements, key=lambda row: (row.shift, CrewRole.values.index(row.role)))


# The reports in force stand in FROM and not behind IN: a planner without figures of the table, as after many reports
# at once, would look through all of them for each.
_WORST = """
    SELECT DISTINCT ON (datacenter_id, date) datacenter_id, date, present, minimum, role, shift
    FROM (
        SELECT DISTINCT ON (datacenter_id, date, shift, role) id, datacenter_id, date, shift, role, present, minimum
        FROM capacity_shiftreport
        WHERE datacenter_id = ANY(%s) AND date BETWEEN %s AND %s AND reported_at <= %s
        ORDER BY datacenter_id, date DESC, shift, role, id DESC
    ) report
    ORDER BY datacenter_id, date, present - minimum, id
"""


def _worst_by_day(datacenter_ids: Sequence[int], days: list[date], at: datetime) -> dict[int, dict[date, Day]]:
    """The worst role and shift of each datacenter and day, among the reports in force at a moment."""
    with connection.cursor() as cursor:
        cursor.execute(_WORST, [list(datacenter_ids), days[0], days[-1], at])
        rows = cursor.fetchall()
    worst: dict[int, dict[date, Day]] = {}
    for datacenter_id, day, present, minimum, role, shift in rows:
        worst.setdefault(datacenter_id, {})[day] = Day(day, _status(present, minimum), present, minimum, role, shift)
    return worst


def _status(present: int, minimum: int) -> str:
    if present < minimum:
        return StaffingStatus.RED
    return StaffingStatus.AMBER if present == minimum > 0 else StaffingStatus.GREEN


def _first_report(reported: Collection[date] | None, is_heard: bool) -> date | None:
    """The day from which silence is silence: the first one reported, or any where an older report exists."""
    if reported:
        return min(reported)
    return date.min if is_heard else None


def _days(worst: dict[date, Day], days: list[date], first: date | None) -> tuple[Day, ...]:
    return tuple(worst.get(day) or Day(day, _without_report(day, days[-1], first)) for day in days)


def _without_report(day: date, today: date, first: date | None) -> str:
    if first is None or day < first:
        return StaffingStatus.NOT_TRACKED
    return NOT_OVER if day == today else StaffingStatus.UNKNOWN


def _badness(day: Day) -> tuple[int, int]:
    spare = (day.present or 0) - (day.minimum or 0)
    return WORST_FIRST.index(StaffingStatus(day.status)) if day.status else len(WORST_FIRST), spare


def vouched_until(datacenter: Datacenter, at: datetime) -> StateConfirmation | None:
    """The confirmation by which the last state still counts at this moment."""
    return (
        StateConfirmation.objects.filter(datacenter=datacenter, until__gt=at)
        .select_related("by")
        .order_by("-until")
        .first()
    )
