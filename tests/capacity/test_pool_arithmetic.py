"""What a pool may promise: closed forms against brute force."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.pools.arithmetic import Buckets, Committed, Level, Terms, buckets, deficit, left, level_for, supply

amounts = st.integers(0, 10**12)
permille = st.integers(0, 1000)
terms = st.builds(Terms, amounts, amounts, amounts, amounts, permille, permille, st.integers(1000, 2000), amounts)
small_buckets = st.builds(Buckets, st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
small_committed = st.builds(Committed, st.integers(0, 8), st.integers(0, 8), st.integers(0, 8))


def fits(split, demand):
    """Brute force: can these demands be dealt out to the buckets each may use, whole unit by whole unit?"""
    general, critical, tier1 = demand
    if general > split.open:
        return False
    for critical_in_open in range(critical + 1):
        critical_in_crit = critical - critical_in_open
        if general + critical_in_open > split.open or critical_in_crit > split.crit:
            continue
        for in_open, in_crit in product(range(tier1 + 1), repeat=2):
            if (
                in_open + in_crit <= tier1
                and general + critical_in_open + in_open <= split.open
                and critical_in_crit + in_crit <= split.crit
                and tier1 - in_open - in_crit <= split.reserve1
            ):
                return True
    return False


def demand_of(committed, level=Level.GENERAL, more=0):
    demand = [committed.general, committed.critical, committed.tier1]
    demand[level] += more
    return demand


@given(small_buckets, small_committed, st.sampled_from(list(Level)))
def test_what_is_left_is_exactly_what_can_still_be_dealt_out(split, committed, level):
    found = left(level, split, committed)
    assert found >= 0
    # Promises that a falling supply has uncovered stand, so they occupy units of the next wider buckets.
    squatting = max(0, committed.general - split.open)
    general, critical = committed.general - squatting, committed.critical + squatting
    overflow = max(0, general + critical - split.open - split.crit)
    demand = [general, critical - overflow, committed.tier1 + overflow]
    room = 0
    while fits(split, [*demand[:level], demand[level] + room + 1, *demand[level + 1 :]]):
        room += 1
    uncovered = squatting if level is Level.GENERAL else overflow if level is Level.CRITICAL else 0
    assert found == (0 if uncovered else room)


@given(small_buckets, small_committed)
def test_there_is_a_deficit_exactly_when_promises_cannot_be_dealt_out(split, committed):
    missing = deficit(split, committed)
    assert (missing == 0) == fits(split, demand_of(committed))
    # So many units more in the bucket everybody may use, and they can; one fewer, and they cannot.
    assert fits(Buckets(split.open + missing, split.crit, split.reserve1), demand_of(committed))
    if missing:
        assert not fits(Buckets(split.open + missing - 1, split.crit, split.reserve1), demand_of(committed))


@given(terms)
def test_the_parts_add_up_to_the_supply_and_follow_their_definitions(given_terms):
    split = buckets(given_terms)
    stated = given_terms.powered_on - given_terms.out_of_service - given_terms.organic_growth
    reserved = ceil(Fraction(given_terms.failure_reserve * given_terms.failure_reserve_permille, 1000))
    usable = max(0, stated - reserved + given_terms.lever_release)
    assert split.total == usable == max(0, supply(given_terms))
    assert split.reserve1 == ceil(Fraction(usable * given_terms.reserve_permille, 1000))
    assert split.open == floor(Fraction((usable - split.reserve1) * given_terms.gate_permille, 1000))
    assert min(split.open, split.crit, split.reserve1) >= 0


@given(terms, st.builds(Committed, amounts, amounts, amounts))
def test_a_higher_level_never_has_less_left(given_terms, committed):
    split = buckets(given_terms)
    assert left(Level.GENERAL, split, committed) <= left(Level.CRITICAL, split, committed)
    assert left(Level.CRITICAL, split, committed) <= left(Level.TIER1, split, committed)


@given(terms, st.builds(Committed, amounts, amounts, amounts), st.sampled_from(list(Level)))
def test_closing_the_gate_takes_nothing_from_tiers_one_and_two(given_terms, committed, level):
    closed = replace(given_terms, gate_permille=0)
    before, after = left(level, buckets(given_terms), committed), left(level, buckets(closed), committed)
    assert after == 0 if level is Level.GENERAL else after == before


@given(small_buckets, small_committed, st.sampled_from(list(Level)), st.integers(0, 8))
def test_a_promise_within_what_is_left_makes_no_deficit_and_one_beyond_does(split, committed, level, units):
    if deficit(split, committed):
        return
    after = Committed(*demand_of(committed, level, units))
    assert (deficit(split, after) == 0) == (units <= left(level, split, committed))


def test_an_example_in_numbers():
    pool = Terms(10_000, out_of_service=300, organic_growth=500, failure_reserve=197, gate_permille=500)
    assert supply(pool) == 9_003
    split = buckets(pool)
    assert (split.open, split.crit, split.reserve1) == (4_051, 4_051, 901)
    committed = Committed(general=4_000, critical=4_000, tier1=500)
    assert [left(level, split, committed) for level in Level] == [51, 102, 503]
    assert deficit(split, Committed(general=4_060)) == 9
    assert left(Level.TIER1, split, Committed(general=4_060)) == 9_003 - 4_060


def test_reserves_beyond_what_is_powered_on_leave_nothing_and_every_promise_is_a_deficit():
    pool = Terms(100, failure_reserve=150)
    assert supply(pool) == -50
    assert buckets(pool) == Buckets(0, 0, 0)
    assert [left(level, buckets(pool), Committed()) for level in Level] == [0, 0, 0]
    assert deficit(buckets(pool), Committed(tier1=7)) == 7


def test_tiers_have_their_admission():
    assert [level_for(tier) for tier in (1, 2, 3, 4, 5)] == [
        Level.TIER1,
        Level.CRITICAL,
        Level.GENERAL,
        Level.GENERAL,
        Level.GENERAL,
    ]
    for tier in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            level_for(tier)


@pytest.mark.parametrize(
    "wrong",
    [
        {"powered_on": -1},
        {"out_of_service": -1},
        {"organic_growth": -1},
        {"failure_reserve": -1},
        {"lever_release": -1},
        {"gate_permille": -1},
        {"gate_permille": 1001},
        {"reserve_permille": 1001},
    ],
)
def test_terms_refuse_what_cannot_be(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Terms(**{"powered_on": 0, **wrong})
    assert Terms(0, 0, 0, 0, 0, 0).powered_on == 0
    assert Terms(0, gate_permille=1000, reserve_permille=1000).reserve_permille == 1000


def test_committed_units_are_never_negative():
    for wrong in ((-1, 0, 0), (0, -1, 0), (0, 0, -1)):
        with pytest.raises(ValueError, match="negative"):
            Committed(*wrong)
