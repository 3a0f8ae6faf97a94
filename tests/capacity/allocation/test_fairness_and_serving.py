"""Serving in order never promises twice, and fairness is measured as its definitions say."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.allocation.fairness import gini, jain
from capacity.allocation.serving import NOWHERE, PERMILLE, Asked, Stock, serve
from capacity.pools.arithmetic import Buckets, Committed, Level, left

COUNT = 2_000 if os.environ.get("VORRANG_DRILL") else 60
REGIONS, RESOURCES = 3, 2


# --- fairness -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "expected_jain", "expected_gini"),
    [
        ([], 1, 0),
        ([0, 0], 1, 0),
        ([0.7], 1, 0),
        ([1, 1, 1, 1], 1, 0),
        ([1, 0, 0, 0], 0.25, 0.75),
        ([1, 1, 0, 0], 0.5, 0.5),
        ([1, 2, 3], 36 / 42, 2 / 9),
    ],
)
def test_fairness_of_known_shares(shares, expected_jain, expected_gini):
    assert jain(shares) == pytest.approx(expected_jain)
    assert gini(shares) == pytest.approx(expected_gini)


@settings(max_examples=COUNT)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12))
def test_gini_is_the_mean_difference_of_all_pairs_and_both_stay_in_their_bounds(shares):
    count, total = len(shares), sum(shares)
    pairs = sum(abs(one - other) for one in shares for other in shares)
    assert gini(shares) == pytest.approx(pairs / (2 * count * total) if total else 0)
    assert 0 <= gini(shares) <= 1 - 1 / count + 1e-9
    assert 1 / count - 1e-9 <= jain(shares) <= 1 + 1e-9
    assert jain([10 * one for one in shares]) == pytest.approx(jain(shares))


# --- serving --------------------------------------------------------------------------------------------------


@st.composite
def queues(draw):
    """A small queue with its pools: rows of (regions, lines, cap, level, held, provisional)."""
    pools = {
        (region, resource): Stock(
            Buckets(draw(st.integers(0, 60)), draw(st.integers(0, 15)), draw(st.integers(0, 15))),
            Committed(draw(st.integers(0, 10)), draw(st.integers(0, 5)), draw(st.integers(0, 5))),
        )
        for region in range(REGIONS)
        for resource in range(RESOURCES)
        if draw(st.integers(0, 9))
    }
    rows = []
    for _ in range(draw(st.integers(0, 10))):
        lines = []
        for resource in draw(st.lists(st.integers(0, RESOURCES - 1), min_size=1, max_size=2, unique=True)):
            quantity = draw(st.integers(1, 40))
            lines.append((resource, quantity, draw(st.integers(1, quantity))))
        regions = draw(st.lists(st.integers(0, REGIONS - 1), min_size=1, max_size=3, unique=True))
        cap = draw(st.sampled_from([PERMILLE, PERMILLE, 500, 0]))
        level = draw(st.sampled_from(list(Level)))
        rows.append((regions, lines, cap, level, draw(st.integers(0, 9)) == 0, draw(st.booleans())))
    return pools, rows, draw(st.permutations(range(len(rows)))), draw(st.sampled_from([PERMILLE, 300]))


def asked_of(rows):
    return Asked(
        region_start=np.cumsum([0, *(len(row[0]) for row in rows)]),
        region=np.array([region for row in rows for region in row[0]], dtype=np.int64),
        line_start=np.cumsum([0, *(len(row[1]) for row in rows)]),
        resource=np.array([line[0] for row in rows for line in row[1]], dtype=np.int64),
        quantity=np.array([line[1] for row in rows for line in row[1]], dtype=np.int64),
        minimum=np.array([line[2] for row in rows for line in row[1]], dtype=np.int64),
        cap=np.array([row[2] for row in rows], dtype=np.int64),
    )


def oracle(pools, rows, order, provisional_cap):
    """The rule read aloud, with the arithmetic of the pools themselves."""
    committed = {key: stock.committed for key, stock in pools.items()}
    result = [(NOWHERE, 0)] * len(rows)
    names = {Level.GENERAL: "general", Level.CRITICAL: "critical", Level.TIER1: "tier1"}

    def fits(region, units, level):
        return all(
            (region, r) in pools and left(level, pools[region, r].split, committed[region, r]) >= n for r, n in units
        )

    for index in order:
        regions, lines, cap, level, held, provisional = rows[index]
        if held:
            continue
        offers = []
        for region in regions:
            if any((region, resource) not in pools for resource, _quantity, _minimum in lines):
                continue
            wanted = []
            for resource, quantity, _minimum in lines:
                units = quantity * cap // PERMILLE
                if provisional:
                    units = min(units, pools[region, resource].split.total * provisional_cap // PERMILLE)
                wanted.append((resource, units))
            least = [(resource, minimum) for resource, _quantity, minimum in lines]
            if any(units < minimum for (_r, units), (_s, minimum) in zip(wanted, least, strict=True)):
                continue
            offers += [(0, region, wanted)] if fits(region, wanted, level) else []
            offers += [(1, region, least)] if fits(region, least, level) else []
        if not offers:
            continue
        best = min(kind for kind, _region, _units in offers)
        _kind, region, units = next(offer for offer in offers if offer[0] == best)
        for resource, number in units:
            before = committed[region, resource]
            values = {name: getattr(before, name) for name in names.values()}
            values[names[level]] += number
            committed[region, resource] = Committed(**values)
        share = min(
            number * PERMILLE // quantity for (_r, number), (_s, quantity, _m) in zip(units, lines, strict=True)
        )
        result[index] = (region, share)
    return result, committed


@settings(max_examples=COUNT)
@given(queues())
def test_serving_does_what_the_rule_says_and_never_promises_more_than_there_is(queue):
    pools, rows, order, provisional_cap = queue
    served = serve(
        asked_of(rows),
        order,
        [row[3] for row in rows],
        pools,
        skipped=[row[4] for row in rows],
        provisional=[row[5] for row in rows],
        provisional_cap=provisional_cap,
    )
    expected, committed = oracle(pools, rows, order, provisional_cap)
    assert list(zip(served.region.tolist(), served.permille.tolist(), strict=True)) == expected
    for key, stock in pools.items():
        for level in Level:
            before, after = stock.committed.within(level), committed[key].within(level)
            assert after == before or after <= stock.split.limit(level)
        assert served.tier_one.get(key, 0) == committed[key].tier1 - stock.committed.tier1
