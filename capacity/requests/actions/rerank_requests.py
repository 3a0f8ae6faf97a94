"""Rank again whatever has changed: the one way in which stored ranks move by themselves.

A verification lapses or is given, an override begins or ends, another policy comes into force: none of them tells
anybody. What must be ranked again is found from the rows, so nothing can be missed, and finding it twice changes
nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from capacity.requests.models import PENDING_STATES, CapacityRequest
from capacity.requests.ranking import FACT_RELATIONS, SWEEP, Stored, differing, rank_now, store_rankings
from journal.models import Cursor
from journal.record import record
from priorities.models import Override, OverrideScope
from priorities.policies import active_policy
from users.access import Actor

BATCH = 2_000


@dataclass
class Reranked:
    """What ranking again did: how many were looked at, for how many something was stored, and who moved.

    `moves` counts (tier before, tier now) of those that queue in another tier; `causes` counts new rankings by cause.
    """

    looked_at: int = 0
    stored: int = 0
    moves: Counter[tuple[int, int]] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def moved_up(self) -> int:
        """How many queue in a better tier than before."""
        return sum(count for (before, now), count in self.moves.items() if now < before)

    @property
    def moved_down(self) -> int:
        """How many queue in a worse tier than before."""
        return sum(count for (before, now), count in self.moves.items() if now > before)

    def add(self, other: "Reranked") -> None:
        """Count another batch in."""
        self.looked_at += other.looked_at
        self.stored += other.stored
        self.moves += other.moves
        self.causes += other.causes


def rerank_all(*, actor: Actor, at: datetime) -> Reranked:
    """Rank every undecided request again and note when.

    Requests are read without locks, and only those that differ are locked and ranked again, so that a look at what did
    not change keeps nobody waiting. Each batch is a transaction of its own with its entry in the journal.
    """
    total, last = Reranked(), 0
    while True:
        pending = CapacityRequest.objects.filter(state__in=PENDING_STATES, pk__gt=last)
        batch = list(pending.select_related(*FACT_RELATIONS).order_by("pk")[:BATCH])
        if not batch:
            break
        version, terms = active_policy(at)
        other = [request.pk for request in differing(rank_now(batch, at=at), version, terms, at)]
        if other:
            total.add(rerank_requests(other, actor=actor, at=at))
        total.looked_at += len(batch) - len(other)
        last = batch[-1].pk
    Cursor.objects.update_or_create(consumer=SWEEP, defaults={"advanced_at": at})
    return total


def rerank_requests(ids: Iterable[int], *, actor: Actor, at: datetime) -> Reranked:
    """Rank these requests (primary keys) again. The journal hears of it where a rank is new, not of mere aging."""
    with transaction.atomic():
        # In the order of keys, so that two of these cannot wait for each other.
        requests = list(
            CapacityRequest.objects.filter(pk__in=list(ids))
            .select_for_update(of=("self",), no_key=True)
            .select_related(*FACT_RELATIONS)
            .order_by("pk")
        )
        stored = store_rankings(rank_now(requests, at=at), cause=None, actor=actor, at=at)
        done = Reranked(
            looked_at=len(requests),
            stored=len(stored),
            moves=Counter((one.old_tier, one.request.claimed_tier) for one in stored if one.moved and one.old_tier),
            causes=Counter(str(one.cause) for one in stored if one.cause),
        )
        if done.causes:
            _record(done, stored, actor=actor, at=at)
        return done


def rerank_covered(override: Override, actor: Actor, at: datetime) -> None:
    """Rank those again at once whom an override covers that began or ended; the next cycle would do the same."""
    covered = CapacityRequest.objects.filter(state__in=PENDING_STATES)
    if override.scope == OverrideScope.REQUEST:
        covered = covered.filter(public_id=override.subject_key)
    else:
        here = {"acceptable__region__code": override.region_code}
        covered = covered.filter(organization__public_id=override.subject_key, **here)
    if ids := list(covered.values_list("pk", flat=True)):
        rerank_requests(ids, actor=actor, at=at)


def _record(done: Reranked, stored: Sequence[Stored], *, actor: Actor, at: datetime) -> None:
    version, _terms = active_policy(at)
    moved = [one.request.label for one in stored if one.moved]
    record(
        actor=actor,
        action="request.reranked",
        subject_type="policy_version",
        subject_id=version.public_id,
        after={
            "ranked": sum(done.causes.values()),
            "causes": dict(sorted(done.causes.items())),
            "moved_up": done.moved_up,
            "moved_down": done.moved_down,
            "moves": {f"{before} > {now}": count for (before, now), count in sorted(done.moves.items())},
            "moved": moved,
        },
        at=at,
    )
