"""Ranks follow the facts, each is kept with its facts, and the stored order is right again after every sweep."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capacity.requests.actions.withdraw_request import withdraw_request
from capacity.requests.models import CapacityRequest, Ranking
from capacity.requests.ranking import Cause, order_as_of, order_columns, rank_now, rerank_requests, sweep_order
from capacity.requests.urgency import push_claim_urgency
from capacity.review.actions.confirm_workload import confirm_workload
from customers.actions.revoke_claim import revoke_claim
from priorities import policy
from priorities.actions.confirm_override import confirm_override
from priorities.actions.propose_override import propose_override
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW


def stored(request):
    return CapacityRequest.objects.select_related("ranking").get(pk=request.pk)


def override(request, kind, **values):
    proposed = propose_override(
        actor=make.acting(Role.CAPACITY_REVIEWER),
        kind=kind,
        subject_key=request.public_id,
        subject_label=request.label,
        reason_code="life_safety",
        reason="The emergency line depends on it.",
        hours=24,
        at=NOW,
        **values,
    )
    return confirm_override(actor=make.acting(Role.DUTY_MANAGER, fresh_at=NOW), override=proposed, at=NOW)


def test_the_same_hospitals_web_site_is_not_tier_1():
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    records = make.request(hospital, workload="health_records", confirmed=True)
    site = make.request(hospital, workload="general", confirmed=True)
    assert (stored(records).tier, stored(site).tier) == (1, 3)


def test_a_claim_counts_from_the_next_sweep_and_the_ranking_keeps_its_facts():
    hospital = make.hospital()
    request = make.request(hospital, workload="health_records", confirmed=True)
    assert stored(request).tier == 3
    claim = make.verified_claim(of=hospital)
    assert sweep_order(at=NOW + timedelta(minutes=1)) == 1
    assert stored(request).tier == 1
    assert order_as_of() == NOW + timedelta(minutes=1)
    revoke_claim(actor=make.acting(Role.VERIFIER), claim=claim, reason_code="evidence_lost", reason="Closed.", at=NOW)
    sweep_order(at=NOW + timedelta(minutes=2))
    assert stored(request).tier == 3
    tiers = list(Ranking.objects.filter(request=request).order_by("pk").values_list("tier", "cause"))
    assert tiers == [(3, Cause.FILED), (3, Cause.WORKLOAD), (1, Cause.SWEEP), (3, Cause.SWEEP)]


def test_a_sweep_over_what_did_not_change_writes_nothing():
    make.tier1_request()
    make.request()
    sweep_order(at=NOW)
    before = Ranking.objects.count()
    assert sweep_order(at=NOW + timedelta(hours=1)) == 0
    assert Ranking.objects.count() == before


def test_waiting_counts_and_too_long_a_wait_comes_first_in_its_tier():
    request = make.request()
    assert stored(request).order_behind == 1_000_000
    sweep_order(at=NOW + timedelta(days=2))
    assert stored(request).order_behind == 1_000_000 - 2 * 15
    assert stored(request).order_band == 1301
    sweep_order(at=NOW + timedelta(days=30))
    assert stored(request).order_band == 1300


def test_an_override_begins_and_ends_without_anybody_doing_anything():
    request = make.request()
    override(request, "retier", to_tier=1)
    sweep_order(at=NOW)
    assert (stored(request).tier, stored(request).is_confirmed) == (1, True)
    sweep_order(at=NOW + timedelta(hours=24))
    assert stored(request).tier == 3


def test_a_pin_and_a_hold_move_it_to_the_ends_of_the_queue():
    pinned, held, other = make.request(), make.request(), make.request()
    override(pinned, "pin")
    override(held, "hold")
    sweep_order(at=NOW)
    order = CapacityRequest.objects.order_by("order_standing", "order_band", "order_behind", "order_at", "number")
    assert [one.pk for one in order] == [pinned.pk, other.pk, held.pk]


def test_damaged_columns_are_right_again_after_a_sweep():
    request = make.tier1_request()
    right = stored(request)
    CapacityRequest.objects.filter(pk=request.pk).update(
        tier=5, claimed_tier=4, order_band=9, order_behind=1, due_at=None
    )
    sweep_order(at=NOW)
    again = stored(request)
    for name in ("tier", "claimed_tier", "order_band", "order_behind", "due_at"):
        assert getattr(again, name) == getattr(right, name)


def test_the_stored_columns_sort_as_the_published_order_does():
    """The two are written in different places, so they are compared on many requests of every kind."""
    dice = random.Random(20200321)
    hospital, free = make.hospital(), make.organization(offer_type="free")
    make.verified_claim(of=hospital)
    asked = [
        make.request(
            dice.choice([hospital, free, None]) or make.organization(customer_since=dice.choice([None, NOW.date()])),
            workload=dice.choice(["general", "health_records", "alerting"]),
            at=NOW - timedelta(days=dice.randint(0, 40), minutes=dice.randint(0, 3)),
        )
        for _ in range(24)
    ]
    override(asked[0], "pin")
    override(asked[1], "hold")
    override(asked[2], "retier", to_tier=2)
    sweep_order(at=NOW)
    requests = list(CapacityRequest.objects.select_related("organization", "claimed_workload", "confirmed_workload"))
    ranked = rank_now(requests, at=NOW)
    for scarce, columns in (
        (True, ("order_standing", "order_band", "order_behind", "order_at", "number")),
        (False, ("order_standing", "order_at", "number")),
    ):
        published = sorted(ranked, key=lambda one: one.key(scarce=scarce, at=NOW))
        assert [one.request.pk for one in published] == list(
            CapacityRequest.objects.order_by(*columns).values_list("pk", flat=True)
        )
    for one in ranked:
        for name, value in order_columns(one, NOW).items():
            assert getattr(one.request, name) == value


def test_every_stored_rank_can_be_replayed():
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    request = make.request(hospital, workload="health_records")
    confirm_workload(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, workload="health_records", at=NOW
    )
    for row in Ranking.objects.all():
        facts = policy.Facts.from_dict(row.facts)
        assert policy.digest(facts) == row.facts_hash
        assert policy.rank(facts, policy.default_policy()).as_dict() == row.result


def test_ranking_many_asks_as_often_as_ranking_one():
    make.tier1_request()
    for _ in range(4):
        make.request()
    ids = list(CapacityRequest.objects.order_by("pk").values_list("pk", flat=True))
    rerank_requests(ids, cause=Cause.SWEEP, at=NOW)
    counts = []
    for some in (ids[:2], ids):
        CapacityRequest.objects.filter(pk__in=some).update(order_band=0)
        with CaptureQueriesContext(connection) as captured:
            assert rerank_requests(some, cause=Cause.SWEEP, at=NOW) == len(some)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_a_claim_that_a_request_waits_for_is_urgent_until_the_request_is_decided():
    hospital, other = make.hospital(), make.hospital("Klinikum Anderswo")
    claim, idle = make.claim(of=hospital), make.claim(of=other)
    request = make.request(hospital, workload="health_records")
    assert push_claim_urgency(at=NOW) == 1
    assert push_claim_urgency(at=NOW) == 0
    claim.refresh_from_db()
    idle.refresh_from_db()
    assert (claim.urgency, idle.urgency) == (100, 0)
    withdraw_request(actor=make.actor(request.filed_by), request_id=request.public_id, reason="Over.", at=NOW)
    assert push_claim_urgency(at=NOW) == 1
    claim.refresh_from_db()
    assert claim.urgency == 0
