"""Whom an override would overtake in each queue, found by ranking with and without it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from capacity.regions.models import Region
from capacity.requests.models import OPEN_STATES, CapacityRequest, RequestRegion
from capacity.requests.ranking import Ranked, rank_now
from priorities import policy
from priorities.models import Override, OverrideScope
from priorities.overrides import fact_of
from priorities.policies import active_policy


@dataclass(frozen=True)
class Movement:
    """A covered request's place in one region's queue, 1 being first, without and with an override."""

    request: CapacityRequest
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


def overtaken_rows(shown: Iterable[Movement]) -> list[dict[str, Any]]:
    """Everybody overtaken, once in each region, however many requests go ahead of them."""
    rows = [row for movement in shown for row in movement.as_rows()]
    return list({(row["region"], row["number"]): row for row in rows}.values())


def movements(request_key: UUID, fact: policy.OverrideFact, *, at: datetime) -> list[Movement]:
    """What the override fact would do to the request in each of its regions' queues, in the order of its wishes.

    Only in scarce regions does a tier decide the order, so elsewhere only holding back moves anybody.
    The number of queries does not grow with the queues.
    """
    # A request that waits for information has no place yet; it is shown the one it would have.
    itself = Q(request__public_id=request_key)
    wished = RequestRegion.objects.filter(itself).values("region")
    rows = _queued(itself | Q(request__state__in=OPEN_STATES)).filter(region__in=wished)
    own = sorted((row for row in rows if row.request.public_id == request_key), key=lambda row: row.wish)
    return _movements([row.region for row in own], _queues(rows), {row.request_id for row in own}, fact, at)


def movements_of_use(
    organization_key: UUID, workload: str, region_code: str, fact: policy.OverrideFact, *, at: datetime
) -> list[Movement]:
    """The same for every open request of an organization for a use in a region, in the order of the queue there."""
    rows = _queued(Q(request__state__in=OPEN_STATES)).filter(region__code=region_code)
    covered = {
        row.request_id
        for row in rows
        if row.request.organization.public_id == organization_key and row.request.workload.code == workload
    }
    return _movements([row.region for row in rows[:1]], _queues(rows), covered, fact, at)


def movements_of(override: Override, *, at: datetime) -> list[Movement]:
    """What a proposed override would do now, or what one in force does."""
    fact = fact_of(override)
    if override.scope == OverrideScope.ORGANIZATION:
        return movements_of_use(override.subject_key, override.workload_code, override.region_code, fact, at=at)
    return movements(override.subject_key, fact, at=at)


def overtaken_by(override: Override, at: datetime) -> list[dict[str, Any]]:
    """Whom a proposed override would overtake now, as its row keeps them."""
    return overtaken_rows(movements_of(override, at=at))


def _queued(which: Q) -> QuerySet[RequestRegion]:
    return (
        RequestRegion.objects.filter(which)
        .select_related(
            "region",
            "request__organization",
            "request__claimed_workload",
            "request__confirmed_workload",
            "request__ranking",
        )
        .defer("request__ranking__result")
    )


def _queues(rows: Iterable[RequestRegion]) -> dict[int, dict[int, CapacityRequest]]:
    queues: dict[int, dict[int, CapacityRequest]] = defaultdict(dict)
    for row in rows:
        queues[row.region_id][row.request_id] = row.request
    return queues


def _movements(
    regions: Sequence[Region],
    queues: Mapping[int, Mapping[int, CapacityRequest]],
    covered: set[int],
    fact: policy.OverrideFact,
    at: datetime,
) -> list[Movement]:
    requests = {pk: one for queue in queues.values() for pk, one in queue.items()}
    _version, terms = active_policy(at)
    ranked = {one.request.pk: one for one in rank_now(list(requests.values()), at=at, terms=terms, only_within=True)}
    found: list[Movement] = []
    for region in regions:
        without = {pk: _without(ranked[pk], region, fact, pk in covered, terms) for pk in queues[region.pk]}
        # Covered requests move together, so each is compared with the others as they would stand then.
        moved = {pk: _with(one, fact, terms) if pk in covered else one for pk, one in without.items()}
        found += _in_region(region, without, moved, covered, at)
    return found


def _without(one: Ranked, region: Region, fact: policy.OverrideFact, is_covered: bool, terms: policy.Policy) -> Ranked:
    here = one.within(region.code)
    if not is_covered:
        return here
    others = tuple(own for own in here.facts.overrides if not _is_alike(own, fact))
    return _ranked(here, others, terms)


def _with(one: Ranked, fact: policy.OverrideFact, terms: policy.Policy) -> Ranked:
    return _ranked(one, (*one.facts.overrides, fact), terms)


def _ranked(one: Ranked, overrides: tuple[policy.OverrideFact, ...], terms: policy.Policy) -> Ranked:
    facts = replace(one.facts, overrides=overrides)
    return Ranked(one.request, facts, policy.rank(facts, terms))


def _is_alike(one: policy.OverrideFact, other: policy.OverrideFact) -> bool:
    """Of one kind and scope: of these only one stands at a time, so the new one takes the place of the old."""
    return one.kind == other.kind and one.scope == other.scope


def _in_region(
    region: Region, without: Mapping[int, Ranked], moved: Mapping[int, Ranked], covered: set[int], at: datetime
) -> list[Movement]:
    old = {pk: one.key(scarce=region.is_scarce, at=at) for pk, one in without.items()}
    new = {pk: one.key(scarce=region.is_scarce, at=at) for pk, one in moved.items()}
    found = []
    for pk in sorted(covered & old.keys(), key=old.__getitem__):
        overtaken = [other for other in old if other not in covered and old[other] < old[pk] and new[other] > new[pk]]
        found.append(
            Movement(
                request=without[pk].request,
                region=region,
                before=1 + sum(key < old[pk] for key in old.values()),
                after=1 + sum(key < new[pk] for key in new.values()),
                waiting=len(old),
                overtaken=tuple(without[other] for other in sorted(overtaken, key=old.__getitem__)),
            )
        )
    return found
