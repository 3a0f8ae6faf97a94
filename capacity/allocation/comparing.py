"""Two policies on the same snapshot: who moves, who is served, how evenly, and what rides along.

Pure: a snapshot and two policies in, codes and numbers out (JSON values), put into words where they are shown. Every
use is taken as if a reviewer had confirmed it: otherwise most of the queue would stand still under any policy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.allocation.fairness import gini, jain
from capacity.allocation.material import OpenQueue, PastDecisions, Snapshot, stocks_under
from capacity.allocation.rows import Column
from capacity.allocation.serving import NOWHERE, Served, serve
from capacity.pools.arithmetic import level_for
from priorities.policy import PERMILLE, TIERS, FactTable, Policy, Ranks, order_of, rank_many
from priorities.policy.bulk import OFFERS

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
# Of what a request asks for, in permille of the pool it wishes for first: the class of its largest line.
SIZES = (("small", 1), ("medium", 10), ("large", 50))
LARGEST = "very_large"
# How many rows of a table are kept; what is left out is counted.
MOST_GROUPS, MOST_POOLS = 12, 20
ESSENTIAL_TIERS = (1, 2)


@dataclass(frozen=True)
class Side:
    """The queue under one policy: ranks, the place of each row in the order (0 being first), and what it is served."""

    ranks: Ranks
    place: Ints
    served: Served

    @property
    def tier(self) -> Ints:
        return self.ranks.claimed_tier


def compare(
    snapshot: Snapshot,
    before: Policy,
    after: Policy,
    *,
    at: datetime,
    tell: Callable[[int], None] = lambda permille: None,
) -> tuple[dict[str, Any], dict[str, Column]]:
    """The result, and each request of the queue before and after. `tell` hears how much is done, in permille."""
    queue = snapshot.queue
    old = _side(snapshot, before, reserve=None, at=at)
    tell(600)
    new = _side(snapshot, after, reserve=after.reserve_permille, at=at)
    tell(850)
    result = {
        "requests": len(queue.request),
        "scarce": [snapshot.regions[index][0] for index in sorted(snapshot.scarce)],
        "moves": _matrix(old.tier, new.tier),
        "tiers": {"before": _by_tier(old), "after": _by_tier(new)},
        "regions": _regions(snapshot, old, new),
        "groups": _groups(snapshot, old, new),
        "fairness": {"before": _fairness(queue, old), "after": _fairness(queue, new)},
        "inflation": _inflation(snapshot, old, new, after.mark_permille),
        "riding": _riding(snapshot, before, old, new),
        "past": _past(snapshot.past, after),
    }
    tell(950)
    rows = {
        "request": queue.request,
        "tier_before": old.tier,
        "tier_after": new.tier,
        "place_before": old.place + 1,
        "place_after": new.place + 1,
        "region_before": old.served.region,
        "region_after": new.served.region,
        "share_before": old.served.permille,
        "share_after": new.served.permille,
    }
    return result, rows


def _side(snapshot: Snapshot, terms: Policy, *, reserve: int | None, at: datetime) -> Side:
    facts = snapshot.queue.facts
    ranks = rank_many(facts, terms)
    order = order_of(ranks, facts, scarce=bool(snapshot.scarce), at=at)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    level = [level_for(tier) for tier in TIERS]
    served = serve(
        snapshot.queue.asked,
        order.tolist(),
        [level[tier - 1] for tier in ranks.claimed_tier.tolist()],
        stocks_under(snapshot.pools, reserve),
        skipped=facts.held.tolist(),
        provisional=ranks.provisional.tolist(),
        provisional_cap=terms.provisional_cap_permille,
    )
    return Side(ranks, place, served)


def _matrix(before: Ints, after: Ints) -> list[list[int]]:
    """Counts by tier before (row) and after (column)."""
    size = len(TIERS)
    found = np.bincount((before - 1) * size + after - 1, minlength=size * size)
    return [[int(value) for value in row] for row in found.reshape(size, size)]


def _by_tier(side: Side) -> dict[str, list[int]]:
    def counted(which: Flags) -> list[int]:
        return [int(value) for value in np.bincount(side.tier[which], minlength=len(TIERS) + 1)[1:]]

    share = side.served.permille
    return {
        "requests": counted(share >= 0),
        "whole": counted(share == PERMILLE),
        "partly": counted((share > 0) & (share < PERMILLE)),
    }


def _regions(snapshot: Snapshot, old: Side, new: Side) -> list[dict[str, Any]]:
    """How many each region serves, and where its cut-off lies: the first in its queue that got nothing anywhere."""
    asked = snapshot.queue.asked
    rows = np.repeat(np.arange(len(snapshot.queue.request)), np.diff(asked.region_start))
    waiting = np.bincount(asked.region, minlength=len(snapshot.regions))
    sides = [
        (
            np.bincount(side.served.region[side.served.region != NOWHERE], minlength=len(snapshot.regions)),
            _cut_offs(snapshot, side, rows),
        )
        for side in (old, new)
    ]
    return [
        {
            "code": code,
            "name": name,
            "scarce": index in snapshot.scarce,
            "waiting": int(waiting[index]),
            **{
                label: {"served": int(served[index]), "cut": cuts.get(index)}
                for label, (served, cuts) in zip(("before", "after"), sides, strict=True)
            },
        }
        for index, (code, name) in enumerate(snapshot.regions)
        if waiting[index]
    ]


def _cut_offs(snapshot: Snapshot, side: Side, rows: Ints) -> dict[int, dict[str, int]]:
    region = snapshot.queue.asked.region
    order = np.lexsort((side.place[rows], region))
    rows, region = rows[order], region[order]
    start = np.searchsorted(region, np.arange(len(snapshot.regions)))
    unserved = np.flatnonzero((side.served.permille[rows] == 0) & ~snapshot.queue.facts.held[rows])
    found, first = np.unique(region[unserved], return_index=True)
    return {
        int(index): {
            "place": int(unserved[at] - start[index]) + 1,
            "tier": int(side.tier[rows[unserved[at]]]),
            "score": int(side.ranks.score[rows[unserved[at]]]),
        }
        for index, at in zip(found, first, strict=True)
    }


def _groups(snapshot: Snapshot, old: Side, new: Side) -> dict[str, dict[str, Any]]:
    """Who gains and who loses, by what the rank rests on, by country and by size."""
    queue = snapshot.queue
    basis, names = _basis(queue.facts, old, new)
    return {
        "basis": _group(basis, names, old, new),
        "country": _group(queue.country, queue.countries, old, new),
        "size": _group(_sizes(snapshot), (*(name for name, _bound in SIZES), LARGEST), old, new),
    }


def _basis(facts: FactTable, old: Side, new: Side) -> tuple[Ints, tuple[str, ...]]:
    """The category that a rank rests on, under the new policy or else the old one; without any, the type of offer."""
    claim = np.where(new.ranks.claim >= 0, new.ranks.claim, old.ranks.claim)
    offer = len(facts.categories) + facts.offer
    if len(facts.claim_category):
        category = np.where(claim >= 0, facts.claim_category[np.maximum(claim, 0)], offer)
    else:
        category = offer
    return category, (*facts.categories, *(f"offer:{one}" for one in OFFERS))


def _sizes(snapshot: Snapshot) -> Ints:
    """The class of each request's largest line, beside the pool of its first wish."""
    asked = snapshot.queue.asked
    count = len(snapshot.queue.request)
    supply = np.zeros((len(snapshot.regions), max(1, len(snapshot.resources))), dtype=np.int64)
    for (region, resource), terms in snapshot.pools.items():
        supply[region, resource] = terms.supply
    rows = np.repeat(np.arange(count), np.diff(asked.line_start))
    first = (
        asked.region[np.minimum(asked.region_start[:-1], len(asked.region) - 1)]
        if len(asked.region)
        else np.zeros(count, int)
    )
    pool = supply[first[rows], np.maximum(asked.resource, 0)]
    share = np.where(pool > 0, asked.quantity * PERMILLE // np.maximum(pool, 1), PERMILLE)
    largest = np.zeros(count, dtype=np.int64)
    np.maximum.at(largest, rows, share)
    return np.searchsorted(np.array([bound for _name, bound in SIZES]), largest, side="right").astype(np.int64)


def _group(key: Ints, names: Sequence[str], old: Side, new: Side) -> dict[str, Any]:
    def counted(which: Flags) -> Ints:
        return np.bincount(key[which], minlength=len(names))

    gained = new.served.permille - old.served.permille
    columns = {
        "requests": counted(np.ones(len(key), dtype=bool)),
        "up": counted(new.tier < old.tier),
        "down": counted(new.tier > old.tier),
        "gain": counted(gained > 0),
        "lose": counted(gained < 0),
    }
    changed = columns["up"] + columns["down"] + columns["gain"] + columns["lose"]
    shown = [int(index) for index in np.lexsort((np.arange(len(names)), -changed)) if changed[index]]
    return {
        "rows": [
            {"key": names[index], **{name: int(column[index]) for name, column in columns.items()}}
            for index in shown[:MOST_GROUPS]
        ],
        "more": len(shown[MOST_GROUPS:]),
    }


def _fairness(queue: OpenQueue, side: Side) -> list[dict[str, Any]]:
    """For each tier, how evenly its organizations are served: an organization's share is the mean of its requests'."""
    found = []
    for tier in TIERS:
        rows = side.tier == tier
        counts = np.bincount(queue.organization[rows])
        sums = np.bincount(queue.organization[rows], weights=side.served.permille[rows] / PERMILLE)
        shares = sums[counts > 0] / counts[counts > 0]
        found.append(
            {"tier": tier, "organizations": len(shares), "jain": round(jain(shares), 4), "gini": round(gini(shares), 4)}
        )
    return found


def _inflation(snapshot: Snapshot, old: Side, new: Side, mark: int) -> dict[str, Any]:
    """What tier 1 holds of each pool and asks for in all, beside the mark."""
    pools = []
    for (region, resource), terms in snapshot.pools.items():
        held = [terms.committed.tier1 + side.served.tier_one.get((region, resource), 0) for side in (old, new)]
        before, after = (units * PERMILLE // terms.supply if terms.supply else 0 for units in held)
        pools.append(
            (before, after, snapshot.regions[region][0], snapshot.regions[region][1], snapshot.resources[resource][0])
        )
    beyond = sorted((one for one in pools if one[0] > mark or one[1] > mark), key=lambda one: (-one[1], one[2], one[4]))
    demand = _demand(snapshot, old, new)
    counts = sum(one[0] > mark for one in pools), sum(one[1] > mark for one in pools)
    return {
        "mark": mark,
        "pools_before": counts[0],
        "pools_after": counts[1],
        "pools": [
            {"code": code, "region": region, "resource": resource, "before": before, "after": after}
            for before, after, code, region, resource in beyond[:MOST_POOLS]
        ],
        "demand": demand,
        # Warned of where the new policy passes the mark and the old one does not.
        "warns": counts[1] > counts[0] or any(one["after"] > mark >= one["before"] for one in demand),
    }


def _demand(snapshot: Snapshot, old: Side, new: Side) -> list[dict[str, Any]]:
    """Of each resource, the units that tier 1 asks for, in permille of all that is asked."""
    asked = snapshot.queue.asked
    rows = np.repeat(np.arange(len(snapshot.queue.request)), np.diff(asked.line_start))
    found = []
    for index, (code, _unit) in enumerate(snapshot.resources):
        lines = asked.resource == index
        total = int(asked.quantity[lines].sum())
        if total:
            shares = [
                int(asked.quantity[lines & (side.tier[rows] == 1)].sum()) * PERMILLE // total for side in (old, new)
            ]
            found.append({"resource": code, "before": shares[0], "after": shares[1], "units": total})
    return found


def _riding(snapshot: Snapshot, before: Policy, old: Side, new: Side) -> dict[str, Any]:
    """What organizations with an essential category ask for that is not essential, and what of it would become so."""
    facts = snapshot.queue.facts
    essential = {
        category for rule in before.rules if rule.tier in ESSENTIAL_TIERS for category in rule.categories or ()
    }
    counts = np.array([category in essential for category in facts.categories], dtype=bool)
    rows = np.repeat(np.arange(len(facts)), np.diff(facts.claim_start))
    of_essential = np.zeros(len(facts), dtype=bool)
    if len(rows):
        of_essential[rows[counts[facts.claim_category] & (facts.claim_verification > 0)]] = True
    riding = [of_essential & (side.tier > max(ESSENTIAL_TIERS)) for side in (old, new)]
    spilled = riding[0] & ~riding[1]
    table = []
    for index, workload in enumerate(facts.workloads):
        own = of_essential & (facts.workload == index)
        if own.any():
            table.append(
                {
                    "workload": workload,
                    "requests": int(own.sum()),
                    "before": int((own & riding[0]).sum()),
                    "after": int((own & riding[1]).sum()),
                    "spilled": int((own & spilled).sum()),
                }
            )
    return {
        "organizations": len(np.unique(snapshot.queue.organization[of_essential])),
        "requests": int(of_essential.sum()),
        "before": int(riding[0].sum()),
        "after": int(riding[1].sum()),
        "spilled": int(spilled.sum()),
        "workloads": sorted(table, key=lambda row: (-row["requests"], row["workload"])),
    }


def _past(past: PastDecisions, after: Policy) -> dict[str, Any]:
    """The decisions of the window under the new policy: in which tier they were, and would have been."""
    tier = rank_many(past.facts, after).claimed_tier
    outcomes: Mapping[str, Ints] = {
        outcome: np.array([one == outcome for one in past.outcome], dtype=bool) for outcome in sorted(set(past.outcome))
    }
    return {
        "decisions": len(past.tier),
        "moves": _matrix(past.tier, tier),
        "outcomes": [
            {
                "outcome": outcome,
                "decisions": int(rows.sum()),
                "up": int((rows & (tier < past.tier)).sum()),
                "down": int((rows & (tier > past.tier)).sum()),
            }
            for outcome, rows in outcomes.items()
        ],
    }
