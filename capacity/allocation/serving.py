"""Serving a queue in its order until supply ends: who gets what where, and where the cut-off of each region lies.

Pure, integers only. Each request in turn takes the first of its wished regions that holds all of it; where none does,
the first that holds the least that is useful. A request is never served in parts of several regions, and nothing that
was promised is taken back. This is no plan: no prices, no floors, no shares, no levers. It answers what an order alone
does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.pools.arithmetic import Buckets, Committed, Level

Ints = NDArray[np.int64]
PERMILLE = 1000
NOWHERE = -1


@dataclass(frozen=True)
class Asked:
    """What each request of a queue asks for; row i of every column is request i.

    The regions of request i, in the order of its wish, are `region[region_start[i]:region_start[i + 1]]`, its lines
    likewise. Regions and resources are numbered from 0. `cap` is the most that may be granted, in permille of what is
    asked.
    """

    region_start: Ints
    region: Ints
    line_start: Ints
    resource: Ints
    quantity: Ints
    minimum: Ints
    cap: Ints


@dataclass(frozen=True)
class Stock:
    """One pool: its supply by bucket and what is promised of it already."""

    split: Buckets
    committed: Committed


@dataclass(frozen=True)
class Served:
    """What became of each request: the region it is served in (`NOWHERE`: none), and how much, permille of its lines.

    `tier_one` are the units of each pool that went to tier 1, by (region, resource).
    """

    region: Ints
    permille: Ints
    tier_one: Mapping[tuple[int, int], int]


def serve(
    asked: Asked,
    order: Sequence[int],
    levels: Sequence[Level],
    stocks: Mapping[tuple[int, int], Stock],
    *,
    skipped: Sequence[bool],
    provisional: Sequence[bool] | None = None,
    provisional_cap: int = PERMILLE,
) -> Served:
    """Serve in this order. `levels` says which buckets each request may use, `skipped` who is held back.

    A provisional request gets at most `provisional_cap` permille of a pool.
    """
    slack = {key: [stock.split.limit(at) - stock.committed.within(at) for at in Level] for key, stock in stocks.items()}
    most = {key: stock.split.total * provisional_cap // PERMILLE for key, stock in stocks.items()}
    regions, wished = asked.region_start.tolist(), asked.region.tolist()
    lines, resource = asked.line_start.tolist(), asked.resource.tolist()
    quantity, minimum, cap = asked.quantity.tolist(), asked.minimum.tolist(), asked.cap.tolist()
    where = [NOWHERE] * len(cap)
    share = [0] * len(cap)
    tier_one: dict[tuple[int, int], int] = {}
    for row in order:
        if skipped[row]:
            continue
        span, level = range(lines[row], lines[row + 1]), int(levels[row])
        is_capped = provisional is not None and provisional[row]
        taken: tuple[int, list[int]] | None = None
        for region in wished[regions[row] : regions[row + 1]]:
            keys = [(region, resource[line]) for line in span]
            if any(key not in slack for key in keys):
                continue
            wanted = [quantity[line] * cap[row] // PERMILLE for line in span]
            if is_capped:
                wanted = [min(units, most[key]) for units, key in zip(wanted, keys, strict=True)]
            left = [min(slack[key][level:]) for key in keys]
            if any(
                units < minimum[line] or room < minimum[line]
                for units, room, line in zip(wanted, left, span, strict=True)
            ):
                continue
            if all(units <= room for units, room in zip(wanted, left, strict=True)):
                taken = region, wanted
                break
            if taken is None:
                taken = region, [minimum[line] for line in span]
        if taken is None:
            continue
        where[row], given = taken
        share[row] = min(units * PERMILLE // quantity[line] for units, line in zip(given, span, strict=True))
        for units, line in zip(given, span, strict=True):
            key = where[row], resource[line]
            for bucket in range(level, len(Level)):
                slack[key][bucket] -= units
            if level == Level.TIER1:
                tier_one[key] = tier_one.get(key, 0) + units
    return Served(np.array(where, dtype=np.int64), np.array(share, dtype=np.int64), tier_one)
