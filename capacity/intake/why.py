"""Why a request has its rank: the terms, the clause, its place in every queue, and what would change it.

Everything is told from the stored ranking, so it is what the queue shows; each change is proven by ranking again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst

from capacity.intake.position import BY_TIER, Position, positions
from capacity.intake.standing import is_queued
from capacity.regions.models import Region
from capacity.requests.places import places_in
from capacity.requests.ranking import Ranked
from priorities import policy
from priorities.advice import advice_text, betters
from priorities.policies import policy_value
from priorities.wording import change_text, reason_text, sentence_text, term_label


@dataclass(frozen=True)
class QueuePlace:
    """The place in one region's queue, and how many come first by tier: (tier, count), best tier first."""

    region: Region
    place: int
    waiting: int
    ahead: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ChangeRow:
    """One fact that would change the tier, and what the account manager can do about it ("" where it is no gain)."""

    text: str
    advice: str


@dataclass(frozen=True)
class Why:
    """Why the request has its rank, in words. `queues` is empty once it waits in none."""

    result: policy.Ranking
    reasons: tuple[str, ...]
    clause: str
    terms: tuple[tuple[str, policy.Term], ...]
    waited_days: int
    aging_points: int
    is_overdue: bool
    version: int
    ranked_at: datetime | None
    queues: tuple[QueuePlace, ...]
    better: tuple[ChangeRow, ...]
    worse: tuple[ChangeRow, ...]

    @property
    def points(self) -> int:
        """Score plus aging: what orders it inside its tier."""
        return self.result.score + self.aging_points


def why_of(ranked: Ranked, queues: Iterable[tuple[Region, Position]], *, at: datetime) -> Why:
    """Put a stored rank into words; no query where the policy version came with the ranking and was seen before."""
    result, facts, stored = ranked.result, ranked.facts, ranked.request.ranking
    assert stored is not None  # `ranked` was read from it
    terms = policy_value(stored.policy_version)
    days = policy.waited_days(facts, at)
    changes = policy.what_would_change(facts, terms)
    return Why(
        result=result,
        reasons=tuple(reason_text(reason) for reason in result.reasons),
        clause=_clause_text(result, terms),
        terms=tuple((capfirst(term_label(term.name)), term) for term in result.terms),
        waited_days=days,
        aging_points=days * result.aging_points,
        is_overdue=policy.is_overdue(result, facts, at=at),
        version=terms.version,
        ranked_at=ranked.request.ranked_at,
        queues=tuple(
            QueuePlace(
                region,
                position.place(scarce=region.is_scarce),
                position.waiting,
                position.ahead(scarce=region.is_scarce),
            )
            for region, position in queues
        ),
        better=tuple(ChangeRow(change_text(one), advice_text(one)) for one in changes if betters(one, result)),
        worse=tuple(ChangeRow(change_text(one), "") for one in changes if not betters(one, result)),
    )


def queues_of(request: Any, accepted: Iterable[Mapping[str, Any]]) -> list[tuple[Region, Position]]:
    """Its acceptable regions in the order of the wish, each with its place there; two queries, none outside a queue."""
    if not is_queued(request):
        return []
    accepted = list(accepted)
    codes = [region["code"] for region in accepted]
    regions = {region.code: region for region in Region.objects.filter(code__in=codes)}
    order = {name: getattr(request, name) for name in BY_TIER}
    places = positions(order, codes, besides=request.pk, here=places_in(request, accepted))
    return [(regions[code], places[code]) for code in codes if code in regions]


def _clause_text(result: policy.Ranking, terms: policy.Policy) -> str:
    for sentence in policy.sentences(terms):
        if sentence.code == "rule" and sentence.params["clause"] == result.clause:
            return sentence_text(sentence)
    return ""
