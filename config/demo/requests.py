"""What was asked for in thirty days and what became of it, decided by the product's own diagnosis.

Events run in the order of time against pools in memory (`config.demo.pools`), so every grant that was made fits when
its entry is inserted, and every refusal tells the numbers of its moment. From the moment a region is declared scarce
only tier 1 is decided here, in its order; what the lower tiers meet there is left to the actions
(`config.demo.operations`).
"""

import dataclasses
import heapq
import itertools
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from capacity.intake.circumstances import ask_of
from capacity.intake.diagnosis import (
    Ahead,
    Allowance,
    Ask,
    Assessment,
    Fit,
    Line,
    Place,
    assess,
    signature_reasons,
    ways_out,
)
from capacity.pools import ledger
from capacity.pools.models import LedgerEntry, LedgerKind
from capacity.requests.models import (
    Decision,
    Outcome,
    Ranking,
    RequestState,
    Stage,
)
from capacity.requests.places import OFFICE_ZONE, order_columns
from capacity.requests.ranking import Cause, Ranked
from capacity.review.case import LOOK_AGAIN_AFTER, Case, Diagnosis, pinned_circumstances, pinned_explanation
from capacity.review.granting import STATE_AFTER, granted_action, granted_facts
from config.demo.cast import Cast
from config.demo.chronicle import Chronicle, Step, Story
from config.demo.customers import Customer
from config.demo.filing import Filing
from config.demo.pools import Pools
from config.demo.world import Gaps
from priorities import policy
from priorities.models import PolicyVersion
from users.access import Actor

R = RequestState

# Hours to a decision by tier: the median, before it is stretched until a quarter of the requests is open.
HOURS_TO_DECISION = {1: 1.6, 2: 14.0, 3: 40.0, 4: 75.0, 5: 140.0}
OPEN_PART = 0.25
DRAFTS, WITHDRAWN, ASKED_BACK = 0.012, 0.025, 0.06

REASONS = {
    "access": "The customer's contract does not cover this region yet.",
    "offer": "This offer does not include capacity of this kind.",
    "quota": "The agreed quota of the organization is used up.",
}


@lru_cache(maxsize=50_000)
def _rank(facts: policy.Facts, terms: policy.Policy) -> tuple[policy.Ranking, dict[str, Any]]:
    result = policy.rank(facts, terms)
    return result, result.as_dict()


class History:
    """Thirty days of requests. `tell` runs them; what happened stands in `book`, which writes it."""

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
        self.pools = Pools(closed, datacenters, now)
        self.book = Chronicle(self.pools.keys)
        self.reviewers = [cast.user_as_actor(key) for key in ("reviewer", "reviewer2", "several")]
        self.signers = [cast.user_as_actor(key) for key in ("duty", "duty2")]
        self.operator = cast.user_as_actor("operator")
        # What rests on provisional categories, by organization.
        self._provisional: dict[Any, list[tuple[str, str, int]]] = defaultdict(list)
        self._first_tier: dict[str, list[Story]] = {}
        self._events: list[tuple[datetime, int, str, Story]] = []
        self._order = itertools.count()
        filing = Filing(cast, source, self.pools, terms, now=now)
        self.workloads = filing.workloads
        self.stories = filing.stories(customers, count)
        for story in self.stories:
            self._submit(story)

    # --- ranking -------------------------------------------------------------------------------------

    def _submit(self, story: Story) -> None:
        row, at = story.row, story.row.filed_at
        story.steps.append(Step(R.DRAFT, story.filer, at))
        is_draft = story.luck < DRAFTS
        if not is_draft:
            row.completed_at = at
            story.steps.append(Step(R.QUEUED, story.filer, at))
            self._rank(story, Cause.FILED, at)
        self.book.note(
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
        self.book.rankings.append(
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
        row.ranking, row.ranked_at = self.book.rankings[-1], at
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
        self.book.move(story, R.WITHDRAWN, story.filer, at, text)
        self.book.note(story, "request.withdrawn", story.filer, at, reason=text, before={"state": str(R.QUEUED)})

    def _review(self, story: Story, at: datetime) -> None:
        if story.row.claimed_tier > 1 and any(self.pools.is_scarce(code, at) for code in story.codes):
            return
        reviewer = self.random.choice(self.reviewers)
        begun = max(story.row.filed_at, at - timedelta(minutes=self.random.uniform(3, 40)))
        waited = begun - story.row.filed_at
        if self.random.random() < ASKED_BACK and waited > timedelta(hours=8):
            self._ask_back(story, reviewer, story.row.filed_at + waited * 0.3, story.row.filed_at + waited * 0.6)
        self.book.move(story, R.IN_REVIEW, reviewer, begun)
        # A claim may have been verified since, and then there is a workload to confirm.
        self._rank(story, Cause.DECISION, at)
        self._confirm(story, reviewer, at)
        self._decide(story, reviewer, at)

    def _ask_back(self, story: Story, reviewer: Actor, asked_at: datetime, answered_at: datetime) -> None:
        question, answer = "For how many users, and until when?", "For 2,400 users until the end of the quarter."
        self.book.move(story, R.IN_REVIEW, reviewer, asked_at)
        self.book.move(story, R.INFORMATION_REQUESTED, reviewer, asked_at, question)
        self.book.note(story, "request.information_requested", reviewer, asked_at, reason=question)
        story.row.paused_seconds = int((answered_at - asked_at).total_seconds())
        self.book.move(story, R.QUEUED, story.filer, answered_at, answer)
        self.book.note(story, "request.answered", story.filer, answered_at, reason=answer)

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
        self.book.note(
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
            self.book.move(story, R.IN_REVIEW, reviewer, begun)
            if chance < 0.12:
                self._rank(story, Cause.DECISION, begun)
                self._confirm(story, reviewer, begun + timedelta(minutes=2))
            if chance < 0.05:
                text = "Which part of it serves the emergency line?"
                asked = begun + timedelta(minutes=4)
                self.book.move(story, R.INFORMATION_REQUESTED, reviewer, asked, text)
                self.book.note(story, "request.information_requested", reviewer, asked, reason=text)

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
        self.book.decisions.append(decision)
        level = ledger.level_for(case.ranked.result.tier)
        kind = LedgerKind.HOLD if signatures else LedgerKind.GRANT
        postings = [
            self.book.post(
                kind, place.code, level, line, units, f"{decision.public_id}:{line.resource.code}", reviewer, at
            )
            for line, units in zip(story.lines, quantities, strict=True)
        ]
        self.book.keep(story, decision, postings, at)
        bundle = {line.resource.code: units for line, units in zip(story.lines, quantities, strict=True)}
        self.pools.promise(place.code, level, bundle)
        if case.ranked.result.provisional:
            taken = [(place.code, resource, units) for resource, units in bundle.items()]
            self._provisional[story.row.organization.public_id] += taken
        granted = granted_facts(decision, story.lines, quantities)
        if signatures:
            story.first, story.held = decision, postings
            self.book.move(story, R.AWAITING_SECOND_SIGNATURE, reviewer, at, text)
            self.book.note(story, "request.signed_first", reviewer, at, reason=text, before=_IN_REVIEW, after=granted)
            self._plan(at + timedelta(minutes=self.random.uniform(4, 55)), "sign", story)
        else:
            story.granted = postings
            row.decided_at = at
            self.book.move(story, STATE_AFTER[outcome], reviewer, at, text)
            self.book.note(story, granted_action(outcome), reviewer, at, reason=text, before=_IN_REVIEW, after=granted)
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
        self.book.decisions.append(second)
        for hold in story.held:
            self.book.give_back(hold, LedgerKind.RELEASE_HOLD, signer, at)
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
        self.book.postings += story.granted
        self.book.keep(story, second, story.granted, at)
        row.decided_at = at
        self.book.move(story, STATE_AFTER[Outcome(first.outcome)], signer, at)
        quantities = first.explanation["quantities"]
        self.book.note(
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
        self.book.decisions.append(decision)
        row.decided_at = at
        row.next_look_date = look if outcome == Outcome.WAITLIST else None
        is_waiting = outcome == Outcome.WAITLIST
        self.book.move(story, R.WAITLISTED if is_waiting else R.DECLINED, reviewer, at, text)
        self.book.note(
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
        self.book.move(story, R.FULFILLED, self.operator, at)
        self.book.note(story, "request.fulfilled", self.operator, at, before=before)
        if self.random.random() < 0.18:
            self._plan(at + timedelta(days=self.random.uniform(1, 12)), "release", story)

    def _release(self, story: Story, at: datetime) -> None:
        text = "The customer does not need it any more."
        before = {"state": str(story.state)}
        given_back = self.book.grants_of(story)
        for entry in story.granted:
            self.book.give_back(entry, LedgerKind.RELEASE_GRANT, self.operator, at)
        code = given_back[0].decision.region.code if given_back[0].decision.region else ""
        bundle = {grant.line.resource.code: grant.quantity for grant in given_back}
        self.pools.promise(code, given_back[0].level, bundle, sign=-1)
        self.book.move(story, R.RELEASED, self.operator, at, text)
        self.book.note(
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


def _normal_quantile(part: float) -> float:
    """The standard normal quantile, as near as a story needs it (logistic approximation)."""
    return math.log(part / (1 - part)) / 1.702
