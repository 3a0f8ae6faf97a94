"""What a simulation works on, as values: the open queue, the pools, and the decisions of a window at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.allocation.serving import Asked, Stock
from capacity.pools import arithmetic
from priorities.policy import FactTable

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class OpenQueue:
    """Every waiting request with its pinned facts and what it asks for; row i of every column is request i.

    `organization` and `country` are indexes.
    """

    facts: FactTable
    request: Ints
    organization: Ints
    country: Ints
    countries: tuple[str, ...]
    asked: Asked


@dataclass(frozen=True)
class Terms:
    """The terms of one pool, from which its supply follows under any reserve, and what is promised of it."""

    supply: int
    gate_permille: int
    reserve_permille: int
    committed: arithmetic.Committed


@dataclass(frozen=True)
class PastDecisions:
    """The decisions of a window with the facts pinned to them: what was decided, by row."""

    facts: FactTable
    outcome: tuple[str, ...]
    tier: Ints


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment."""

    queue: OpenQueue
    past: PastDecisions
    pools: dict[tuple[int, int], Terms]
    regions: tuple[tuple[str, str], ...]  # code and name
    scarce: frozenset[int]
    resources: tuple[tuple[str, str], ...]  # code and unit


def stocks_under(pools: Mapping[tuple[int, int], Terms], reserve_permille: int | None) -> dict[tuple[int, int], Stock]:
    """The pools with the reserve of a policy, or with the one they have now."""
    return {
        key: Stock(
            arithmetic.buckets(
                arithmetic.Terms(
                    powered_on=terms.supply,
                    gate_permille=terms.gate_permille,
                    reserve_permille=terms.reserve_permille if reserve_permille is None else reserve_permille,
                )
            ),
            terms.committed,
        )
        for key, terms in pools.items()
    }
