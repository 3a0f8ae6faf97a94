"""File who is rostered for shifts to come: counts per role, never names.

`capacity.watch.actions.plan_crews` is what pages call: it files and lets supply follow.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.access import may_plan_crew
from capacity.staffing.actions.file_shift_report import MAX_PEOPLE
from capacity.staffing.models import CrewRequirement, CrewRole
from capacity.staffing.outlook import rosters_in_force
from capacity.staffing.planning_models import RosterEntry
from journal.record import new_entry, record_many
from kit.copying import copy_in
from kit.refusal import Invalid
from users.access import Actor

# Rosters are made some weeks ahead; what lies beyond is more likely a slip.
LATEST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Rostered:
    """One role in one shift: how many people are rostered. `row` is where it stood, as people count."""

    datacenter: str
    date: date
    shift: str
    role: str
    rostered: int
    row: int = 0

    @property
    def post(self) -> tuple[str, Any, str, str]:
        return (self.datacenter, self.date, self.shift, self.role)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not taken."""

    row: int
    text: Any
    post: tuple[str, date, str, str] | None = None


class CannotFileRoster(Invalid):
    """Some rows do not do, and so none was written; `problems` has each of them."""

    code = "cannot_file_roster"
    message = _("%(wrong)s of %(all)s rows cannot be taken, so nothing was written.")

    def __init__(self, problems: Sequence[Problem], count: int) -> None:
        self.problems = list(problems)
        super().__init__(wrong=len(self.problems), all=count)


@dataclass(slots=True)
class Filed:
    """What became of the rows: written anew, written over an earlier roster, already known; and in which regions."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    region_ids: set[int] = field(default_factory=set)


def file_rosters(*, actor: Actor, rows: Sequence[Rostered], at: datetime, unread: Sequence[Problem] = ()) -> Filed:
    """Write the rosters that differ from those in force; a second time changes nothing.

    All rows or none: raises `CannotFileRoster` with what is wrong with every row, those `unread` in a file among them.
    Earlier rows stay beside the new ones, so what was known when remains known.
    """
    with transaction.atomic():
        codes = {one.datacenter for one in rows}
        # One at a time for each datacenter, so that what is in force is what this is compared with.
        locked = (
            Datacenter.objects.filter(code__in=codes)
            .select_related("region")
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        )
        datacenters = {one.code: one for one in locked}
        problems = [*unread, *_problems(actor, rows, datacenters, at)]
        if problems:
            raise CannotFileRoster(problems, len(rows) + len(unread))
        in_force = rosters_in_force(datacenters.values(), at, days=LATEST_DAYS + 1)
        filed, fresh = Filed(), []
        for one in rows:
            datacenter = datacenters[one.datacenter]
            before = in_force.get(datacenter.pk, {}).get((one.date, one.shift, one.role))
            if before == one.rostered:
                filed.unchanged += 1
                continue
            filed.added += before is None
            filed.corrected += before is not None
            filed.region_ids.add(datacenter.region_id)
            fresh.append(
                RosterEntry(
                    datacenter=datacenter,
                    date=one.date,
                    shift=one.shift,
                    role=one.role,
                    rostered=one.rostered,
                    filed_by_id=actor.user_id,
                    filed_at=at,
                )
            )
        copy_in(fresh)
        record_many(_entries(actor, fresh, at))
    return filed


def _problems(actor: Actor, rows: Sequence[Rostered], datacenters: Mapping[str, Datacenter], at: datetime) -> Any:
    required = set(
        CrewRequirement.objects.filter(datacenter__in=[one.pk for one in datacenters.values()]).values_list(
            "datacenter__code", "shift", "role"
        )
    )
    refused = {code: may_plan_crew(actor, one.region.code) for code, one in datacenters.items()}
    twice = Counter(one.post for one in rows)
    for one in rows:
        text = _problem(one, datacenters.get(one.datacenter), required, at)
        refusal = refused.get(one.datacenter)
        if not text and refusal is not None:
            text = refusal.sentence
        if not text and twice[one.post] > 1:
            text = _("This role stands there twice for the same shift.")
        if text:
            yield Problem(one.row, text, one.post)


def _problem(one: Rostered, datacenter: Datacenter | None, required: set[tuple[str, str, str]], at: datetime) -> Any:
    if datacenter is None:
        return _("There is no datacenter “%(code)s”.") % {"code": one.datacenter[:40]}
    if one.role not in CrewRole.values:
        return _("There is no such role.")
    if one.shift not in shifts.SHIFTS:
        return _("Choose the day or the night shift.")
    if (one.datacenter, one.shift, one.role) not in required:
        return _("This role does not work in this shift.")
    zone = ZoneInfo(datacenter.time_zone)
    today = at.astimezone(zone).date()
    if one.date < today:
        return _("Rosters are taken from today on.")
    # Before a shift is reckoned with: the calendar ends, and nothing follows its last night.
    if one.date > today + timedelta(days=LATEST_DAYS):
        return _("Rosters are taken for %(days)s days ahead.") % {"days": LATEST_DAYS}
    if shifts.starts_at(*shifts.following(one.date, one.shift), zone) <= at:
        return _("This shift is over; who was there is said by its report.")
    if one.rostered < 0:
        return _("Counts of people are not negative.")
    if one.rostered > MAX_PEOPLE:
        return _("No crew here has more than %(most)s people.") % {"most": MAX_PEOPLE}
    return ""


def _entries(actor: Actor, fresh: Sequence[RosterEntry], at: datetime) -> list[Any]:
    by_datacenter: dict[str, list[RosterEntry]] = {}
    for row in fresh:
        by_datacenter.setdefault(row.datacenter.code, []).append(row)
    return [
        new_entry(
            actor=actor,
            action="roster.filed",
            subject_type="datacenter",
            subject_id=code,
            after={
                "code": code,
                "from": str(min(row.date for row in rows)),
                "to": str(max(row.date for row in rows)),
                "posts": len(rows),
                "people": sum(row.rostered for row in rows),
            },
            at=at,
        )
        for code, rows in sorted(by_datacenter.items())
    ]
