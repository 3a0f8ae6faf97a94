"""Whom an override would overtake in each queue, found by ranking with and without it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from capacity.regions.models import Region
from capacity.requests.models import OPEN_STATES, CapacityRequest, RequestRegion
from capacity.requests.ranking import Ranked, policy_in_force, rank_now
from priorities import policy


@dataclass(frozen=True)
class Movement:
    """A request's place in one region's queue, 1 being first, without and with an override."""

    region: Region
    before: int
    after: int
    waiting: int
    overtaken: tuple[Ranked, ...]

    def as_rows(self) -> list[dict[str, Any]]:
        """The overtaken as an override keeps them: public numbers and tiers, nothing of the customers."""
        return [
            {"region": self.region.name, "number": one.request.number, "tier": one.result.claimed_tier}
            for one in self.overtaken
        ]


def movements(request: CapacityRequest, fact: policy.OverrideFact, *, at: datetime) -> list[Movement]:
    """What the override fact would do to the request in each of its regions' queues, in the order of its wishes.

    Only in scarce regions does a tier decide the order, so elsewhere only holding back moves anybody.
    The number of queries does not grow with the queues.
    """
    wished = list(RequestRegion.objects.filter(request=request).select_related("region").order_by("wish"))
    queues = _queues([one.region_id for one in wished], besides=request)
    ranked = {
        one.request.pk: one
        for one in rank_now([request, *{r.pk: r for q in queues.values() for r in q}.values()], at=at)
    }
    own = ranked[request.pk]
    _version, terms = policy_in_force(at)
    facts = replace(own.facts, overrides=(*_besides(own.facts.overrides, fact.kind), fact))
    moved = Ranked(request, facts, policy.rank(facts, terms))
    return [
        _movement(one.region, own, moved, [ranked[other.pk] for other in queues.get(one.region_id, [])], at)
        for one in wished
    ]


def _besides(overrides: Sequence[policy.OverrideFact], kind: policy.OverrideKind) -> list[policy.OverrideFact]:
    return [one for one in overrides if one.kind != kind]


def _queues(region_ids: Sequence[int], *, besides: CapacityRequest) -> dict[int, list[CapacityRequest]]:
    queues: dict[int, list[CapacityRequest]] = {key: [] for key in region_ids}
    rows = (
        RequestRegion.objects.filter(region__in=region_ids, request__state__in=OPEN_STATES)
        .exclude(request=besides)
        .select_related("request__organization", "request__claimed_workload", "request__confirmed_workload")
    )
    for row in rows:
        queues[row.region_id].append(row.request)
    return queues


def _movement(region: Region, own: Ranked, moved: Ranked, others: list[Ranked], at: datetime) -> Movement:
    def key(one: Ranked) -> tuple[int, ...]:
        return one.key(scarce=region.is_scarce, at=at)

    before, after = key(own), key(moved)
    overtaken = sorted((one for one in others if after < key(one) < before), key=key)
    return Movement(
        region=region,
        before=1 + sum(key(one) < before for one in others),
        after=1 + sum(key(one) < after for one in others),
        waiting=len(others) + 1,
        overtaken=tuple(overtaken),
    )
