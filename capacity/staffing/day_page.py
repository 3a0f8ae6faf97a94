"""A day of one datacenter: who was there in its shifts, and every report of them in the order in which they came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from capacity.staffing import shifts
from capacity.staffing.access import may_report_shift
from capacity.staffing.actions.file_shift_report import LATEST_CORRECTION, latest_by_role
from capacity.staffing.models import CrewRequirement, CrewRole, ShiftReport
from capacity.staffing.outlook import outlook_of, papers_in_force, rosters_in_force
from capacity.staffing.queries import in_order_of_roles, report_status
from capacity.staffing.views import datacenter_for
from capacity.staffing.wording import outlook_words, shift_label
from kit import clock
from kit.commands import form_page
from kit.filters import check_parameters
from kit.forms import Form, PastMomentField
from kit.refusal import NotFound
from users.http import ActorRequest

YEARS = range(2000, 2101)


class AsOfForm(Form):
    """As of which moment the reports are shown."""

    as_of = PastMomentField(label=_("As known on"), required=False)


@dataclass(frozen=True)
class Filing:
    """What one person reported at one moment, and what each role said before."""

    reports: dict[str, ShiftReport]
    before: dict[str, ShiftReport]

    @property
    def first(self) -> ShiftReport:
        return next(iter(self.reports.values()))

    @property
    def cells(self) -> list[tuple[ShiftReport | None, ShiftReport | None]]:
        """For every role what was said, and what was said before where that was something else."""
        return [(self.reports.get(role), self._changed(role)) for role in CrewRole]

    def _changed(self, role: str) -> ShiftReport | None:
        now, before = self.reports.get(role), self.before.get(role)
        return before if now and before and (now.present, now.minimum) != (before.present, before.minimum) else None


@dataclass(frozen=True)
class ShiftStory:
    """One shift: what counts of it, and how it came to be known. Counts are people."""

    shift: str
    begins_at: datetime
    filings: list[Filing]
    in_force: list[tuple[ShiftReport, str]]
    # Who is needed, and how many are rostered where somebody said so.
    required: list[tuple[CrewRequirement, int | None]]
    is_ahead: bool
    may_report: bool

    @property
    def label(self) -> str:
        return shift_label(self.shift)

    @property
    def absent(self) -> dict[str, int]:
        """Absences of all roles together, by kind."""
        return {
            kind: sum(getattr(report, f"absent_{kind}") for report, _sign in self.in_force)
            for kind in ("planned", "unplanned", "travel")
        }


def day(request: ActorRequest, code: str, day: str) -> HttpResponse:
    """GET /staffing/<datacenter>/<day>/"""
    datacenter = datacenter_for(request, code)
    shown = _day(day)
    check_parameters(request.GET, ["as_of"])
    form = AsOfForm(request.GET)
    at = clock.now()
    moment = form.cleaned_data["as_of"] if form.is_valid() else None
    reports = (
        ShiftReport.objects.filter(datacenter=datacenter, date=shown, reported_at__lte=moment or at)
        .select_related("reported_by")
        .order_by("pk")
    )
    required = in_order_of_roles(CrewRequirement.objects.filter(datacenter=datacenter))
    zone = ZoneInfo(datacenter.time_zone)
    may_report = may_report_shift(request.actor, datacenter.region.code) is None and moment is None
    by_shift = {shift: [report for report in reports if report.shift == shift] for shift in shifts.SHIFTS}
    posts = {datacenter.pk: [(row.role, row.shift, row.minimum) for row in required]}
    looked = moment or at
    today = looked.astimezone(zone).date()
    rosters = rosters_in_force([datacenter], looked)
    outlook = outlook_of([datacenter], posts, looked, rosters=rosters)[datacenter.pk]
    expected = next((one for one in outlook if one.date == shown), None)
    context = {
        "expected": outlook_words(expected) if expected and expected.role else "",
        "expected_status": expected.status if expected else "",
        "papers": papers_in_force(looked).filter(datacenter=datacenter) if shown >= today else [],
        "datacenter": datacenter,
        "region": datacenter.region,
        "day": shown,
        "as_of": moment,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "roles": CrewRole.choices,
        "stories": [
            _story(shift, by_shift[shift], required, rosters.get(datacenter.pk, {}), shown, zone, at, may_report)
            for shift in shifts.SHIFTS
        ],
    }
    return form_page(request, "staffing/day.html", form, context)


def filings(reports: Iterable[ShiftReport]) -> list[Filing]:
    """The reports of one shift by who filed them together, in the order in which they came."""
    found: list[Filing] = []
    before: Mapping[str, ShiftReport] = {}
    for _moment, together in groupby(reports, key=lambda report: (report.reported_at, report.reported_by_id)):
        said = {report.role: report for report in together}
        found.append(Filing(said, dict(before)))
        before = {**before, **said}
    return found


def _story(
    shift: str,
    reports: Sequence[ShiftReport],
    required: Sequence[CrewRequirement],
    roster: Mapping[tuple[date, str, str], int],
    shown: date,
    zone: ZoneInfo,
    at: datetime,
    may_report: bool,
) -> ShiftStory:
    begins_at = shifts.starts_at(shown, shift, zone)
    works = [row for row in required if row.shift == shift]
    last = latest_by_role(reports)
    in_force = [(last[role], report_status(last[role])) for role in CrewRole if role in last]
    is_open = bool(works) and at - LATEST_CORRECTION <= begins_at <= at
    planned = [(row, roster.get((shown, shift, row.role))) for row in works]
    return ShiftStory(shift, begins_at, filings(reports), in_force, planned, begins_at > at, may_report and is_open)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound() from error
    if found.year not in YEARS or found.isoformat() != text:
        raise NotFound()
    return found
