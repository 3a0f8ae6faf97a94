"""Ranking by the million is ranking one by one, many times."""

import dataclasses
import os
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from priorities import policy
from priorities.policy import default_policy, order_key, order_of, rank, rank_many, table_of, table_of_dicts
from tests.priorities.supposed import any_facts, facts, moments, policies

# The full counts take minutes and run in the drill; some of them always.
COUNT = 2_000 if os.environ.get("VORRANG_DRILL") else 50


def clause_of(terms, position):
    return terms.rules[position].clause if position < len(terms.rules) else ""


def row(ranks, table, terms, index):
    """One row of the arrays in the words of the scalar ranking."""
    longest = int(ranks.max_wait_days[index])
    return {
        "tier": int(ranks.tier[index]),
        "claimed_tier": int(ranks.claimed_tier[index]),
        "criterion": int(ranks.criterion[index]),
        "provisional": bool(ranks.provisional[index]),
        "confirmed": bool(ranks.confirmed[index]),
        "score": int(ranks.score[index]),
        "clause": clause_of(terms, ranks.position[index]),
        "aging_points": int(ranks.aging_points[index]),
        "max_wait_days": None if longest < 0 else longest,
    }


@settings(max_examples=COUNT)
@given(st.lists(any_facts(), max_size=12), policies())
def test_many_are_ranked_as_one_is(many, terms):
    table = table_of(many)
    ranks = rank_many(table, terms)
    for index, one in enumerate(many):
        expected = rank(one, terms)
        found = row(ranks, table, terms, index)
        assert found == {name: getattr(expected, name) for name in found}
        claim = int(ranks.claim[index])
        named = expected.reasons[0].params.get("category")
        assert named == (None if claim < 0 else table.categories[table.claim_category[claim]])


@settings(max_examples=COUNT)
@given(st.lists(any_facts(), max_size=12, unique_by=lambda one: one.request_number), policies(), moments, st.booleans())
def test_many_are_ordered_as_two_are(many, terms, at, scarce):
    table = table_of(many)
    found = order_of(rank_many(table, terms), table, scarce=scarce, at=at)
    keys = [order_key(rank(one, terms), one, scarce=scarce, at=at) for one in many]
    assert list(found) == sorted(range(len(many)), key=keys.__getitem__)


@settings(max_examples=COUNT // 2)
@given(st.lists(any_facts(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_rank(many, dice):
    order = dice.sample(range(len(many)), len(many))
    ranks = rank_many(table_of(many), default_policy())
    shuffled = rank_many(table_of([many[index] for index in order]), default_policy())
    for name in (field.name for field in dataclasses.fields(ranks)):
        if name != "claim":  # an index into the claims, whose rows moved with the requests
            assert np.array_equal(getattr(ranks, name)[order], getattr(shuffled, name))


def test_no_rows_have_no_ranks_and_no_order():
    table = table_of([])
    ranks = rank_many(table, default_policy())
    assert len(table) == len(ranks.tier) == 0
    assert list(order_of(ranks, table, scarce=True, at=datetime(2020, 3, 21, tzinfo=UTC))) == []


def test_a_policy_whose_clauses_reach_nobody_puts_everybody_last():
    terms = dataclasses.replace(default_policy(), rules=())
    ranks = rank_many(table_of([facts()]), terms)
    assert (int(ranks.tier[0]), int(ranks.position[0]), bool(ranks.confirmed[0])) == (5, 0, True)


def test_the_columns_hold_no_quantity_and_no_revenue():
    """Inadmissible by type: there is no column to put them in, and the canonical facts name none either."""
    columns = {field.name for field in dataclasses.fields(policy.FactTable)}
    assert columns == {
        *("categories", "workloads", "claim_start", "claim_category", "claim_verification", "claim_certificate"),
        *("workload", "confirmed", "offer", "existing", "internal", "completed", "number"),
        *("retier", "pinned", "held"),
    }
    told = {**facts().as_dict(), "quantity": 10**9, "revenue": 10**9}
    plain = rank_many(table_of_dicts([facts().as_dict()]), default_policy())
    assert int(rank_many(table_of_dicts([told]), default_policy()).score[0]) == int(plain.score[0])


def test_a_moment_before_1970_and_one_far_ahead_keep_their_order():
    at = datetime(2020, 3, 21, tzinfo=UTC)
    many = [facts(completed_at=at + timedelta(days=days), request_number=7) for days in (30_000, -30_000, 0)]
    table = table_of(many)
    assert list(order_of(rank_many(table, default_policy()), table, scarce=False, at=at)) == [1, 2, 0]
