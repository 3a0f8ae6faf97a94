"""Who was heard of: how every datacenter stands, when it last reported, and whether the shift that is on is late.

A report is late half an hour after its shift began. A datacenter that never reported is not tracked and never late.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.models import CrewRequirement, ShiftReport, StaffingStatus
from capacity.staffing.standings import crew_standings


@dataclass(frozen=True)
class LateShift:
    """A shift that nobody has reported, and since when a report was due."""

    date: date
    shift: str
    due_at: datetime


@dataclass(frozen=True)
class Heard:
    """A datacenter with its region, what was heard of it, and its posts: role, shift, the people needed at least."""

    datacenter: Datacenter
    status: str
    last_report_at: datetime | None
    late: LateShift | None
    posts: tuple[tuple[str, str, int], ...]


def heard_now(datacenters: QuerySet[Datacenter], at: datetime) -> list[Heard]:
    """What is stored of each datacenter, by region name; one question to the database."""
    found = []
    for row in _with_shifts(datacenters.select_related("status"), at):
        status = getattr(row, "status", None)
        last = status.last_report_at if status else None
        code = status.status if status else StaffingStatus.NOT_TRACKED
        found.append(_heard(row, code, last, at))
    return found


def heard_then(datacenters: QuerySet[Datacenter], at: datetime) -> list[Heard]:
    """The same from the reports alone that had come by a moment in the past; three questions."""
    found = []
    for crew in crew_standings(_with_shifts(datacenters, at), at, as_then_known=True):
        found.append(_heard(crew.datacenter, str(crew.standing.status), crew.last_report_at, at))
    return sorted(found, key=lambda one: (one.datacenter.region.name, one.datacenter.code))


def late_ones(heard: Iterable[Heard]) -> list[tuple[Datacenter, LateShift]]:
    """The datacenters that are late, the latest first."""
    late = [(one.datacenter, one.late) for one in heard if one.late]
    return sorted(late, key=lambda pair: (pair[1].due_at, pair[0].code))


def late_shift(worked: Collection[str], reported: Collection[str], zone: ZoneInfo, at: datetime) -> LateShift | None:
    """The shift that is on, if people work in it and its report is due and has not come.

    `worked` are the shifts in which anybody is required, `reported` the shifts reported, as `shift_key` names them.
    """
    day, shift = shifts.current(at, zone)
    due_at = shifts.starts_at(day, shift, zone) + shifts.REPORT_WITHIN
    if shift not in worked or at < due_at or shift_key(day, shift) in reported:
        return None
    return LateShift(day, shift, due_at)


def shift_key(day: date, shift: str) -> str:
    """How a shift is named among those reported."""
    return f"{day.isoformat()} {shift}"


def _heard(row: Any, status: str, last_report_at: datetime | None, at: datetime) -> Heard:
    posts = [text.split() for text in row.posts]
    late = None
    if last_report_at:
        late = late_shift({shift for _role, shift, _minimum in posts}, row.reported, ZoneInfo(row.time_zone), at)
    required = tuple((role, shift, int(minimum)) for role, shift, minimum in posts)
    return Heard(row, status, last_report_at, late, required)


def _with_shifts(datacenters: QuerySet[Datacenter], at: datetime) -> QuerySet[Datacenter]:
    """With their posts, and the shifts of the last days that were reported by a moment; both as texts."""
    posts = (
        CrewRequirement.objects.filter(datacenter=OuterRef("pk"))
        .order_by()
        .annotate(post=_words("role", "shift", Cast("minimum", CharField())))
        .values("post")
    )
    # A zone's day begins at most a day before or after that of UTC.
    since = at.date() - timedelta(days=2)
    reported = (
        ShiftReport.objects.filter(datacenter=OuterRef("pk"), date__gte=since, reported_at__lte=at)
        .order_by()
        .annotate(key=_words(Cast("date", CharField()), "shift"))
        .values("key")
        .distinct()
    )
    rows = datacenters.select_related("region").annotate(posts=ArraySubquery(posts), reported=ArraySubquery(reported))
    return rows.order_by("region__name", "code")


def _words(*parts: Any) -> Concat:
    """These columns as one text, with blanks between them."""
    spaced = [piece for part in parts for piece in (Value(" "), part)][1:]
    return Concat(*spaced, output_field=CharField())
