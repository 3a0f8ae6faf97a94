"""From rows to the outlook: what rosters, papers and past absences let expect of the next fourteen days.

Only what was known at the moment asked for counts, so the same question has the same answer later. Datacenters without
a roster cost one question to the database, those with one three, however many they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.access import plannable_datacenters
from capacity.staffing.models import CrewRequirement, ShiftReport
from capacity.staffing.planning_models import CrewPapers, RosterEntry
from capacity.staffing.presence import (
    DAYS_AHEAD,
    OBSERVED_DAYS,
    DayOutlook,
    Observed,
    Papers,
    Planned,
    day_outlook,
    people_with_papers,
    place_people,
    presence_of,
)
from users.access import Actor

# A role in a shift with the people it needs at least.
Required = tuple[str, str, int]
# For datacenters (by key) the people rostered by day, shift and role.
Rosters = Mapping[int, Mapping[tuple[date, str, str], int]]


def outlook_of(
    datacenters: Sequence[Datacenter],
    required: Mapping[int, Sequence[Required]],
    at: datetime,
    *,
    rosters: Rosters | None = None,
) -> dict[int, list[DayOutlook]]:
    """The next fourteen days of each datacenter (by key), today in its own time first, as was known at `at`.

    `required` holds the posts of each (by key); `rosters` those in force, which are read where they are not given.
    """
    today = {one.pk: at.astimezone(ZoneInfo(one.time_zone)).date() for one in datacenters}
    if rosters is None:
        rosters = rosters_in_force(datacenters, at)
    kept = [one for one in datacenters if one.pk in rosters]
    papers = _papers(kept, at)
    seen = _seen(kept, at)
    return {
        one.pk: _days(
            one, today[one.pk], required.get(one.pk, ()), rosters.get(one.pk), papers.get(one.pk, {}), seen, at
        )
        for one in datacenters
    }


def rosters_in_force(
    datacenters: Iterable[Datacenter], at: datetime, *, days: int = DAYS_AHEAD
) -> dict[int, dict[tuple[date, str, str], int]]:
    """The people rostered by day, shift and role, for each datacenter (by key) that has any from its today on."""
    first = {one.pk: at.astimezone(ZoneInfo(one.time_zone)).date() for one in datacenters}
    if not first:
        return {}
    rows = (
        RosterEntry.objects.filter(
            datacenter__in=list(first),
            date__gte=min(first.values()),
            date__lt=max(first.values()) + timedelta(days=days),
            filed_at__lte=at,
        )
        .order_by("datacenter_id", "-date", "shift", "role", "-pk")
        .distinct("datacenter_id", "date", "shift", "role")
        .values_list("datacenter_id", "date", "shift", "role", "rostered")
    )
    found: dict[int, dict[tuple[date, str, str], int]] = {}
    for datacenter_id, day, shift, role, rostered in rows:
        if timedelta(0) <= day - first[datacenter_id] < timedelta(days=days):
            found.setdefault(datacenter_id, {})[day, shift, role] = rostered
    return found


def papers_in_force(at: datetime) -> QuerySet[CrewPapers]:
    """The papers that were recorded by a moment and not withdrawn by it, the expired ones included."""
    return CrewPapers.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), recorded_at__lte=at)


def expiring_papers(actor: Actor, at: datetime) -> QuerySet[CrewPapers]:
    """Papers in the actor's care that expire within the days that are looked ahead, or did: what runs out first."""
    soon = papers_in_force(at).filter(expires_date__lt=at.date() + timedelta(days=DAYS_AHEAD))
    return soon.filter(datacenter__in=plannable_datacenters(actor)).order_by("expires_date", "pk")


@dataclass(frozen=True, slots=True)
class Working:
    """One role in one shift to come: its people who hold papers, with what probability each comes, and the minimum."""

    date: date
    shift: str
    people: int
    presence: float
    minimum: int

    @property
    def expected(self) -> float:
        """How many of them come on average."""
        return self.people * self.presence


def role_ahead(datacenter: Datacenter, role: str, at: datetime) -> list[Working]:
    """The rostered shifts of one role in the next fourteen days, in their order."""
    return roles_ahead([datacenter], role, at)[datacenter.pk]


def roles_ahead(
    datacenters: Sequence[Datacenter],
    role: str,
    at: datetime,
    *,
    minimums: Mapping[int, Mapping[str, int]] | None = None,
) -> dict[int, list[Working]]:
    """The same in each of several datacenters (by key), whose minimums by shift are perhaps known already.

    One question without rosters, else three, and one for minimums that are not known.
    """
    rosters = rosters_in_force(datacenters, at)
    kept = [one for one in datacenters if one.pk in rosters]
    papers, seen = _papers(kept, at), _seen(kept, at)
    if minimums is None:
        minimums = _minimums(kept, role)
    return {
        one.pk: _working(
            one,
            role,
            at,
            rostered=rosters.get(one.pk, {}),
            papers=papers.get(one.pk, {}).get(role, []),
            presence=seen.presence(one, role),
            minimums=minimums.get(one.pk, {}),
        )
        for one in datacenters
    }


def _minimums(datacenters: Sequence[Datacenter], role: str) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    if datacenters:
        rows = CrewRequirement.objects.filter(datacenter__in=[one.pk for one in datacenters], role=role)
        for key, shift, minimum in rows.order_by("shift").values_list("datacenter_id", "shift", "minimum"):
            found.setdefault(key, {})[shift] = minimum
    return found


def _working(
    datacenter: Datacenter,
    role: str,
    at: datetime,
    *,
    rostered: Mapping[tuple[date, str, str], int],
    papers: Sequence[Papers],
    presence: float,
    minimums: Mapping[str, int],
) -> list[Working]:
    zone = ZoneInfo(datacenter.time_zone)
    found = []
    for day in sorted({day for day, _shift, _role in rostered}):
        posts = [
            Planned(role, shift, minimum, rostered[day, shift, role])
            for shift, minimum in minimums.items()
            if (day, shift, role) in rostered
        ]
        # All of the day are placed: whoever worked a shift that is over works no other.
        placed = place_people(posts, people_with_papers(papers, day), presence)
        found += [
            Working(day, post.shift, people, presence, post.minimum)
            for post, people in zip(posts, placed, strict=True)
            if shifts.starts_at(*shifts.following(day, post.shift), zone) > at
        ]
    return found


def _papers(datacenters: Sequence[Datacenter], at: datetime) -> dict[int, dict[str, list[Papers]]]:
    found: dict[int, dict[str, list[Papers]]] = {}
    if datacenters:
        rows = papers_in_force(at).filter(datacenter__in=[one.pk for one in datacenters])
        for key, role, kind, people, expires in rows.values_list(
            "datacenter_id", "role", "kind", "people", "expires_date"
        ):
            found.setdefault(key, {}).setdefault(role, []).append(Papers(kind, people, expires))
    return found


@dataclass
class _Seen:
    """What was observed: of a role in a datacenter and in a region, and the last day on which each post reported."""

    here: dict[tuple[int, str], Observed] = field(default_factory=dict)
    regional: dict[tuple[int, str], Observed] = field(default_factory=dict)
    last: dict[tuple[int, str, str], date] = field(default_factory=dict)

    def presence(self, datacenter: Datacenter, role: str) -> float:
        """The probability that somebody rostered for the role comes."""
        here, regional = (datacenter.pk, role), (datacenter.region_id, role)
        return presence_of(self.here.get(here, Observed()), self.regional.get(regional, Observed()))


def _seen(datacenters: Sequence[Datacenter], at: datetime) -> _Seen:
    seen = _Seen()
    if not datacenters:
        return seen
    regions = {one.region_id for one in datacenters}
    # Added up here and not by the database: joined with itself, a table that was just filled is looked through for each
    # of its rows.
    in_force = (
        ShiftReport.objects.filter(
            datacenter__region__in=regions, date__gte=at.date() - timedelta(days=OBSERVED_DAYS), reported_at__lte=at
        )
        .order_by("datacenter_id", "-date", "shift", "role", "-pk")
        .distinct("datacenter_id", "date", "shift", "role")
        .values_list("datacenter__region_id", "datacenter_id", "role", "shift", "date", "absent_unplanned", "present")
    )
    for region_id, datacenter_id, role, shift, day, unplanned, present in in_force:
        observed = Observed(unplanned, unplanned + present)
        # The latest day comes first.
        seen.last.setdefault((datacenter_id, role, shift), day)
        here, regional = (datacenter_id, role), (region_id, role)
        seen.here[here] = seen.here.get(here, Observed()) + observed
        seen.regional[regional] = seen.regional.get(regional, Observed()) + observed
    return seen


def _days(
    datacenter: Datacenter,
    today: date,
    required: Sequence[Required],
    roster: Mapping[tuple[date, str, str], int] | None,
    papers: Mapping[str, Sequence[Papers]],
    seen: _Seen,
    at: datetime,
) -> list[DayOutlook]:
    zone = ZoneInfo(datacenter.time_zone)
    rostered = roster or {}
    presence = {role: seen.presence(datacenter, role) for role, _shift, _minimum in required}
    days = []
    for day in (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)):
        posts = [Planned(role, shift, minimum, rostered.get((day, shift, role))) for role, shift, minimum in required]
        # What was reported is known, and no longer expected.
        past = {
            (role, shift)
            for role, shift, _minimum in required
            if shifts.starts_at(*shifts.following(day, shift), zone) <= at
            or seen.last.get((datacenter.pk, role, shift)) == day
        }
        days.append(
            day_outlook(day, posts, papers=papers, presence=presence, past=past, keeps_rosters=roster is not None)
        )
    return days
