"""Everything the review page shows of one request, gathered in a bounded number of questions.

What is said about the effect is computed by the same check that an approval runs; the only difference is that a page
reads the stored order and crew status, which may be a cycle old, and the approval reads them anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from capacity.intake.campaigning import with_campaign
from capacity.intake.circumstances import (
    Circumstances,
    ahead_as_stored,
    ask_of_row,
    asks_by_region,
    look_at,
    with_asked,
)
from capacity.intake.diagnosis import (
    Ahead,
    Ask,
    Assessment,
    Block,
    Fit,
    Place,
    WayOut,
    assess,
    signature_reasons,
    ways_out,
)
from capacity.intake.position import BY_TIER, Position, positions
from capacity.intake.provisional import with_allowance, with_taken
from capacity.intake.standing import MOST_AHEAD, Check, checks, is_queued, outlook
from capacity.intake.why import Why, why_of
from capacity.intake.wording import Names, finding_text, way_out_text
from capacity.pools.access import may_see_headroom
from capacity.regions.models import Region
from capacity.requests.access import may_review, visible_requests
from capacity.requests.models import CapacityRequest, Decision, RequestState
from capacity.requests.places import places_in
from capacity.requests.queries import latest_decision
from capacity.requests.ranking import Ranked, by_region, stored_rank, with_use_overrides
from capacity.review.actions.take_lease import take_lease
from capacity.review.case import REVIEWABLE
from capacity.review.queries import published_order, regions_in_reach, to_decide
from capacity.staffing.wording import cause_texts
from customers.models import CLAIM_STANDING, Claim, ClaimState, Evidence, EvidenceKind
from customers.signs import claim_sign
from kit import leases
from kit.refusal import NotFound, Refusal
from kit.signs import Sign
from priorities import policy
from priorities.policies import policy_value
from priorities.wording import workload_label
from users.access import Actor

# How much of the queue stands beside the case, and how many of those ahead are named.
NEIGHBORS = 14
NAMED_AHEAD = 5


@dataclass(frozen=True)
class PoolEffect:
    """What a grant does to one pool: units promised before and after, of how many, and what remains at the level."""

    name: str
    unit: str
    supply: int
    promised: int
    units: int
    left: int

    @property
    def after(self) -> int:
        return self.promised + self.units

    @property
    def left_after(self) -> int:
        return max(0, self.left - self.units)


@dataclass(frozen=True)
class Effect:
    """What deciding now would do in one accepted region."""

    region: Region
    staffing: str
    # Which crews close or warn, where no check of the assessment says it already.
    crews: tuple[str, ...]
    position: Position
    place: int
    assessment: Assessment
    outlook: str
    checks: tuple[Check, ...]
    pools: tuple[PoolEffect, ...]
    ahead: tuple[Ahead, ...]
    signatures: tuple[str, ...]
    undated: bool
    quantities: Mapping[str, int]
    sees_landings: bool

    @property
    def is_full(self) -> bool:
        return self.assessment.fit is Fit.FULL

    @property
    def is_part(self) -> bool:
        return self.assessment.fit is Fit.PART

    @property
    def ahead_named(self) -> tuple[Ahead, ...]:
        return self.ahead[:NAMED_AHEAD]

    @property
    def ahead_unnamed(self) -> int:
        return max(0, len(self.ahead) - NAMED_AHEAD)


@dataclass(frozen=True)
class ClaimRow:
    """A claim of the organization with its sign and evidence."""

    claim: Claim
    sign: Sign
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class ReviewPage:
    """One case as the page shows it."""

    request: Any
    at: datetime
    ranked: Ranked
    ask: Ask
    uses: tuple[tuple[str, str], ...]
    why: Why
    effects: tuple[Effect, ...]
    ways: tuple[WayOut, ...]
    way_texts: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]
    claims: tuple[ClaimRow, ...]
    queue: tuple[Any, ...]
    distance: Refusal | None
    held_by: Any
    last: Decision | None

    @property
    def is_reviewable(self) -> bool:
        """Whether the request can be decided now."""
        return self.request.state in REVIEWABLE

    @property
    def awaits_signature(self) -> bool:
        return bool(self.request.state == RequestState.AWAITING_SECOND_SIGNATURE)

    @property
    def best(self) -> Effect | None:
        """The region to decide for: the first that holds everything, else the one that holds most."""
        rank = {Fit.FULL: 0, Fit.PART: 1, Fit.NONE: 2}
        return min(
            self.effects,
            key=lambda one: (rank[one.assessment.fit], -sum(one.assessment.quantities)),
            default=None,
        )

    @property
    def engine_says(self) -> str:
        """What the figures suggest, in one sentence; prefilled as the reason."""
        best = self.best
        if best is None:
            return _("None of its regions has a pool.")
        values = {"region": best.region.name, "place": best.place, "waiting": best.position.waiting}
        if best.is_full:
            return _("All of it fits in %(region)s; place %(place)s of %(waiting)s there.") % values
        found = " ".join(check.text for check in best.checks if not check.is_clear)
        return f"{best.region.name}: {found}" if found else best.outlook


def review_page(actor: Actor, public_id: UUID, *, at: datetime) -> ReviewPage:
    """Gather the page; taking or renewing the lease where the actor may decide. Raises `NotFound`."""
    found: Any = (
        with_use_overrides(with_taken(with_asked(visible_requests(actor))), at=at)
        .select_related(
            "organization",
            "claimed_workload",
            "confirmed_workload",
            "confirmed_by",
            "filed_by",
            "ranking__policy_version",
            "lease__holder",
            "campaign",
        )
        .filter(public_id=public_id)
        .first()
    )
    ranked = stored_rank(found) if found is not None else None
    if found is None or ranked is None:
        raise NotFound()
    distance = may_review(actor, found, [region["code"] for region in found.accepted])
    held_by = _lease(actor, found, distance, at)
    wishes = {region["code"]: region["wish"] for region in found.accepted}
    seen = look_at(Region.objects.all(), at=at, wishes=wishes)
    order = published_order(regions_in_reach(actor, seen.regions.values()))
    ranked = by_region(ranked)
    ask = with_campaign(with_allowance(ask_of_row(ranked, found.asked), ranked), found, at)
    # That the use is not confirmed is said beside the effect, which is shown as if it were.
    regional = {code: replace(one, confirmed=True) for code, one in asks_by_region(ranked, ask, seen.regions).items()}
    ask = replace(ask, confirmed=True)
    scarce = [place.code for place in seen.accepted if place.scarce]
    place, here = {name: getattr(found, name) for name in BY_TIER}, places_in(found, found.accepted)
    ahead = ahead_as_stored(place, scarce, besides=found.pk, here=here, limit=MOST_AHEAD)
    places = positions(place, wishes, besides=found.pk, here=here)
    terms = policy_value(found.ranking.policy_version)
    ways = tuple(ways_out(ask, seen.places, ahead=ahead, regional=regional))
    resources = [line.resource for line in ask.lines]
    return ReviewPage(
        request=found,
        at=at,
        ranked=ranked,
        ask=ask,
        # The classes that the policy knows, from its value: no question needed.
        uses=tuple((code, capfirst(workload_label(code))) for code, _points in terms.workload_scores),
        why=why_of(ranked, _queues(found, seen, places), at=at),
        effects=tuple(
            _effect(
                regional.get(place.code, ask), place, seen, ahead.get(place.code, ()), places[place.code], terms, actor
            )
            for place in seen.accepted
        ),
        ways=ways,
        way_texts=tuple(way_out_text(way.as_dict(), resources, Names(seen.pinned([way.place]))) for way in ways[:3]),
        elsewhere=_elsewhere(seen, ways, found.residency_geography),
        claims=_claims(found, at),
        queue=tuple(with_asked(to_decide(actor, order)).select_related("organization")[:NEIGHBORS]),
        distance=distance,
        held_by=held_by,
        last=None if found.state in REVIEWABLE else latest_decision(found),
    )


def _lease(actor: Actor, found: Any, distance: Refusal | None, at: datetime) -> Any:
    """Take or renew the lease where one may decide; who else holds it, if somebody does."""
    holder = leases.holder_of(found, at=at)
    other = holder if holder is not None and holder.pk != actor.user_id else None
    if distance is None and found.state in REVIEWABLE and other is None:
        take_lease(actor=actor, request=found, at=at)
    return other


def _queues(found: Any, seen: Circumstances, places: Mapping[str, Position]) -> Iterator[tuple[Region, Position]]:
    """The regions in whose queue it waits, in the order of the wish."""
    if is_queued(found):
        yield from ((seen.regions[place.code], places[place.code]) for place in seen.accepted)


def _effect(
    ask: Ask,
    place: Place,
    seen: Circumstances,
    ahead: Sequence[Ahead],
    position: Position,
    terms: policy.Policy,
    actor: Actor,
) -> Effect:
    undated = not place.is_dated_for(ask.tier)
    assessment = assess(ask, place, ahead=ahead, undated=undated)
    # Where nothing fits there is no effect to show, only how the pools stand.
    quantities = assessment.quantities or (0,) * len(ask.lines)
    names = Names(seen.pinned([place.code]))
    signatures = (
        signature_reasons(
            ask,
            place,
            quantities,
            large_permille=terms.second_signature_permille,
            mark_permille=terms.mark_permille,
        )
        if assessment.quantities
        else ()
    )
    return Effect(
        region=seen.regions[place.code],
        staffing=seen.crews[place.code].status,
        crews=() if any(one.block is Block.STAFFING for one in assessment.findings) else cause_texts(place.crews),
        position=position,
        place=position.place(scarce=place.scarce),
        assessment=assessment,
        outlook=outlook(ask, assessment, seen, actor),
        checks=tuple(checks(assessment, seen, actor)),
        pools=tuple(_pools(ask, place, seen, names, quantities)),
        ahead=tuple(ahead),
        signatures=tuple(finding_text(reason, names) for reason in signatures),
        undated=undated,
        quantities={line.resource: units for line, units in zip(ask.lines, quantities, strict=True)},
        sees_landings=may_see_headroom(actor, place.code) is None,
    )


def _pools(
    ask: Ask, place: Place, seen: Circumstances, names: Names, quantities: Sequence[int]
) -> Iterator[PoolEffect]:
    for line, units, left in zip(ask.lines, quantities, place.left(ask), strict=True):
        pool = seen.pools.get((place.code, line.resource))
        if pool is None:
            continue
        yield PoolEffect(
            name=names.resource(line.resource),
            unit=pool.unit,
            supply=max(pool.supply, 0),
            promised=pool.promised,
            units=units,
            left=left,
        )


def _elsewhere(seen: Circumstances, ways: Sequence[WayOut], geography: str) -> tuple[tuple[str, str], ...]:
    """The regions that were not asked for and in which the data may be, those with room first: code and name."""
    with_room = [way.place for way in ways if way.code.startswith("other_region")]
    others = [
        place.code
        for place in seen.places
        if place.wish is None and place.code not in with_room and geography in ("", place.geography)
    ]
    others.sort(key=lambda code: seen.regions[code].name)
    return tuple((code, seen.regions[code].name) for code in (*with_room, *others))


def _claims(found: CapacityRequest, at: datetime) -> tuple[ClaimRow, ...]:
    evidence = Evidence.objects.filter(claim=OuterRef("pk")).order_by("pk")
    claims: Any = (
        Claim.objects.filter(organization=found.organization_id, state__in=CLAIM_STANDING)
        .exclude(state=ClaimState.DRAFT)
        .select_related("category")
        .order_by("category__position", "pk")
        .annotate(
            items=ArraySubquery(
                evidence.values(
                    row=JSONObject(
                        kind=F("kind"),
                        holds=F("holds"),
                        domain=F("domain"),
                        issuer=F("issuer"),
                        reference=F("reference"),
                        entry=F("register_row__name"),
                        register=F("register_row__snapshot__register__name"),
                    )
                )
            )
        )
    )
    return tuple(
        ClaimRow(
            claim,
            claim_sign(claim, at),
            [{**item, "kind": EvidenceKind(item["kind"]).label, "what": _what(item)} for item in claim.items],
        )
        for claim in claims
    )


def _what(item: Mapping[str, Any]) -> str:
    parts = [item["entry"], item["register"], item["domain"], item["issuer"], item["reference"]]
    return ", ".join(part for part in parts if part)
