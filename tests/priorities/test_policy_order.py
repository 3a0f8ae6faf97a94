"""The policy core: who comes first, and when a decision is due."""

import dataclasses
import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priorities.policy import (
    OfferType,
    OverrideFact,
    Workload,
    aged_score,
    due_at,
    is_overdue,
    order_key,
    rank,
    waited_days,
)
from tests.priorities.supposed import (
    BERLIN,
    MARCH,
    POLICY,
    any_facts,
    claim,
    facts,
    moments,
    normal_key,
    policies,
    scarce_key,
)

# --- order ---


def test_with_capacity_for_all_the_order_is_by_completeness_then_number():
    early = facts(completed_at=MARCH, request_number=9, offer_type=OfferType.FREE)
    tie = facts(completed_at=MARCH, request_number=10, offer_type=OfferType.FREE)
    late = facts(claim(), workload=Workload.HEALTH_RECORDS, completed_at=MARCH + timedelta(microseconds=1))
    assert normal_key(early) < normal_key(tie) < normal_key(late)
    assert scarce_key(late) < scarce_key(early)


def test_the_scarce_order_looks_at_one_thing_after_the_other():
    """Each request is worse than the one before it in one thing, and better in everything that comes later."""
    at = MARCH + timedelta(days=40)
    routing = {"workload": Workload.EMERGENCY_ROUTING}
    pinned = facts(offer_type=OfferType.FREE, completed_at=at, overrides=(OverrideFact("pin"),))
    tier1 = facts(claim("FR-FIRE", "provisional"), workload=Workload.EMERGENCY_ROUTING, completed_at=at)
    overdue = facts(
        claim("CI-WATER"),
        workload=Workload.REMOTE_CONTACT_CENTER,
        completed_at=at - timedelta(days=14),
        request_number=7,
    )
    score = facts(claim("CI-WATER"), completed_at=at, request_number=6, **routing)
    arrival = facts(claim("CI-WATER"), completed_at=at - timedelta(minutes=5), request_number=5, **routing)
    number = facts(claim("CI-WATER"), completed_at=at, request_number=5, **routing)
    provisional = facts(
        claim("CI-WATER", "provisional"), completed_at=at - timedelta(days=39), request_number=2, **routing
    )
    tier3 = facts(claim("GV-OTHER"), completed_at=at - timedelta(days=39), request_number=1)
    incomplete = facts(claim("FR-FIRE"), completed_at=None, **routing)
    held = facts(claim("FR-FIRE"), overrides=(OverrideFact("hold"),), **routing)
    expected = [pinned, tier1, overdue, arrival, number, score, provisional, tier3, incomplete, held]
    rng = random.Random(20200321)
    for _ in range(20):
        shuffled = rng.sample(expected, len(expected))
        assert sorted(shuffled, key=lambda one: scarce_key(one, at)) == expected


@given(st.lists(any_facts(), min_size=2, max_size=8, unique_by=lambda one: one.request_number), moments, st.booleans())
def test_the_order_is_total(requests, at, scarce):
    keys = [order_key(rank(one, POLICY), one, scarce=scarce, at=at) for one in requests]
    assert len(set(keys)) == len(keys)


@given(any_facts(), any_facts(), policies(), moments)
def test_neither_score_nor_waiting_ever_crosses_a_tier(one, other, policy, at):
    one, other = (dataclasses.replace(each, completed_at=each.completed_at or MARCH) for each in (one, other))
    if one.pinned or other.pinned or one.held or other.held:
        return
    tiers = rank(one, policy).claimed_tier, rank(other, policy).claimed_tier
    if tiers[0] != tiers[1]:
        assert (scarce_key(one, at, policy) < scarce_key(other, at, policy)) == (tiers[0] < tiers[1])


@pytest.mark.parametrize(
    ("waited", "days"),
    [
        (timedelta(0), 0),
        (timedelta(days=1) - timedelta(microseconds=1), 0),
        (timedelta(days=1), 1),
        (timedelta(days=14) - timedelta(microseconds=1), 13),
        (timedelta(days=14), 14),
        (timedelta(hours=-1), 0),
    ],
)
def test_waiting_counts_whole_days_and_is_overdue_once_the_maximum_has_passed_in_full(waited, days):
    request = facts(claim("CI-WATER"), workload=Workload.ALERTING)
    ranking = rank(request, POLICY)
    at = MARCH + waited
    assert waited_days(request, at) == days
    assert aged_score(ranking, request, at=at) == ranking.score + 20 * days
    assert is_overdue(ranking, request, at=at) == (days >= 14)


def test_in_tier_one_arrival_only_breaks_ties():
    better = facts(claim("FR-FIRE"), workload=Workload.EMERGENCY_DISPATCH, completed_at=MARCH + timedelta(days=400))
    older = facts(claim("FR-FIRE"), workload=Workload.EMERGENCY_ROUTING, completed_at=MARCH, request_number=2)
    at = MARCH + timedelta(days=500)
    assert not is_overdue(rank(older, POLICY), older, at=at)
    assert scarce_key(better, at) < scarce_key(older, at)
    same = dataclasses.replace(better, completed_at=MARCH, request_number=3)
    assert scarce_key(same, at) < scarce_key(better, at)


def test_an_incomplete_request_neither_waits_nor_ages():
    request = facts(completed_at=None)
    assert waited_days(request, MARCH + timedelta(days=99)) == 0
    assert not is_overdue(rank(request, POLICY), request, at=MARCH + timedelta(days=99))


# --- when a decision is due ---


@pytest.mark.parametrize(
    ("tier", "completed", "due"),
    [
        (1, "2020-03-20T22:00+01:00", "2020-03-21T02:00+01:00"),  # tier 1 counts around the clock
        (2, "2020-03-19T10:00+01:00", "2020-03-20T10:00+01:00"),
        (2, "2020-03-20T10:00+01:00", "2020-03-23T10:00+01:00"),  # Friday: over the weekend
        (2, "2020-03-21T10:00+01:00", "2020-03-24T00:00+01:00"),  # Saturday: counts from Monday
        (2, "2020-03-22T23:59+01:00", "2020-03-24T00:00+01:00"),
        (2, "2020-03-27T10:00+01:00", "2020-03-30T10:00+02:00"),  # the clock goes forward in between
        (3, "2020-03-18T10:00+01:00", "2020-03-23T10:00+01:00"),
        (4, "2020-03-20T10:00+01:00", "2020-03-27T10:00+01:00"),
        (5, "2020-03-16T10:00+01:00", "2020-03-30T10:00+02:00"),
    ],
)
def test_a_decision_is_due_by_the_service_target(tier, completed, due):
    request = facts(completed_at=datetime.fromisoformat(completed), overrides=(OverrideFact("retier", tier),))
    assert due_at(rank(request, POLICY), request, POLICY, zone=BERLIN) == datetime.fromisoformat(due)


def test_hours_left_over_on_a_working_day_do_not_end_on_a_weekend():
    tiers = tuple(dataclasses.replace(terms, target_hours=28, working_days=True) for terms in POLICY.tiers)
    policy = dataclasses.replace(POLICY, tiers=tiers)
    request = facts(completed_at=datetime.fromisoformat("2020-03-19T22:00+01:00"))
    due = due_at(rank(request, policy), request, policy, zone=BERLIN)
    assert due == datetime.fromisoformat("2020-03-23T02:00+01:00")


def test_nothing_is_due_before_the_request_is_complete():
    request = facts(completed_at=None)
    assert due_at(rank(request, POLICY), request, POLICY, zone=BERLIN) is None
