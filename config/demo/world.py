"""Where it happens: the project's own regions, their supply, crews over thirty days, and the conditions declared."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from capacity.pools.actions.seed_resources import seed_resources
from capacity.pools.actions.set_up_pools import set_up_pools
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import declare_condition
from capacity.regions.actions.dismiss_proposal import dismiss_proposal
from capacity.regions.actions.import_regions import import_regions
from capacity.regions.listing import read_own_list
from capacity.regions.models import Condition, Datacenter, Region
from capacity.regions.threshold_models import ThresholdProposal
from capacity.staffing import shifts
from capacity.staffing.actions.file_rosters import Rostered
from capacity.staffing.actions.file_shift_report import Crew, as_rostered
from capacity.staffing.actions.set_up_crews import set_up_crews
from capacity.staffing.actions.vouch_for_crew import vouch_for_crew
from capacity.staffing.models import CrewRequirement, ShiftReport
from capacity.staffing.presence import DAYS_AHEAD
from capacity.watch.actions.look_at_regions import look_at_regions
from capacity.watch.actions.plan_crews import plan_rosters, record_papers_and_refresh
from capacity.watch.actions.refresh_staffing import refresh_staffing
from capacity.watch.actions.report_shift import report_shift
from config.demo.cast import Cast
from journal.models import Entry
from journal.record import new_entry
from kit.copying import copy_in
from users.access import SYSTEM

DAYS = 30
# The conditions that people declared, and how many hours ago they came into force.
DECLARED: dict[str, tuple[Condition, int, str]] = {
    "westeurope": (Condition.CRITICAL, 50, "Weniger als drei Prozent frei, Nachschub frühestens in zwei Wochen."),
    "germanywestcentral": (Condition.CONSTRAINED, 44, "Neunzig Prozent zugesagt, die Nachfrage steigt täglich."),
    "uksouth": (Condition.CONSTRAINED, 30, "Video demand has doubled within a week; little is left for new capacity."),
    "italynorth": (Condition.RECOVERING, 20, "A delivery has been powered on; the backlog is still being worked off."),
    "francecentral": (Condition.WATCH, 60, "Demand grows faster than forecast."),
    "swedencentral": (Condition.WATCH, 38, "Takes up what neighbouring regions cannot serve."),
}
# Proposed by an operator; a duty manager has yet to answer.
PROPOSED = ("eastus", Condition.CONSTRAINED, "Promised units passed ninety percent of the GPU pool this morning.")
# Watched for a while in the past: days ago, for how many days, why; then normal again.
WATCHED = (
    ("japaneast", 128, 9, "A typhoon delayed a delivery."),
    ("westeurope", 96, 14, "Demand grew faster than forecast; a delivery was brought forward."),
    ("brazilsouth", 71, 6, "Two technicians in ten could not travel."),
    ("uksouth", 40, 12, "Usage left its season."),
)
# Where somebody dismissed what the thresholds proposed, and why.
DISMISSED = ("brazilsouth", "The report came by phone; the crew is complete.")
# Datacenters whose crew fell below its minimum, or from which nothing has been heard, and since when (hours ago).
# A shift lasts twelve hours, so thirteen make sure that the one that is on is among them.
BELOW_MINIMUM = {"westeurope-2": 13, "uksouth-1": 26, "centralindia-2": 13, "brazilsouth-1": 14}
SILENT = {"italynorth-1": 20, "japanwest-2": 16, "southafricanorth-1": 44, "polandcentral-1": 15}
# Regions that roster their crews ahead; the others are judged by the shift that is on.
ROSTERED = ("northeurope", "germanywestcentral", "swedencentral", "francecentral", "canadaeast")
# The night for which nearly nobody is found yet: datacenter, days ahead.
THIN_NIGHT = ("canadaeast-1", 9)
# Papers of crews: datacenter, role, kind, authority, place, people and days until they expire. In the first, most
# permits run out within a week, and those that stay are just the minimum of both shifts.
PAPERS = (
    ("northeurope-1", "network", "permit", "Garda Síochána", "Dublin", 8, 7),
    ("northeurope-1", "network", "permit", "Garda Síochána", "Dublin", 4, 60),
    ("germanywestcentral-1", "data_hall", "letter", "Gesundheitsamt Frankfurt", "Frankfurt am Main", 24, 40),
    ("swedencentral-1", "logistics", "travel", "Polismyndigheten", "Gävle", 9, 21),
)
NEVER_HEARD_OF = ("austriaeast-1", "belgiumcentral-1", "chilecentral-1")


def build_world(*, at: datetime) -> tuple[dict[str, Region], dict[str, str]]:
    """Regions, datacenters, crews and sample supply, as `manage.py import_regions` makes them."""
    lines = list(read_own_list())
    seed_resources()
    import_regions(actor=SYSTEM, lines=lines, at=at)
    sizes = {line.code: line.facts.size for line in lines if line.facts}
    set_up_crews(actor=SYSTEM, sizes=sizes, at=at)
    set_up_pools(actor=SYSTEM, sizes=sizes, with_sample=True, at=at)
    return {region.code: region for region in Region.objects.all()}, sizes


def declare(cast: Cast, *, now: datetime) -> None:
    """The conditions in force, each by an operator and, where it takes two, a duty manager."""
    for code, (condition, hours, evidence) in sorted(DECLARED.items(), key=lambda item: -item[1][1]):
        at = now - timedelta(hours=hours)
        declaration = declare_condition(
            actor=cast.actor("operator", at=at),
            region_code=code,
            condition=condition,
            evidence=evidence,
            review_date=now.date() + timedelta(days=5),
            row_version=Region.objects.get(code=code).row_version,
            at=at,
        )
        if declaration.is_open:
            later = at + timedelta(minutes=12)
            confirm_condition(actor=cast.actor("duty", at=later), declaration_id=declaration.public_id, at=later)


def declare_past(cast: Cast, *, now: datetime) -> None:
    """Conditions of the past, so that the calendar has something to tell; watch changes no order."""
    for code, ago, days, evidence in WATCHED:
        began = now - timedelta(days=ago)
        for condition, at, why in (
            (Condition.WATCH, began, evidence),
            (Condition.NORMAL, began + timedelta(days=days), "What it was declared for is over."),
        ):
            declare_condition(
                actor=cast.actor("operator", at=at),
                region_code=code,
                condition=condition,
                evidence=why,
                review_date=at.date() + timedelta(days=180),
                row_version=Region.objects.get(code=code).row_version,
                at=at,
            )


def let_thresholds_propose(cast: Cast, *, now: datetime) -> None:
    """Two looks, far enough apart for readings to have held; the duty manager knew better about one region."""
    look_at_regions(at=now - timedelta(minutes=50))
    look_at_regions(at=now - timedelta(minutes=30))
    proposal = ThresholdProposal.objects.filter(region__code=DISMISSED[0]).first()
    if proposal is not None:
        at = now - timedelta(minutes=20)
        dismiss_proposal(actor=cast.actor("duty", at=at), proposal_id=proposal.public_id, answer=DISMISSED[1], at=at)
    look_at_regions(at=now)


def propose_condition(cast: Cast, *, now: datetime) -> None:
    """The condition that waits for the duty manager's answer."""
    code, condition, evidence = PROPOSED
    declare_condition(
        actor=cast.actor("operator", at=now),
        region_code=code,
        condition=condition,
        evidence=evidence,
        review_date=now.date() + timedelta(days=7),
        row_version=Region.objects.get(code=code).row_version,
        at=now - timedelta(minutes=25),
    )


# --- crews -----------------------------------------------------------------------------------------


Gaps = Mapping[str, Sequence[tuple[datetime, datetime, str]]]


@dataclass(frozen=True)
class Crews:
    """Thirty days of shift reports, not stored yet. `closed`: by region code, when which crew was below minimum."""

    reports: list[tuple[datetime, list[ShiftReport]]]
    entries: list[Entry]
    closed: Gaps


def roster(cast: Cast, source: random.Random, *, now: datetime) -> Crews:
    """Who was there in thirty days: most crews complete, some short for a while, some silent."""
    begin = now - timedelta(days=DAYS)
    datacenters = list(Datacenter.objects.select_related("region").order_by("code"))
    required: dict[tuple[int, str], list[CrewRequirement]] = {}
    for row in CrewRequirement.objects.order_by("role"):
        required.setdefault((row.datacenter_id, row.shift), []).append(row)
    past = _past_gaps(datacenters, source, now)
    closed: dict[str, list[tuple[datetime, datetime, str]]] = {}
    crews = Crews([], [], closed)
    for datacenter in datacenters:
        if datacenter.code in NEVER_HEARD_OF:
            continue
        gaps = [*past.get(datacenter.code, [])]
        if datacenter.code in BELOW_MINIMUM:
            gaps.append((now - timedelta(hours=BELOW_MINIMUM[datacenter.code]), now + timedelta(days=1)))
        silent_since = now - timedelta(hours=SILENT.get(datacenter.code, 0))
        for day, shift in _shifts_between(datacenter, begin, silent_since):
            starts = shifts.starts_at(day, shift, ZoneInfo(datacenter.time_zone))
            short = any(gap[0] <= starts < gap[1] for gap in gaps)
            if short:
                spell = (starts, starts + timedelta(hours=12, minutes=30), datacenter.code)
                closed.setdefault(datacenter.region.code, []).append(spell)
            reported_at = starts + timedelta(minutes=source.randrange(4, 26))
            rows = _reports(cast, datacenter, day, shift, required[datacenter.pk, shift], short, source, reported_at)
            crews.reports.append((reported_at, rows))
            crews.entries.append(_entry(cast, datacenter, day, shift, rows, reported_at))
    crews.reports.sort(key=lambda pair: pair[0])
    return crews


def store_crews(crews: Crews, *, now: datetime) -> None:
    """Write the reports, looked at in between as the watch would have.

    The watch looks every minute; three looks are enough for every status to say since when it holds.
    """
    begin = now - timedelta(days=DAYS)
    since = begin - timedelta(days=1)
    for look in (begin + timedelta(hours=26), now - timedelta(hours=14), now):
        copy_in([row for at, rows in crews.reports if since < at <= look for row in rows])
        refresh_staffing(at=look)
        since = look


def plan_ahead(cast: Cast, *, now: datetime) -> None:
    """Rosters of the coming two weeks in some regions, and the papers without which their crews cannot come."""
    operator = cast.actor("operator", at=now)
    rows = []
    for one in Datacenter.objects.filter(region__code__in=ROSTERED).prefetch_related("requirements").order_by("code"):
        zone = ZoneInfo(one.time_zone)
        today = now.astimezone(zone).date()
        for ahead in range(DAYS_AHEAD):
            for post in one.requirements.all():
                day = today + timedelta(days=ahead)
                if shifts.starts_at(*shifts.following(day, post.shift), zone) > now:
                    is_thin = (one.code, ahead) == THIN_NIGHT and (post.shift, post.role) == ("night", "network")
                    people = post.minimum - 1 if is_thin else post.minimum + 3
                    rows.append(Rostered(one.code, day, post.shift, post.role, people))
    plan_rosters(actor=operator, rows=rows, at=now)
    for code, role, kind, authority, place, people, days in PAPERS:
        record_papers_and_refresh(
            actor=operator,
            datacenter=Datacenter.objects.select_related("region").get(code=code),
            role=role,
            kind=kind,
            authority=authority,
            place=place,
            people=people,
            expires_date=now.date() + timedelta(days=days),
            at=now,
        )


def report_by_phone(cast: Cast, *, now: datetime) -> None:
    """A few acts of today by people: corrections of the shift that is on, and a word for a silent crew."""
    at = now - timedelta(minutes=8)
    for code, missing in (("westeurope-1", 2), ("germanywestcentral-1", 1), ("northeurope-1", 0)):
        datacenter = Datacenter.objects.select_related("region").get(code=code)
        day, shift = shifts.current(at, ZoneInfo(datacenter.time_zone))
        crews = {
            role: Crew(present=max(2, (crew.rostered or 2) - missing), rostered=crew.rostered, absent_unplanned=0)
            for role, crew in as_rostered(datacenter, shift).items()
        }
        report_shift(
            actor=cast.actor("operator", at=at),
            datacenter=datacenter,
            date=day,
            shift=shift,
            crews=crews,
            note="Counted at the gate.",
            at=at,
        )
    silent = Datacenter.objects.select_related("region").get(code="japanwest-2")
    vouch_for_crew(
        actor=cast.actor("duty", at=now),
        datacenter=silent,
        reason="Spoke to the site lead: the crew is complete, their reporting tool is down.",
        at=now - timedelta(hours=2),
    )


def _past_gaps(
    datacenters: Iterable[Datacenter], source: random.Random, now: datetime
) -> dict[str, list[tuple[datetime, datetime]]]:
    """Some crews were short for a day or so in the past weeks."""
    codes = [datacenter.code for datacenter in datacenters]
    gaps: dict[str, list[tuple[datetime, datetime]]] = {}
    for code in source.sample(codes, 14):
        begin = now - timedelta(days=source.uniform(3, 25))
        gaps.setdefault(code, []).append((begin, begin + timedelta(hours=source.choice((12, 24, 36)))))
    return gaps


def _shifts_between(datacenter: Datacenter, begin: datetime, end: datetime) -> Iterable[tuple[date, str]]:
    zone = ZoneInfo(datacenter.time_zone)
    day, shift = shifts.current(begin, zone)
    day, shift = shifts.following(day, shift)
    while shifts.starts_at(day, shift, zone) <= end - timedelta(minutes=27):
        yield day, shift
        day, shift = shifts.following(day, shift)


def _reports(
    cast: Cast,
    datacenter: Datacenter,
    day: date,
    shift: str,
    required: list[CrewRequirement],
    is_short: bool,
    source: random.Random,
    at: datetime,
) -> list[ShiftReport]:
    worst = source.randrange(len(required)) if is_short else -1
    rows = []
    for position, requirement in enumerate(required):
        spare = requirement.rostered - requirement.minimum
        missing = source.choices((0, 1, 2), (80, 17, 3))[0]
        missing = spare + 1 if position == worst else min(missing, spare)
        planned = source.randrange(missing + 1)
        travel = source.randrange(missing - planned + 1)
        rows.append(
            ShiftReport(
                datacenter=datacenter,
                date=day,
                shift=shift,
                role=requirement.role,
                minimum=requirement.minimum,
                rostered=requirement.rostered,
                present=requirement.rostered - missing,
                absent_planned=planned,
                absent_travel=travel,
                absent_unplanned=missing - planned - travel,
                reported_by=cast.user("operator"),
                reported_at=at,
            )
        )
    return rows


def _entry(cast: Cast, datacenter: Datacenter, day: date, shift: str, rows: list[ShiftReport], at: datetime) -> Entry:
    return new_entry(
        actor=cast.user_as_actor("operator"),
        action="shift.reported",
        subject_type="datacenter",
        subject_id=datacenter.code,
        after={
            "code": datacenter.code,
            "date": str(day),
            "shift": shift,
            "crews": {row.role: [row.present, row.minimum, row.rostered] for row in rows},
        },
        at=at,
    )
