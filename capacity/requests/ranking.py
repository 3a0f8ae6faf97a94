"""How requests rank: facts from rows, a `Ranking` row whenever they changed, and the stored order.

The policy itself is pure (`priorities.policy`). The stored order is derived: once a cycle `rerank_requests` makes it
right again for every undecided request, whatever changed (claims, overrides, waiting, the policy, or the rows
themselves by mistake), so no change below needs to be noticed one by one. It may lag one cycle behind; who decides or
plans asks `rank_now` and never the stored order. What it consists of stands in `capacity.requests.places`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from capacity.requests.models import CapacityRequest, Ranking, RequestRegion
from capacity.requests.places import derived_columns, misplaced_wishes, write_order, write_places
from customers.queries import ClaimInForce, claims_and_lapses_of
from journal.models import Cursor
from priorities import policy
from priorities.models import PolicyVersion
from priorities.overrides import Covering, Subject, overrides_covering, regional_in, use_column
from priorities.policies import active_policy, policy_value
from users.access import Actor

SWEEP = "requests.order"
# What facts are read from, selected with each request.
FACT_RELATIONS = ("organization", "claimed_workload", "confirmed_workload", "ranking")


class Cause(models.TextChoices):
    """Why a request was ranked again."""

    FILED = "filed", _("Filed")
    WORKLOAD = "workload", _("The workload was confirmed")
    INFORMATION = "information", _("Information was given")
    DECISION = "decision", _("Looked at to decide")
    SWEEP = "sweep", _("Facts changed")
    OVERRIDE = "override", _("An override began or ended")
    CLAIM = "claim", _("A claim changed")
    POLICY = "policy", _("Another policy came into force")


@dataclass(frozen=True)
class Ranked:
    """A request with its facts and what the policy makes of them at a moment.

    An override of an organization's use counts in one region. So where there is any, the request ranks here as it
    does in its first wish, and `within` gives how it ranks in another region.
    """

    request: CapacityRequest
    facts: policy.Facts
    result: policy.Ranking
    # By region (code) where overrides count there; under "" as it ranks in all other regions. Mostly empty.
    regional: Mapping[str, "Ranked"] = field(default_factory=dict)

    def within(self, region: str) -> "Ranked":
        """As it ranks in the queue of a region (code)."""
        return self.regional.get(region) or self.regional.get("") or self

    def key(self, *, scarce: bool, at: datetime) -> tuple[int, ...]:
        """Its place in the published order; smaller comes first."""
        return policy.order_key(self.result, self.facts, scarce=scarce, at=at)


def facts_of(requests: Sequence[CapacityRequest], *, at: datetime) -> dict[int, policy.Facts]:
    """The facts of each request at a moment, by its key, as far as they count wherever it queues (two queries).

    Organizations and workload classes should be selected with the requests, and their rankings where there are many:
    where a verification ran out since, they are asked for otherwise.
    """
    organizations = {request.organization_id for request in requests}
    claims, lapsed = claims_and_lapses_of(organizations, at)
    kept = _kept_claims(requests, lapsed)
    return {
        request.pk: _facts(request, claims.get(request.organization_id, ()), kept.get(request.pk, ()), at)
        for request in requests
    }


def _kept_claims(
    requests: Sequence[CapacityRequest], lapsed: Mapping[int, frozenset[str]]
) -> dict[int, tuple[policy.SectorClaim, ...]]:
    """What each request was last ranked on and what lapsed since: a lapse drops the tier of new requests only."""
    concerned = [request for request in requests if request.ranking_id and request.organization_id in lapsed]
    # Asks for those that were not selected with their requests, all at once.
    models.prefetch_related_objects(concerned, "ranking")
    kept = {}
    for request in concerned:
        assert request.ranking is not None  # by its key
        pinned = policy.Facts.from_dict(request.ranking.facts)
        kept[request.pk] = tuple(
            # A certificate is about one service: confirmed for another use, the request keeps the claim alone.
            replace(claim, certificate=claim.certificate and pinned.workload == request.workload.code)
            for claim in pinned.claims
            if claim.category in lapsed[request.organization_id] and claim.verification is not policy.Verification.NONE
        )
    return kept


def _facts(
    request: CapacityRequest,
    claims: Iterable[ClaimInForce],
    kept: Iterable[policy.SectorClaim],
    at: datetime,
) -> policy.Facts:
    organization = request.organization
    workload = request.workload.code
    since = organization.customer_since
    standing = [
        policy.SectorClaim(
            category=claim.category,
            verification=policy.Verification(claim.verification),
            # A certificate is about one service, so it counts for that workload alone.
            certificate=workload in claim.certified_workloads,
        )
        for claim in claims
    ]
    return policy.Facts(
        claims=_with_kept(standing, kept),
        workload=workload,
        workload_confirmed=request.confirmed_workload_id is not None,
        offer_type=policy.OfferType(organization.offer_type),
        is_existing=since is not None and since <= at.date(),
        is_internal=organization.is_internal,
        completed_at=request.completed_at,
        request_number=request.number,
    )


def _with_kept(
    standing: Sequence[policy.SectorClaim], kept: Iterable[policy.SectorClaim]
) -> tuple[policy.SectorClaim, ...]:
    """What stands, and what lapsed where nothing of the category counts any more."""
    counting = {claim.category for claim in standing if claim.verification is not policy.Verification.NONE}
    kept = [claim for claim in kept if claim.category not in counting]
    replaced = {claim.category for claim in kept}
    return (*(claim for claim in standing if claim.category not in replaced), *kept)


def rank_now(
    requests: Sequence[CapacityRequest],
    *,
    at: datetime,
    terms: policy.Policy | None = None,
    only_within: bool = False,
) -> list[Ranked]:
    """Rank requests on the facts of this moment without writing anything; four queries, however many requests.

    One more where an organization's use is overridden in a region, to find the first wishes; `only_within` leaves it
    out for those who ask for `Ranked.within` a region and for nothing else. `terms` is the policy in force where the
    caller has it already.
    """
    if terms is None:
        _version, terms = active_policy(at)
    facts = facts_of(requests, at=at)
    covering = _covering(requests, at=at)
    regional = [r for r in requests if r.public_id in covering and covering[r.public_id].regional]
    first = {} if only_within else _first_wishes(regional)
    return [
        _ranked(request, facts[request.pk], covering.get(request.public_id), first.get(request.pk, ""), terms)
        for request in requests
    ]


def _covering(requests: Sequence[CapacityRequest], *, at: datetime) -> dict[UUID, Covering]:
    return overrides_covering(
        [Subject(request.public_id, request.organization.public_id, request.workload.code) for request in requests],
        at=at,
    )


def _first_wishes(requests: Sequence[CapacityRequest]) -> dict[int, str]:
    if not requests:
        return {}
    wished = RequestRegion.objects.filter(request__in=[request.pk for request in requests]).order_by("-wish")
    # The last one written is the first wish.
    return dict(wished.values_list("request_id", "region__code"))


def _ranked(
    request: CapacityRequest, facts: policy.Facts, covering: Covering | None, first: str, terms: policy.Policy
) -> Ranked:
    if covering is not None:
        facts = replace(facts, overrides=covering.within(first))
    regional = _regional(request, facts, covering, terms) if covering is not None and covering.regional else {}
    return Ranked(request, facts, _rank(facts, terms), regional)


def _regional(
    request: CapacityRequest, facts: policy.Facts, covering: Covering, terms: policy.Policy
) -> dict[str, Ranked]:
    found = {code: replace(facts, overrides=covering.within(code)) for code in ("", *covering.regional)}
    return {code: Ranked(request, here, _rank(here, terms)) for code, here in found.items()}


def _rank(facts: policy.Facts, terms: policy.Policy) -> policy.Ranking:
    # Neither the completeness time nor the number is part of a rank, so requests that share the rest share the answer.
    return _rank_alike(replace(facts, completed_at=None, request_number=0), terms)


@lru_cache(maxsize=4_096)
def _rank_alike(facts: policy.Facts, terms: policy.Policy) -> policy.Ranking:
    return policy.rank(facts, terms)


def stored_rank(request: CapacityRequest) -> Ranked | None:
    """The rank as it was last stored, from the row alone; None for a draft. Select `ranking` with the request."""
    if request.ranking is None:
        return None
    facts = policy.Facts.from_dict(request.ranking.facts)
    return Ranked(request, facts, policy.Ranking.from_dict(request.ranking.result))


def with_use_overrides(requests: QuerySet[CapacityRequest], *, at: datetime) -> QuerySet[CapacityRequest]:
    """The requests with what `by_region` reads in the row."""
    workload = Coalesce(OuterRef("confirmed_workload__code"), OuterRef("claimed_workload__code"))
    return requests.annotate(use_overrides=use_column(at, organization="organization__public_id", workload=workload))


def by_region(stored: Ranked) -> Ranked:
    """A stored rank with how it differs in regions where its organization's use is overridden.

    The request must have been read by `with_use_overrides`, its ranking's policy version selected.
    """
    request: Any = stored.request
    if not request.use_overrides:
        return stored
    own = tuple(one for one in stored.facts.overrides if one.scope is policy.OverrideScope.REQUEST)
    covering = Covering(own, regional_in(request.use_overrides))
    terms = policy_value(request.ranking.policy_version)
    return replace(stored, regional=_regional(request, stored.facts, covering, terms))


def rank_request(request: CapacityRequest, *, cause: Cause, actor: Actor, at: datetime, region: str = "") -> Ranked:
    """Rank one request and store it: see `store_rankings`. Call it with the request locked.

    With a region (code) its rank there is what is stored, for a decision about that region.
    """
    (ranked,) = rank_now([request], at=at)
    stored = replace(ranked.within(region), regional=ranked.regional) if region else ranked
    store_rankings([stored], cause=cause, actor=actor, at=at)
    return ranked


def order_as_of() -> datetime | None:
    """When the stored order was last made right for every request; None before the first sweep."""
    return Cursor.objects.filter(consumer=SWEEP).values_list("advanced_at", flat=True).first()


@dataclass(frozen=True)
class Stored:
    """What was written for one request: in which tier it queued before (None: it was never ranked), and why anew."""

    request: CapacityRequest
    old_tier: int | None
    cause: Cause | None

    @property
    def moved(self) -> bool:
        """Whether it queues in another tier than before."""
        return self.old_tier is not None and self.old_tier != self.request.claimed_tier


def store_rankings(ranked: Sequence[Ranked], *, cause: Cause | None, actor: Actor, at: datetime) -> list[Stored]:
    """Write a `Ranking` for each request whose facts or policy changed, and the order where it differs.

    Without a `cause` each ranking is given what really changed since the one before. The requests must be locked;
    their instances are brought up to date. Returns what was written.
    """
    version, terms = active_policy(at)
    asked = {one.request.pk: one.request for one in ranked}
    written: dict[int, Stored] = {}
    fresh = []
    for one in ranked:
        digest = policy.digest(one.facts)
        if _is_new(one, digest, version):
            known = one.request.ranking
            why = cause or _what_changed(one, version)
            fresh.append((one, _ranking_row(one, digest, version, why, actor, at)))
            written[one.request.pk] = Stored(one.request, known.claimed_tier if known else None, why)
    Ranking.objects.bulk_create([row for _one, row in fresh], batch_size=500)
    for one, row in fresh:
        one.request.ranking = row
    for one in ranked:
        wanted = derived_columns(one, terms, at)
        if one.request.pk in written or _is_other(one.request, wanted):
            written.setdefault(one.request.pk, Stored(one.request, one.request.claimed_tier, None))
            for name, value in wanted.items():
                setattr(one.request, name, value)
            one.request.ranked_at = at
    wishes = misplaced_wishes(ranked, at)
    for wish in wishes:
        written.setdefault(wish.request_id, Stored(asked[wish.request_id], asked[wish.request_id].claimed_tier, None))
    write_order({key: one.request for key, one in written.items()})
    write_places(wishes)
    return list(written.values())


def _what_changed(one: Ranked, version: PolicyVersion) -> Cause:
    """Which of the facts of the ranking before is another now; the policy only where no fact is."""
    known = one.request.ranking
    if known is None:
        return Cause.FILED
    now = one.facts.as_dict()
    for name, cause in (("overrides", Cause.OVERRIDE), ("claims", Cause.CLAIM), ("workload", Cause.WORKLOAD)):
        if known.facts[name] != now[name]:
            return cause
    if known.facts == now and known.policy_version_id != version.pk:
        return Cause.POLICY
    return Cause.SWEEP


def differing(
    ranked: Sequence[Ranked], version: PolicyVersion, terms: policy.Policy, at: datetime
) -> list[CapacityRequest]:
    """Those for which what is stored is not what it should be (one query)."""
    misplaced = {wish.request_id for wish in misplaced_wishes(ranked, at)}
    return [
        one.request
        for one in ranked
        if one.request.pk in misplaced
        or _is_new(one, policy.digest(one.facts), version)
        or _is_other(one.request, derived_columns(one, terms, at))
    ]


def _is_new(one: Ranked, digest: str, version: PolicyVersion) -> bool:
    known = one.request.ranking
    return known is None or known.facts_hash != digest or known.policy_version_id != version.pk


def _is_other(request: CapacityRequest, wanted: dict[str, Any]) -> bool:
    return any(getattr(request, name) != value for name, value in wanted.items())


def _ranking_row(one: Ranked, digest: str, version: PolicyVersion, cause: Cause, actor: Actor, at: datetime) -> Ranking:
    return Ranking(
        request=one.request,
        policy_version=version,
        facts=one.facts.as_dict(),
        facts_hash=digest,
        result=one.result.as_dict(),
        tier=one.result.tier,
        claimed_tier=one.result.claimed_tier,
        score=one.result.score,
        is_provisional=one.result.provisional,
        is_confirmed=one.result.confirmed,
        cause=cause,
        by_id=actor.user_id,
        at=at,
    )
