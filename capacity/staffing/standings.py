"""From rows to values: each datacenter's last reports, as the pure status core wants them.

Four questions to the database, however many datacenters are looked at, and two more where there are rosters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from capacity.regions.models import Datacenter
from capacity.staffing import shifts, status
from capacity.staffing.models import CrewRequirement, ShiftReport
from capacity.staffing.outlook import outlook_of
from capacity.staffing.presence import standing_ahead


@dataclass(frozen=True)
class CrewStanding:
    """How a datacenter's crew stands at a moment, and when it was last heard of."""

    datacenter: Datacenter
    standing: status.Standing
    last_report_at: datetime | None


def crew_standings(
    datacenters: QuerySet[Datacenter], at: datetime, *, as_then_known: bool = False
) -> list[CrewStanding]:
    """The standing of each datacenter: the worse of what the shift that is on reported and what its roster promises.

    What is on is known from the last report of every role that works in it; without a roster it alone is judged.
    `as_then_known` leaves out what came after `at`, and the roster; for looking back at reports alone, as whoever acts
    at `at` may well find one that another filed a moment later.
    """
    given = Q(confirmations__at__lte=at) if as_then_known else None
    found = list(datacenters.annotate(vouched_until=Max("confirmations__until", filter=given)).order_by("code"))
    required = _required(found, at if as_then_known else None)
    reports = ShiftReport.objects.in_bulk([last for roles in required.values() for *_, last in roles if last])
    crews = [_standing(datacenter, required.get(datacenter.pk, []), reports, at) for datacenter in found]
    if as_then_known:
        return crews
    posts = {key: [(role, shift, minimum) for role, shift, minimum, _ in rows] for key, rows in required.items()}
    ahead = outlook_of(found, posts, at)
    return [
        replace(crew, standing=status.with_what_comes(crew.standing, standing_ahead(ahead[crew.datacenter.pk])))
        for crew in crews
    ]


def region_gate_at(region_id: int, at: datetime) -> status.Gate:
    """The staffing gate of a region, from the reports themselves and not from what was stored of them."""
    return gate_of(crew_standings(Datacenter.objects.filter(region=region_id), at))


def gate_of(crews: Iterable[CrewStanding]) -> status.Gate:
    """The gate of a region from the standings of its datacenters, each of equal weight."""
    return status.region_gate(status.Site(crew.datacenter.code, crew.standing) for crew in crews)


def _required(
    datacenters: Sequence[Datacenter], known_at: datetime | None
) -> dict[int, list[tuple[str, str, int, int | None]]]:
    """For each datacenter its (role, shift, minimum, key of the role's last report that was known then)."""
    # A night comes after the day of the same date, and so does its name in the alphabet.
    known = Q() if known_at is None else Q(reported_at__lte=known_at)
    last = (
        ShiftReport.objects.filter(known, datacenter=OuterRef("datacenter"), role=OuterRef("role"))
        .order_by("-date", "-shift", "-pk")
        .values("pk")[:1]
    )
    rows = (
        CrewRequirement.objects.filter(datacenter__in=[datacenter.pk for datacenter in datacenters])
        .order_by("datacenter_id", "role", "shift")
        .annotate(last_report=Subquery(last))
        .values_list("datacenter_id", "role", "shift", "minimum", "last_report")
    )
    required: dict[int, list[tuple[str, str, int, int | None]]] = {}
    for datacenter_id, role, shift, minimum, last_report in rows:
        required.setdefault(datacenter_id, []).append((role, shift, minimum, last_report))
    return required


def _standing(
    datacenter: Datacenter,
    required: list[tuple[str, str, int, int | None]],
    reports: dict[int, ShiftReport],
    at: datetime,
) -> CrewStanding:
    zone = ZoneInfo(datacenter.time_zone)
    _day, now_on = shifts.current(at, zone)
    worked: dict[str, set[str]] = {}
    for role, shift, _minimum, _last in required:
        worked.setdefault(role, set()).add(shift)
    posts = []
    heard: list[datetime] = []
    for role, shift, _minimum, last in required:
        report = reports.get(last) if last else None
        if report is not None:
            heard.append(report.reported_at)
        if shift == now_on:
            vouched_until = getattr(datacenter, "vouched_until", None)
            posts.append(_post(role, shift, report, worked[role], zone, vouched_until))
    return CrewStanding(datacenter, status.datacenter_standing(posts, at), max(heard, default=None))


def _post(
    role: str, shift: str, report: ShiftReport | None, worked: set[str], zone: ZoneInfo, vouched_until: datetime | None
) -> status.Post:
    if report is None:
        return status.Post(role, shift, 0, 0, None, None)
    # A report tells of its shift, however late it was filed, so it ages from the shift's begin.
    begun = shifts.starts_at(report.date, report.shift, zone)
    until = shifts.fresh_until(report.date, report.shift, worked, zone)
    if vouched_until is not None:
        until = max(until, vouched_until)
    return status.Post(
        role=role,
        shift=report.shift,
        minimum=report.minimum,
        rostered=report.rostered,
        present=report.present,
        reported_at=begun,
        shift_minutes=(until - begun) // timedelta(minutes=1),
        day=report.date,
    )
