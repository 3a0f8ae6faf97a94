"""What was asked for in thirty days and what became of it, decided by the product's own diagnosis.

Events run in the order of time against pools kept in memory exactly as the ledger's trigger keeps them, so every grant
that was made fits when its entry is inserted, and every refusal tells the numbers of its moment. From the moment a
region is declared scarce only tier 1 is decided here, in its order; what the lower tiers meet there is left to the
actions (`config.demo.operations`).
"""

import dataclasses
import heapq
import itertools
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from capacity.intake.circumstances import Circumstances, PoolRow, ask_of
from capacity.intake.circumstances import Crew as RegionCrew
from capacity.intake.diagnosis import (
    Ahead,
    Allowance,
    Ask,
    Assessment,
    Fit,
    Line,
    Place,
    Supply,
    assess,
    signature_reasons,
    ways_out,
)
from capacity.pools import ledger
from capacity.pools.arithmetic import Buckets, Committed, Terms, buckets
from capacity.pools.models import LedgerEntry, LedgerKind, Pool, Resource
from capacity.regions.models import SCARCE_CONDITIONS, Condition, Region
from capacity.requests.models import (
    CapacityRequest,
    Decision,
    Grant,
    Outcome,
    Ranking,
    RequestLine,
    RequestMove,
    RequestRegion,
    RequestState,
    Stage,
)
from capacity.requests.places import OFFICE_ZONE, order_columns
from capacity.requests.ranking import Cause, Ranked
from capacity.review.case import LOOK_AGAIN_AFTER, Case, Diagnosis, pinned_circumstances, pinned_explanation
from capacity.review.granting import STATE_AFTER, granted_action, granted_facts
from config.demo.cast import Cast
from config.demo.customers import Customer
from config.demo.world import DAYS, DECLARED, Gaps
from journal.models import Entry
from journal.record import new_entry
from kit.copying import copy_in, copy_values, draw_numbers, number_rows, set_columns
from priorities import policy
from priorities.models import PolicyVersion, WorkloadClass
from users.access import Actor

R = RequestState

# What of a region's supply thirty days of requests ask for, so that it fills as its story says.
DEMAND = {
    Condition.CRITICAL: 1.5,
    Condition.CONSTRAINED: 1.25,
    Condition.RECOVERING: 1.05,
    Condition.WATCH: 0.8,
    Condition.NORMAL: 0.45,
}
# What part of what is asked for is granted by the end, roughly.
GRANTED_PART = 0.6
# Hours to a decision by tier: the median, before it is stretched until a quarter of the requests is open.
HOURS_TO_DECISION = {1: 1.6, 2: 14.0, 3: 40.0, 4: 75.0, 5: 140.0}
OPEN_PART = 0.25
DRAFTS, WITHDRAWN, ASKED_BACK, LARGE = 0.012, 0.025, 0.06, 0.004

JUSTIFICATIONS = {
    "emergency_dispatch": "Emergency calls have tripled; a second dispatch instance takes over at night.",
    "emergency_routing": "The situation map for crews in the field runs at its limit.",
    "alerting": "The warning app has to reach everybody in the district within a minute.",
    "medical_supply": "We plan beds, masks and ventilators for all sites of the region with it.",
    "health_bots": "A screening bot answers questions before people call the hotline.",
    "health_records": "Records must stay readable while three more wards open.",
    "public_administration": "Applications for short-time work arrive online only.",
    "remote_contact_center": "The contact center works from home since Monday.",
    "education": "Lectures moved online; 4,000 students follow at the same time.",
    "general": "Our own growth.",
}
REASONS = {
    "access": "The customer's contract does not cover this region yet.",
    "offer": "This offer does not include capacity of this kind.",
    "quota": "The agreed quota of the organization is used up.",
}


@dataclass
class Step:
    """One move of a request, as it will be written."""

    state: RequestState
    actor: Actor
    at: datetime
    reason: str = ""


@dataclass
class Story:
    """A request and everything that became of it."""

    row: CapacityRequest
    customer: Customer
    wishes: list[Region]
    filer: Actor
    weight: float
    luck: float
    lines: list[RequestLine] = field(default_factory=list)
    ranked: Ranked | None = None
    steps: list[Step] = field(default_factory=list)
    held: list[LedgerEntry] = field(default_factory=list)
    granted: list[LedgerEntry] = field(default_factory=list)
    first: Decision | None = None

    @property
    def state(self) -> RequestState:
        return self.steps[-1].state

    @property
    def codes(self) -> list[str]:
        return [region.code for region in self.wishes]


class Pools:
    """The pools as they stand at the moment that is being told, at the same levels as the ledger's guard."""

    def __init__(self, closed: Gaps, datacenters: Mapping[str, int], now: datetime) -> None:
        self._closed = closed
        self._datacenters = datacenters
        self.places: dict[str, Place] = {}
        self.rows: dict[tuple[str, str], PoolRow] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self._reserves: dict[tuple[str, str], tuple[int, int]] = {}
        self.regions = {region.code: region for region in Region.objects.all()}
        self.groups: dict[str, list[str]] = {}
        self._since = {code: (now - timedelta(hours=hours), cond) for code, (cond, hours, _why) in DECLARED.items()}
        supplies: dict[str, list[Supply]] = {}
        for pool in Pool.objects.select_related("region", "resource").order_by("resource__code"):
            split = Buckets(
                open=pool.supply_open,
                crit=pool.supply_critical - pool.supply_open,
                reserve1=max(pool.supply, 0) - pool.supply_critical,
            )
            supply = Supply(pool.resource.code, split, Committed(0, 0, 0))
            supplies.setdefault(pool.region.code, []).append(supply)
            self.keys[pool.region.code, pool.resource.code] = pool.pk
            self._reserves[pool.region.code, pool.resource.code] = (pool.failure_reserve, pool.reserve_permille)
            self.rows[pool.region.code, pool.resource.code] = PoolRow(
                pk=pool.pk,
                resource=pool.resource.code,
                unit=pool.resource.unit,
                name_de=pool.resource.name_de,
                name_en=pool.resource.name_en,
                supply=pool.supply,
                held=0,
                granted=0,
                values=supply,
            )
        for code, found in supplies.items():
            region = self.regions[code]
            # The story begins in a normal region; conditions come with their moments.
            region.condition = Condition.NORMAL
            self.places[code] = Place(code, region.geography, tuple(found))
            self.groups.setdefault(region.geography_group, []).append(code)

    def supply(self, code: str, resource: str) -> int:
        """The whole supply of a pool, in units."""
        return self.rows[code, resource].values.split.total

    def condition(self, code: str, at: datetime) -> Condition:
        """The condition that held in a region at a moment."""
        since, condition = self._since.get(code, (at + timedelta(days=1), Condition.NORMAL))
        return condition if at >= since else Condition.NORMAL

    def scarce_from(self, code: str, never: datetime) -> datetime:
        """Since when tier decides the order in a region; `never` where it does not."""
        since, condition = self._since.get(code, (never, Condition.NORMAL))
        return since if condition in SCARCE_CONDITIONS else never

    def is_scarce(self, code: str, at: datetime) -> bool:
        return self.condition(code, at) in SCARCE_CONDITIONS

    def place(self, code: str, at: datetime, wish: int | None) -> Place:
        """The region as it stood at a moment, crews included."""
        place = self.places[code]
        short = {datacenter for begin, end, datacenter in self._closed.get(code, ()) if begin <= at < end}
        if short:
            gate = 1000 * (self._datacenters[code] - len(short)) // self._datacenters[code]
            supplies = tuple(_gated(one, gate, self._reserves[code, one.resource]) for one in place.supplies)
            place = dataclasses.replace(place, supplies=supplies, dated=False)
        scarce = self.is_scarce(code, at)
        return dataclasses.replace(place, wish=wish, scarce=scarce) if wish is not None or scarce else place

    def promise(self, code: str, level: str, bundle: Mapping[str, int], sign: int = 1) -> None:
        """Promise the units of a bundle, or give them back with `sign` -1."""
        moved = {resource: sign * units for resource, units in bundle.items()}
        self.places[code] = self.places[code].with_promised(ledger.ADMISSION[ledger.Level(level)], moved)

    def seen(self, places: Sequence[Place], at: datetime) -> Circumstances:
        """The regions as a decision pins them."""
        codes = {place.code for place in places}
        for code in codes:
            self.regions[code].condition = self.condition(code, at)
        return Circumstances(
            at=at,
            places=tuple(places),
            regions={code: self.regions[code] for code in codes},
            crews={place.code: RegionCrew("green" if place.dated else "red", place.dated) for place in places},
            pools={key: self.rows[key] for code in codes for key in self._keys_of(code)},
        )

    def _keys_of(self, code: str) -> list[tuple[str, str]]:
        return [(code, supply.resource) for supply in self.places[code].supplies]


def _gated(supply: Supply, gate: int, reserves: tuple[int, int]) -> Supply:
    """The supply behind a gate, which keeps more for failures, too; `reserves` as stated and for tier 1 in permille."""
    failures, tier1 = reserves
    kept = -(-failures * (2000 - gate) // 1000) - failures
    split = buckets(Terms(max(0, supply.split.total - kept), gate_permille=gate, reserve_permille=tier1))
    return dataclasses.replace(supply, split=split)


@lru_cache(maxsize=50_000)
def _rank(facts: policy.Facts, terms: policy.Policy) -> tuple[policy.Ranking, dict[str, Any]]:
    result = policy.rank(facts, terms)
    return result, result.as_dict()


class History:
    """Thirty days of requests. `tell` runs them, `store` writes what happened."""

    def __init__(
        self,
        cast: Cast,
        source: random.Random,
        customers: list[Customer],
        *,
        count: int,
        closed: Gaps,
        datacenters: Mapping[str, int],
        version: PolicyVersion,
        terms: policy.Policy,
        now: datetime,
    ) -> None:
        self.cast, self.random, self.now = cast, source, now
        self.version, self.terms = version, terms
        self.begin = now - timedelta(days=DAYS)
        self.pools = Pools(closed, datacenters, now)
        self.resources = {resource.code: resource for resource in Resource.objects.all()}
        self.workloads = {workload.code: workload for workload in WorkloadClass.objects.all()}
        self.reviewers = [cast.user_as_actor(key) for key in ("reviewer", "reviewer2", "several")]
        self.signers = [cast.user_as_actor(key) for key in ("duty", "duty2")]
        self.operator = cast.user_as_actor("operator")
        self.rankings: list[Ranking] = []
        self.decisions: list[Decision] = []
        self.postings: list[LedgerEntry] = []
        self.grants: list[Grant] = []
        # What rests on provisional categories, by organization.
        self._provisional: dict[Any, list[tuple[str, str, int]]] = defaultdict(list)
        self.entries: list[Entry] = []
        self._grant_of: dict[int, Grant] = {}
        self._first_tier: dict[str, list[Story]] = {}
        self._events: list[tuple[datetime, int, str, Story]] = []
        self._order = itertools.count()
        self.stories = self._file(customers, count)

    # --- filing --------------------------------------------------------------------------------------

    def _file(self, customers: list[Customer], count: int) -> list[Story]:
        weights = list(itertools.accumulate(4.0 if customer.claims else 1.0 for customer in customers))
        span = (self.now - self.begin).total_seconds()
        stories = []
        for customer in self.random.choices(customers, cum_weights=weights, k=count):
            # Demand grows: every week brings more than the one before.
            at = self.begin + timedelta(seconds=span * self.random.random() ** 0.62)
            at = max(at, customer.row.registered_at + timedelta(hours=1))
            stories.append(self._story(customer, min(at, self.now - timedelta(minutes=3))))
        stories.sort(key=lambda story: story.row.filed_at)
        for story, number in zip(stories, draw_numbers("capacity_request_number", count), strict=True):
            story.row.number = number
        number_rows([story.row for story in stories])
        self._size(stories)
        for story in stories:
            self._submit(story)
        return stories

    def _story(self, customer: Customer, at: datetime) -> Story:
        pick = self.random
        codes = list(customer.regions)
        start = pick.choices(range(len(codes)), [max(1, 8 - 4 * place) for place in range(len(codes))])[0]
        wishes = [
            self.pools.regions[code]
            for code in (codes[start:] + codes[:start])[: pick.choices((1, 2, 3), (55, 30, 15))[0]]
        ]
        geography = ""
        if pick.random() < 0.15:
            geography = wishes[0].geography
            wishes = [region for region in wishes if region.geography == geography]
        manager = self.cast.manager_of(customer.row.portfolio_id)
        workload = self.workloads[self._workload(customer)]
        row = CapacityRequest(
            organization=customer.row,
            claimed_workload=workload,
            justification=JUSTIFICATIONS[workload.code],
            needed_by_date=at.date() + timedelta(days=pick.randrange(3, 60)),
            residency_geography=geography,
            filed_by=manager,
            filed_at=at,
            order_at=at,
        )
        filer = Actor(user_id=manager.pk, public_id=manager.public_id, name=manager.name)
        return Story(row, customer, wishes, filer, pick.lognormvariate(0, 0.9), pick.random())

    def _workload(self, customer: Customer) -> str:
        if customer.claims and self.random.random() < 0.72:
            listed = self.terms.workloads_for(customer.claims[0].row.category.code)
            if listed:
                return self.random.choice(listed)
        return self.random.choices(("general", "remote_contact_center", "education"), (84, 11, 5))[0]

    def _size(self, stories: list[Story]) -> None:
        """Quantities such that each region is asked for what its story says."""
        asked: dict[str, float] = {}
        for story in stories:
            asked[story.codes[0]] = asked.get(story.codes[0], 0.0) + story.weight
        conditions = {code: condition for code, (condition, _hours, _why) in DECLARED.items()}
        for story in stories:
            code = story.codes[0]
            demand = DEMAND[conditions.get(code, Condition.NORMAL)]
            share = demand / GRANTED_PART * story.weight / asked[code]
            if self.random.random() < LARGE:
                share = self.random.uniform(0.052, 0.09)
            story.lines = [
                self._line(story, resource, self.pools.supply(code, resource) * part)
                for resource, part in self._bundle(min(share, 0.25))
            ]

    def _bundle(self, share: float) -> list[tuple[str, float]]:
        """Which resources, and what share of each pool. Rare lines are larger, so that their pools fill, too."""
        match self.random.choices(("usual", "cores", "disks", "graphics"), (70, 12, 8, 10))[0]:
            case "usual":
                return [("vcpu", share), ("memory", share * self.random.choice((0.7, 0.9, 1.3)))]
            case "cores":
                return [("vcpu", share)]
            case "disks":
                return [("storage", min(share * 7, 0.2))]
            case _:
                return [("gpu", min(share * 7, 0.2)), ("vcpu", share * 0.5)]

    def _line(self, story: Story, resource: str, units: float) -> RequestLine:
        quantity = _round(units)
        part = self.random.choice((1.0, 0.6, 0.5, 0.25))
        minimum = max(1, math.ceil(quantity * part))
        return RequestLine(
            request=story.row, resource=self.resources[resource], quantity=quantity, minimum=min(minimum, quantity)
        )

    def _submit(self, story: Story) -> None:
        row, at = story.row, story.row.filed_at
        story.steps.append(Step(R.DRAFT, story.filer, at))
        is_draft = story.luck < DRAFTS
        if not is_draft:
            row.completed_at = at
            story.steps.append(Step(R.QUEUED, story.filer, at))
            self._rank(story, Cause.FILED, at)
        self._note(
            story,
            "request.drafted" if is_draft else "request.filed",
            story.filer,
            at,
            after={
                "organization": str(row.organization.public_id),
                "workload": row.claimed_workload.code,
                "lines": [
                    {"resource": line.resource.code, "quantity": line.quantity, "minimum": line.minimum}
                    for line in story.lines
                ],
                "regions": story.codes,
                "needed_by_date": row.needed_by_date.isoformat(),
                "tier": None if is_draft else row.claimed_tier,
            },
        )

    # --- ranking -------------------------------------------------------------------------------------

    def _facts(self, story: Story, at: datetime) -> policy.Facts:
        row, organization = story.row, story.row.organization
        since = organization.customer_since
        return policy.Facts(
            claims=story.customer.claims_at(at, row.workload.code),
            workload=row.workload.code,
            workload_confirmed=row.confirmed_workload_id is not None,
            offer_type=policy.OfferType(organization.offer_type),
            is_existing=since is not None and since <= at.date(),
            is_internal=organization.is_internal,
            completed_at=row.completed_at,
            request_number=row.number,
        )

    def _rank(self, story: Story, cause: Cause, at: datetime) -> Ranked:
        """Rank on the facts of the moment; another ranking row only where they changed."""
        facts = self._facts(story, at)
        if story.ranked is not None and story.ranked.facts == facts:
            return story.ranked
        result, told = _rank(dataclasses.replace(facts, completed_at=None, request_number=0), self.terms)
        ranked = story.ranked = Ranked(story.row, facts, result)
        self.rankings.append(
            Ranking(
                request=story.row,
                policy_version=self.version,
                facts=facts.as_dict(),
                facts_hash=policy.digest(facts),
                result=told,
                tier=result.tier,
                claimed_tier=result.claimed_tier,
                score=result.score,
                is_provisional=result.provisional,
                is_confirmed=result.confirmed,
                cause=cause,
                by_id=story.row.filed_by_id if cause == Cause.FILED else story.row.confirmed_by_id,
                at=at,
            )
        )
        row = story.row
        row.ranking, row.ranked_at = self.rankings[-1], at
        row.tier, row.claimed_tier = result.tier, result.claimed_tier
        row.is_provisional, row.is_confirmed = result.provisional, result.confirmed
        due = policy.due_at(result, facts, self.terms, zone=OFFICE_ZONE)
        row.due_at = due + row.paused_for if due is not None else None
        return ranked

    # --- telling -------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Let everything happen until now."""
        filed = [story for story in self.stories if story.state == R.QUEUED]
        stretch = self._stretch(filed)
        for story in filed:
            if story.row.claimed_tier == 1:
                for code in story.codes:
                    self._first_tier.setdefault(code, []).append(story)
        for story in filed:
            at = story.row.filed_at + timedelta(hours=self._hours(story, stretch))
            if story.luck > 1 - WITHDRAWN:
                self._plan(story.row.filed_at + (at - story.row.filed_at) * 0.7, "withdraw", story)
            else:
                self._plan(at, "decide", story)
        acts = {
            "withdraw": self._withdraw,
            "decide": self._review,
            "sign": self._sign,
            "fulfil": self._fulfil,
            "release": self._release,
        }
        while self._events and self._events[0][0] < self.now:
            at, _order, act, story = heapq.heappop(self._events)
            acts[act](story, at)
        for story in filed:
            if story.state == R.QUEUED:
                self._look_into(story)
            assert story.ranked is not None
            for name, value in order_columns(story.ranked, self.now).items():
                setattr(story.row, name, value)

    def _plan(self, at: datetime, act: str, story: Story) -> None:
        heapq.heappush(self._events, (at, next(self._order), act, story))

    def _hours(self, story: Story, stretch: float) -> float:
        """How many hours after it was filed the request is decided; luck is the quantile of a lognormal."""
        tier = story.row.claimed_tier
        spread = math.exp((0.9 if tier == 1 else 0.6) * _normal_quantile(min(max(story.luck, 0.001), 0.999)))
        return HOURS_TO_DECISION[tier] * spread * (1 if tier == 1 else stretch)

    def _stretch(self, filed: list[Story]) -> float:
        """How much slower than usual decisions come, for a quarter of the requests to be open now."""
        hour = timedelta(hours=1)
        usual = []
        for story in filed:
            # From its filing: the hours to its decision, and to the moment from which nothing is decided here.
            until = min(self.now, *(self.pools.scarce_from(code, self.now) for code in story.codes))
            is_first = story.row.claimed_tier == 1
            usual.append(
                (self._hours(story, 1.0), is_first, ((self.now if is_first else until) - story.row.filed_at) / hour)
            )
        low, high = 0.05, 20.0
        for _turn in range(14):
            middle = math.sqrt(low * high)
            waiting = sum(hours * (1 if is_first else middle) >= until for hours, is_first, until in usual)
            low, high = (middle, high) if waiting < OPEN_PART * len(self.stories) else (low, middle)
        return low

    def _withdraw(self, story: Story, at: datetime) -> None:
        text = "The customer found another way."
        self._move(story, R.WITHDRAWN, story.filer, at, text)
        self._note(story, "request.withdrawn", story.filer, at, reason=text, before={"state": str(R.QUEUED)})

    def _review(self, story: Story, at: datetime) -> None:
        if story.row.claimed_tier > 1 and any(self.pools.is_scarce(code, at) for code in story.codes):
            return
        reviewer = self.random.choice(self.reviewers)
        begun = max(story.row.filed_at, at - timedelta(minutes=self.random.uniform(3, 40)))
        waited = begun - story.row.filed_at
        if self.random.random() < ASKED_BACK and waited > timedelta(hours=8):
            self._ask_back(story, reviewer, story.row.filed_at + waited * 0.3, story.row.filed_at + waited * 0.6)
        self._move(story, R.IN_REVIEW, reviewer, begun)
        # A claim may have been verified since, and then there is a workload to confirm.
        self._rank(story, Cause.DECISION, at)
        self._confirm(story, reviewer, at)
        self._decide(story, reviewer, at)

    def _ask_back(self, story: Story, reviewer: Actor, asked_at: datetime, answered_at: datetime) -> None:
        question, answer = "For how many users, and until when?", "For 2,400 users until the end of the quarter."
        self._move(story, R.IN_REVIEW, reviewer, asked_at)
        self._move(story, R.INFORMATION_REQUESTED, reviewer, asked_at, question)
        self._note(story, "request.information_requested", reviewer, asked_at, reason=question)
        story.row.paused_seconds = int((answered_at - asked_at).total_seconds())
        self._move(story, R.QUEUED, story.filer, answered_at, answer)
        self._note(story, "request.answered", story.filer, answered_at, reason=answer)

    def _confirm(self, story: Story, reviewer: Actor, at: datetime) -> None:
        row = story.row
        claimed = row.claimed_workload
        found, text = claimed, ""
        if story.ranked is not None and story.ranked.result.confirmed:
            return
        if self.random.random() < 0.05:
            found, text = self.workloads["general"], "This is the organization's website, not the service it names."
        before = {"workload": claimed.code, "tier": row.tier}
        row.confirmed_workload, row.confirmed_by_id = found, reviewer.user_id
        row.row_version += 1
        self._rank(story, Cause.WORKLOAD, at)
        self._note(
            story,
            "request.workload_confirmed",
            reviewer,
            at,
            reason=text,
            before=before,
            after={"workload": found.code, "claimed": claimed.code, "tier": row.tier},
        )

    def _look_into(self, story: Story) -> None:
        """What is still open: most waits, some is being looked at, of some more has to be known."""
        reviewer = self.random.choice(self.reviewers)
        since = self.now - story.row.filed_at
        chance = self.random.random()
        if chance < 0.2 and since > timedelta(minutes=30):
            begun = self.now - min(since * 0.5, timedelta(hours=self.random.uniform(0.1, 10)))
            self._move(story, R.IN_REVIEW, reviewer, begun)
            if chance < 0.12:
                self._rank(story, Cause.DECISION, begun)
                self._confirm(story, reviewer, begun + timedelta(minutes=2))
            if chance < 0.05:
                text = "Which part of it serves the emergency line?"
                asked = begun + timedelta(minutes=4)
                self._move(story, R.INFORMATION_REQUESTED, reviewer, asked, text)
                self._note(story, "request.information_requested", reviewer, asked, reason=text)

    # --- deciding ------------------------------------------------------------------------------------

    def _decide(self, story: Story, reviewer: Actor, at: datetime) -> None:
        assert story.ranked is not None
        ask = replace(ask_of(story.ranked, story.lines), allowance=self._allowance(story))
        case = Case(story.row, story.lines, story.ranked, self.version, self.terms, ask, at)
        accepted = [self.pools.place(code, at, wish) for wish, code in enumerate(story.codes, start=1)]
        ahead = {place.code: self._ahead(story, place.code, at) for place in accepted if place.scarce}
        assessments = tuple(
            assess(ask, place, ahead=ahead.get(place.code, ()), undated=not place.is_dated_for(ask.tier))
            for place in accepted
        )
        best = _best(assessments)
        if ask.tier >= 3 and self.random.random() < 0.09:
            named = self.random.choice(list(REASONS))
            self._refuse(
                story, case, self._finding(case, accepted, assessments, ahead), Outcome.DECLINE, named, reviewer
            )
        elif best.fit is Fit.FULL:
            place = next(place for place in accepted if place.code == best.place)
            finding = Diagnosis(self.pools.seen([place], at), {place.code: ahead.get(place.code, ())}, (best,), ())
            self._grant(story, case, finding, Outcome.APPROVE, place, ask.full, reviewer)
        else:
            self._less(story, case, self._finding(case, accepted, assessments, ahead), best, reviewer)

    def _allowance(self, story: Story) -> Allowance | None:
        """What a provisional category may still get, as the product reckons it."""
        if story.ranked is None or not story.ranked.result.provisional:
            return None
        return Allowance(
            self.terms.provisional_cap_permille, tuple(self._provisional[story.row.organization.public_id])
        )

    def _less(self, story: Story, case: Case, finding: Diagnosis, best: Assessment, reviewer: Actor) -> None:
        """Not everything fits: a part, another region, the waiting list or no."""
        chance = self.random.random()
        elsewhere = next((way for way in finding.ways if way.code == "other_region" and not way.params), None)
        if best.fit is Fit.PART and chance < 0.6:
            place = finding.circumstances.place(best.place)
            assert place is not None
            self._grant(story, case, finding, Outcome.PARTLY, place, best.quantities, reviewer)
        elif best.fit is Fit.NONE and elsewhere is not None and chance < 0.4:
            place = finding.circumstances.place(elsewhere.place)
            assert place is not None
            self._grant(story, case, finding, Outcome.ELSEWHERE, place, elsewhere.quantities, reviewer)
        else:
            outcome = Outcome.WAITLIST if chance < 0.8 else Outcome.DECLINE
            self._refuse(story, case, finding, outcome, "", reviewer)

    def _ahead(self, story: Story, code: str, at: datetime) -> tuple[Ahead, ...]:
        """Who of tier 1 comes first in a scarce region. Only tier 1 is decided there, and nothing else precedes it."""
        assert story.ranked is not None
        mine = story.ranked.key(scarce=True, at=at)
        before = []
        for other in self._first_tier.get(code, ()):
            if other is not story and other.row.filed_at <= at and other.state in (R.QUEUED, R.IN_REVIEW):
                assert other.ranked is not None
                key = other.ranked.key(scarce=True, at=at)
                if other.row.claimed_tier == 1 and key < mine:
                    before.append((key, other))
        before.sort(key=lambda pair: pair[0])
        return tuple(_as_ahead(other) for _key, other in before)

    def _finding(
        self,
        case: Case,
        accepted: list[Place],
        assessments: tuple[Assessment, ...],
        ahead: Mapping[str, tuple[Ahead, ...]],
    ) -> Diagnosis:
        """As `diagnose`, with the regions of the customer's part of the world as ways out."""
        known = {place.code for place in accepted}
        region = self.pools.regions[accepted[0].code]
        others = [
            self.pools.place(code, case.at, None)
            for code in self.pools.groups[region.geography_group]
            if code not in known
        ]
        geography = case.request.residency_geography
        places = [*accepted, *(place for place in others if not geography or place.geography == geography)]
        return Diagnosis(
            circumstances=self.pools.seen(places, case.at),
            ahead=ahead,
            assessments=assessments,
            ways=ways_out(case.ask, places, ahead=ahead),
        )

    def _grant(
        self,
        story: Story,
        case: Case,
        finding: Diagnosis,
        outcome: Outcome,
        place: Place,
        quantities: Sequence[int],
        reviewer: Actor,
    ) -> None:
        at, row = case.at, story.row
        undated = not place.is_dated_for(case.ask.tier)
        signatures = signature_reasons(
            case.ask,
            place,
            quantities,
            large_permille=self.terms.second_signature_permille,
            mark_permille=self.terms.mark_permille,
        )
        text = {
            Outcome.APPROVE: "",
            Outcome.PARTLY: "A part now is worth more than everything later.",
            Outcome.ELSEWHERE: "The customer agreed to the other region by phone.",
        }[outcome]
        assert finding.best is not None
        decision = Decision(
            request=row,
            outcome=outcome,
            stage=Stage.FIRST_SIGNATURE if signatures else Stage.FINAL,
            region=self.pools.regions[place.code],
            ranking=row.ranking,
            policy_version=self.version,
            circumstances=pinned_circumstances(case, finding, [place.code, *story.codes]),
            block="" if outcome == Outcome.APPROVE else finding.best.block,
            explanation=pinned_explanation(
                case,
                finding,
                quantities=list(quantities),
                asked=list(case.ask.full),
                undated=undated,
                signatures=[reason.as_dict() for reason in signatures],
            ),
            reason=text,
            next_look_date=None if outcome == Outcome.APPROVE else at.date() + LOOK_AGAIN_AFTER,
            by_id=reviewer.user_id,
            at=at,
        )
        self.decisions.append(decision)
        level = ledger.level_for(case.ranked.result.tier)
        kind = LedgerKind.HOLD if signatures else LedgerKind.GRANT
        postings = [
            self._post(kind, place.code, level, line, units, f"{decision.public_id}:{line.resource.code}", reviewer, at)
            for line, units in zip(story.lines, quantities, strict=True)
        ]
        self._keep(story, decision, postings, at)
        bundle = {line.resource.code: units for line, units in zip(story.lines, quantities, strict=True)}
        self.pools.promise(place.code, level, bundle)
        if case.ranked.result.provisional:
            taken = [(place.code, resource, units) for resource, units in bundle.items()]
            self._provisional[story.row.organization.public_id] += taken
        granted = granted_facts(decision, story.lines, quantities)
        if signatures:
            story.first, story.held = decision, postings
            self._move(story, R.AWAITING_SECOND_SIGNATURE, reviewer, at, text)
            self._note(story, "request.signed_first", reviewer, at, reason=text, before=_IN_REVIEW, after=granted)
            self._plan(at + timedelta(minutes=self.random.uniform(4, 55)), "sign", story)
        else:
            story.granted = postings
            row.decided_at = at
            self._move(story, STATE_AFTER[outcome], reviewer, at, text)
            self._note(story, granted_action(outcome), reviewer, at, reason=text, before=_IN_REVIEW, after=granted)
            self._plan_delivery(story, at)

    def _sign(self, story: Story, at: datetime) -> None:
        first, row = story.first, story.row
        assert first is not None
        signer = self.random.choice(self.signers)
        second = Decision(
            request=row,
            outcome=first.outcome,
            stage=Stage.SECOND_SIGNATURE,
            follows=first,
            region=first.region,
            ranking=row.ranking,
            policy_version=first.policy_version,
            circumstances=first.circumstances,
            block=first.block,
            explanation=first.explanation,
            by_id=signer.user_id,
            at=at,
        )
        self.decisions.append(second)
        for hold in story.held:
            self._release_entry(hold, LedgerKind.RELEASE_HOLD, signer, at)
        story.granted = [
            LedgerEntry(
                pool_id=hold.pool_id,
                kind=LedgerKind.GRANT,
                level=hold.level,
                quantity=hold.quantity,
                subject=hold.subject,
                by_id=signer.user_id,
                at=at,
            )
            for hold in story.held
        ]
        self.postings += story.granted
        self._keep(story, second, story.granted, at)
        row.decided_at = at
        self._move(story, STATE_AFTER[Outcome(first.outcome)], signer, at)
        quantities = first.explanation["quantities"]
        self._note(
            story,
            granted_action(first.outcome),
            signer,
            at,
            before={"state": str(R.AWAITING_SECOND_SIGNATURE)},
            after={**granted_facts(second, story.lines, quantities), "confirms": str(first.public_id)},
        )
        self._plan_delivery(story, at)

    def _refuse(
        self, story: Story, case: Case, finding: Diagnosis, outcome: Outcome, named: str, reviewer: Actor
    ) -> None:
        at, row = case.at, story.row
        found = finding.best.block if finding.best is not None else "capacity"
        text = REASONS.get(named) or (
            "We look at it again as soon as more is free." if outcome == Outcome.WAITLIST else "Nothing useful is left."
        )
        look = at.date() + LOOK_AGAIN_AFTER
        if outcome == Outcome.WAITLIST and look <= self.now.date():
            # It was looked at in between without a change; the next look lies ahead.
            look = self.now.date() + timedelta(days=self.random.randrange(1, 10))
        decision = Decision(
            request=row,
            outcome=outcome,
            ranking=row.ranking,
            policy_version=self.version,
            circumstances=pinned_circumstances(case, finding, story.codes),
            block=named or found,
            explanation=pinned_explanation(case, finding, asked=list(case.ask.full), named_by_person=bool(named)),
            reason=text,
            next_look_date=look,
            by_id=reviewer.user_id,
            at=at,
        )
        self.decisions.append(decision)
        row.decided_at = at
        row.next_look_date = look if outcome == Outcome.WAITLIST else None
        is_waiting = outcome == Outcome.WAITLIST
        self._move(story, R.WAITLISTED if is_waiting else R.DECLINED, reviewer, at, text)
        self._note(
            story,
            "request.waitlisted" if is_waiting else "request.declined",
            reviewer,
            at,
            reason=text,
            before=_IN_REVIEW,
            after={
                "decision": str(decision.public_id),
                "block": decision.block,
                "next_look_date": look.isoformat(),
            },
        )

    # --- delivering ----------------------------------------------------------------------------------

    def _plan_delivery(self, story: Story, at: datetime) -> None:
        if self.random.random() < 0.75:
            self._plan(at + timedelta(hours=self.random.uniform(5, 130)), "fulfil", story)

    def _fulfil(self, story: Story, at: datetime) -> None:
        before = {"state": str(story.state)}
        self._move(story, R.FULFILLED, self.operator, at)
        self._note(story, "request.fulfilled", self.operator, at, before=before)
        if self.random.random() < 0.18:
            self._plan(at + timedelta(days=self.random.uniform(1, 12)), "release", story)

    def _release(self, story: Story, at: datetime) -> None:
        text = "The customer does not need it any more."
        before = {"state": str(story.state)}
        given_back = [self._grant_of[id(entry)] for entry in story.granted]
        for entry in story.granted:
            self._release_entry(entry, LedgerKind.RELEASE_GRANT, self.operator, at)
        code = given_back[0].decision.region.code if given_back[0].decision.region else ""
        bundle = {grant.line.resource.code: grant.quantity for grant in given_back}
        self.pools.promise(code, given_back[0].level, bundle, sign=-1)
        self._move(story, R.RELEASED, self.operator, at, text)
        self._note(
            story,
            "request.released",
            self.operator,
            at,
            reason=text,
            before=before,
            after={
                "released": [
                    {"region": code, "resource": resource, "quantity": units} for resource, units in bundle.items()
                ]
            },
        )

    # --- rows ----------------------------------------------------------------------------------------

    def _post(
        self,
        kind: LedgerKind,
        code: str,
        level: str,
        line: RequestLine,
        units: int,
        subject: str,
        actor: Actor,
        at: datetime,
    ) -> LedgerEntry:
        entry = LedgerEntry(
            pool_id=self.pools.keys[code, line.resource.code],
            kind=kind,
            level=level,
            quantity=units,
            subject=subject,
            by_id=actor.user_id,
            at=at,
        )
        self.postings.append(entry)
        return entry

    def _release_entry(self, entry: LedgerEntry, kind: LedgerKind, actor: Actor, at: datetime) -> None:
        self.postings.append(
            LedgerEntry(
                pool_id=entry.pool_id,
                kind=kind,
                level=entry.level,
                quantity=entry.quantity,
                subject=entry.subject,
                releases=entry,
                by_id=actor.user_id,
                at=at,
            )
        )

    def _keep(self, story: Story, decision: Decision, entries: list[LedgerEntry], at: datetime) -> None:
        for line, entry in zip(story.lines, entries, strict=True):
            grant = Grant(
                request=story.row,
                decision=decision,
                line=line,
                pool_id=entry.pool_id,
                level=entry.level,
                quantity=entry.quantity,
                entry=entry,
                at=at,
            )
            self._grant_of[id(entry)] = grant
            self.grants.append(grant)

    def _move(self, story: Story, state: RequestState, actor: Actor, at: datetime, reason: str = "") -> None:
        story.steps.append(Step(state, actor, at, reason))
        story.row.row_version += 1

    def _note(
        self,
        story: Story,
        action: str,
        actor: Actor,
        at: datetime,
        *,
        reason: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        self.entries.append(
            new_entry(
                actor=actor,
                action=action,
                subject_type="request",
                subject_id=story.row.public_id,
                reason=reason,
                before=before,
                after={"request": f"R-{story.row.number}", "state": str(story.state), **(after or {})},
                at=at,
            )
        )

    # --- storing -------------------------------------------------------------------------------------

    def store(self) -> None:
        """Write it all; states last and step by step, so that the database checks each."""
        lines = [line for story in self.stories for line in story.lines]
        number_rows(lines)
        for rows in (self.rankings, self.decisions, self.postings):
            number_rows(rows)
        for story in self.stories:
            story.row.ranking = story.row.ranking  # the key it has got meanwhile
        for decision in self.decisions:
            decision.ranking, decision.follows = decision.ranking, decision.follows
        for posting in self.postings:
            posting.releases = posting.releases
        for grant in self.grants:
            grant.decision, grant.line, grant.entry = grant.decision, grant.line, grant.entry
        copy_in([story.row for story in self.stories])
        copy_in(lines)
        copy_values(
            RequestRegion,
            ["request_id", "region_id", "wish"],
            (
                (story.row.pk, region.pk, wish)
                for story in self.stories
                for wish, region in enumerate(story.wishes, start=1)
            ),
        )
        copy_in(self.rankings)
        copy_in(self.decisions)
        copy_in(self.postings)
        copy_in(self.grants)
        for turn in range(1, max(len(story.steps) for story in self.stories)):
            set_columns(
                CapacityRequest,
                {"state": "varchar"},
                [(story.row.pk, str(story.steps[turn].state)) for story in self.stories if turn < len(story.steps)],
            )
        moves = [
            (
                step.at,
                story.row.pk,
                str(before.state) if before else "",
                str(step.state),
                step.actor.user_id,
                step.reason,
            )
            for story in self.stories
            for before, step in zip([None, *story.steps], story.steps, strict=False)
        ]
        moves.sort(key=lambda move: move[0])
        copy_values(RequestMove, ["at", "request_id", "old_state", "new_state", "by_id", "reason"], moves)


_IN_REVIEW = {"state": str(R.IN_REVIEW)}


def _as_ahead(story: Story) -> Ahead:
    lines = tuple(Line(line.resource.code, line.quantity, line.minimum) for line in story.lines)
    smallest = Ask(lines=lines, tier=1).smallest
    return Ahead(story.row.label, 1, tuple((line.resource, units) for line, units in zip(lines, smallest, strict=True)))


def _best(assessments: Sequence[Assessment]) -> Assessment:
    return min(
        assessments,
        key=lambda one: (
            {Fit.FULL: 0, Fit.PART: 1, Fit.NONE: 2}[Fit(one.fit)],
            -(one.quantities[0] if one.quantities else 0),
        ),
    )


def _round(units: float) -> int:
    """A quantity as people ask for it: two leading digits."""
    if units < 10:
        return max(1, round(units))
    step = 10 ** (int(math.log10(units)) - 1)
    return int(round(units / step) * step)


def _normal_quantile(part: float) -> float:
    """The standard normal quantile, as near as a story needs it (logistic approximation)."""
    return math.log(part / (1 - part)) / 1.702
