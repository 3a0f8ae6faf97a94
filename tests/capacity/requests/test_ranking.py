"""Ranks follow the facts, each is kept with its facts, and the stored order is right again after every sweep."""

import dataclasses
import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from capacity.requests.actions.rerank_requests import rerank_all, rerank_requests
from capacity.requests.actions.withdraw_request import withdraw_request
from capacity.requests.models import CapacityRequest, Ranking
from capacity.requests.places import order_columns
from capacity.requests.ranking import Cause, order_as_of, rank_now
from capacity.requests.urgency import push_claim_urgency
from capacity.review.actions.confirm_workload import confirm_workload
from customers.actions.age_claims import age_claims
from customers.actions.revoke_claim import revoke_claim
from customers.claims import GRACE
from customers.models import Claim
from journal.models import Entry
from priorities import policy
from priorities.models import PolicyVersion
from tests import make
from tests.drills import rounds
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW


def stored(request):
    return CapacityRequest.objects.select_related("ranking").get(pk=request.pk)


def override(request, kind, **values):
    return make.in_force(make.override(request, kind=kind, hours=24, **values))


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
    assert rerank_all(actor=SYSTEM, at=NOW + timedelta(minutes=1)).stored == 1
    assert stored(request).tier == 1
    assert order_as_of() == NOW + timedelta(minutes=1)
    revoke_claim(actor=make.acting(Role.VERIFIER), claim=claim, reason_code="evidence_lost", reason="Closed.", at=NOW)
    rerank_all(actor=SYSTEM, at=NOW + timedelta(minutes=2))
    assert stored(request).tier == 3
    tiers = list(Ranking.objects.filter(request=request).order_by("pk").values_list("tier", "cause"))
    assert tiers == [(3, Cause.FILED), (3, Cause.WORKLOAD), (1, Cause.CLAIM), (3, Cause.CLAIM)]


def test_a_sweep_over_what_did_not_change_writes_nothing():
    make.tier1_request()
    make.request()
    rerank_all(actor=SYSTEM, at=NOW)
    before = Ranking.objects.count()
    assert rerank_all(actor=SYSTEM, at=NOW + timedelta(hours=1)).stored == 0
    assert Ranking.objects.count() == before


def test_waiting_counts_and_too_long_a_wait_comes_first_in_its_tier():
    request = make.request()
    assert stored(request).order_behind == 1_000_000
    rerank_all(actor=SYSTEM, at=NOW + timedelta(days=2))
    assert stored(request).order_behind == 1_000_000 - 2 * 15
    assert stored(request).order_band == 1301
    rerank_all(actor=SYSTEM, at=NOW + timedelta(days=30))
    assert stored(request).order_band == 1300


def test_an_override_begins_and_ends_without_anybody_doing_anything():
    request = make.request()
    override(request, "retier", to_tier=1)
    rerank_all(actor=SYSTEM, at=NOW)
    assert (stored(request).tier, stored(request).is_confirmed) == (1, True)
    rerank_all(actor=SYSTEM, at=NOW + timedelta(hours=24))
    assert stored(request).tier == 3


def test_a_pin_and_a_hold_move_it_to_the_ends_of_the_queue():
    pinned, held, other = make.request(), make.request(), make.request()
    override(pinned, "pin")
    override(held, "hold")
    rerank_all(actor=SYSTEM, at=NOW)
    order = CapacityRequest.objects.order_by("order_standing", "order_band", "order_behind", "order_at", "number")
    assert [one.pk for one in order] == [pinned.pk, other.pk, held.pk]


def test_damaged_columns_are_right_again_after_a_sweep():
    request = make.tier1_request()
    right = stored(request)
    CapacityRequest.objects.filter(pk=request.pk).update(
        tier=5, claimed_tier=4, order_band=9, order_behind=1, due_at=None
    )
    rerank_all(actor=SYSTEM, at=NOW)
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
    rerank_all(actor=SYSTEM, at=NOW)
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


def test_ranking_many_asks_as_often_as_ranking_one():
    make.tier1_request()
    for _ in range(4):
        make.request()
    ids = list(CapacityRequest.objects.order_by("pk").values_list("pk", flat=True))
    rerank_requests(ids, actor=SYSTEM, at=NOW)
    counts = []
    for some in (ids[:2], ids):
        CapacityRequest.objects.filter(pk__in=some).update(order_band=0)
        with CaptureQueriesContext(connection) as captured:
            assert rerank_requests(some, actor=SYSTEM, at=NOW).stored == len(some)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_a_claim_that_a_request_waits_for_is_urgent_until_the_request_is_decided():
    hospital, other = make.hospital(), make.hospital("Klinikum Anderswo")
    claim, idle = make.claim(of=hospital), make.claim(of=other)
    request = make.request(hospital, workload="health_records")
    claim.refresh_from_db()
    assert claim.urgency == 100, "filing pushes it down at once"
    assert push_claim_urgency(at=NOW) == 0
    Claim.objects.update(urgency=7)
    assert push_claim_urgency(at=NOW) == 2, "the sweep makes right what something else set"
    claim.refresh_from_db()
    idle.refresh_from_db()
    assert (claim.urgency, idle.urgency) == (100, 0)
    withdraw_request(actor=make.actor(request.filed_by), request_id=request.public_id, reason="Over.", at=NOW)
    claim.refresh_from_db()
    assert claim.urgency == 0


def test_ranking_again_says_in_the_journal_who_moved_and_why():
    hospital, other = make.hospital(), make.request()
    up = make.request(hospital, workload="health_records", confirmed=True)
    make.verified_claim(of=hospital)
    later = NOW + timedelta(hours=1)
    down = override(other, "retier", to_tier=1, starts_at=later)
    done = rerank_all(actor=SYSTEM, at=later)
    assert (done.looked_at, done.stored, done.moved_up, done.moved_down) == (2, 2, 2, 0)
    entry = Entry.objects.get(action="request.reranked")
    assert entry.subject_id == str(PolicyVersion.objects.get().public_id)
    assert entry.after == {
        "ranked": 2,
        "causes": {"claim": 1, "override": 1},
        "moved_up": 2,
        "moved_down": 0,
        "moves": {"3 > 1": 2},
        "moved": [one.label for one in sorted((up, other), key=lambda one: one.pk)],
    }
    assert set(Ranking.objects.filter(cause__in=["claim", "override"]).values_list("by", flat=True)) == {None}
    done = rerank_all(actor=SYSTEM, at=down.ends_at)
    assert (done.moved_up, done.moved_down, dict(done.causes)) == (0, 1, {"override": 1})
    # Where requests only aged, their order is made right and the journal stays as it is.
    entries = Entry.objects.count()
    assert rerank_all(actor=SYSTEM, at=NOW + timedelta(days=9)).stored > 0
    assert Entry.objects.count() == entries


def test_a_ranking_names_whose_act_led_to_it():
    request = make.request()
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    confirm_workload(actor=reviewer, request_id=request.public_id, workload="general", at=NOW)
    found = list(Ranking.objects.filter(request=request).order_by("pk").values_list("cause", "by"))
    assert found == [("filed", request.filed_by_id), ("workload", reviewer.user_id)]


def test_another_policy_in_force_is_named_as_the_cause():
    request = make.request()
    everybody_fourth = tuple(
        dataclasses.replace(rule, tier=4) if rule.clause == "3.2" else rule for rule in policy.default_policy().rules
    )
    make.policy_in_force(dataclasses.replace(policy.default_policy(), version=2, rules=everybody_fourth))
    done = rerank_all(actor=SYSTEM, at=NOW + timedelta(minutes=1))
    assert (dict(done.causes), dict(done.moves)) == ({"policy": 1}, {(3, 4): 1})
    assert stored(request).ranking.policy_version.number == 2


# --- lapse ----------------------------------------------------------------------------------------------------


def rank_all_at(at):
    while age_claims(at=at):
        pass
    return rerank_all(actor=SYSTEM, at=at)


def test_a_lapse_drops_the_tier_of_new_requests_only():
    hospital = make.hospital()
    claim = make.verified_claim(of=hospital)
    before = make.request(hospital, workload="health_records", confirmed=True)
    lapsed_at = claim.valid_until + GRACE
    for at in (claim.valid_until, lapsed_at - timedelta(microseconds=1), lapsed_at, lapsed_at + timedelta(days=400)):
        assert rank_all_at(at).moved_down == 0
        assert stored(before).claimed_tier == 1
    claim.refresh_from_db()
    assert claim.state == "lapsed"
    after = make.request(hospital, workload="health_records", confirmed=True, at=lapsed_at)
    assert (stored(before).claimed_tier, stored(after).claimed_tier) == (1, 3)
    # Ranked on other facts, it keeps what it was ranked on; claimed anew, the category is nothing until it is verified.
    make.claim(of=hospital, at=lapsed_at)
    rank_all_at(lapsed_at + timedelta(days=1))
    assert (stored(before).claimed_tier, stored(after).claimed_tier) == (1, 3)
    assert [one["verification"] for one in stored(before).ranking.facts["claims"]] == ["verified"]


@pytest.mark.drill
def test_whatever_lapses_and_is_taken_back_each_request_keeps_what_it_was_ranked_on():
    """Random stories against a rule of one line: what counts now, or lapsed since and was never taken back."""
    verifier = make.acting(Role.VERIFIER)
    for seed in range(rounds(2, full=100)):
        with transaction.atomic():
            tell_of_lapses(random.Random(seed), verifier)
            transaction.set_rollback(True)


def tell_of_lapses(dice, verifier):
    at, hospital = NOW, make.hospital()
    claim, taken_back, was_first = None, False, {}
    for _step in range(9):
        counts = claim is not None and not taken_back and at < claim.valid_until + GRACE
        act = dice.choice(["file", "file", "file", "verify", "verify", "take back", "wait", "wait"])
        if act == "file":
            request = make.request(hospital, workload="health_records", confirmed=True, at=at)
            was_first[request] = counts
        elif act == "verify" and not counts:
            claim, taken_back = make.verified_claim(of=hospital, at=at), False
        elif act == "take back" and counts:
            revoke_claim(actor=verifier, claim=claim, reason_code="evidence_lost", reason="Closed.", at=at)
            taken_back = True
        elif act == "wait":
            at = dice.choice([at + timedelta(days=200), claim.valid_until + GRACE if counts else at])
        rank_all_at(at)
        counts = claim is not None and not taken_back and at < claim.valid_until + GRACE
        for request, first in was_first.items():
            was_first[request] = counts or (first and not taken_back)
            assert stored(request).claimed_tier == (1 if was_first[request] else 3), (act, at)


def test_it_keeps_its_tier_even_while_no_worker_notices_the_end():
    hospital = make.hospital()
    claim = make.verified_claim(of=hospital)
    request = make.request(hospital, workload="health_records", confirmed=True)
    rerank_all(actor=SYSTEM, at=claim.valid_until + GRACE)
    assert (stored(request).claimed_tier, claim.state) == (1, "verified")


def test_what_a_verifier_takes_back_is_kept_by_nobody():
    hospital = make.hospital()
    claim = make.verified_claim(of=hospital)
    request = make.request(hospital, workload="health_records", confirmed=True)
    at = claim.valid_until + GRACE
    rank_all_at(at)
    again = make.verified_claim(of=hospital, at=at)
    rank_all_at(at)
    assert stored(request).claimed_tier == 1
    revoke_claim(actor=make.acting(Role.VERIFIER), claim=again, reason_code="evidence_lost", reason="Closed.", at=at)
    rank_all_at(at + timedelta(minutes=1))
    assert stored(request).claimed_tier == 3


def test_what_lapsed_is_told_with_one_query_and_costs_one_more_only_where_there_is_any():
    hospital = make.hospital()
    claim = make.verified_claim(of=hospital)
    for _ in range(3):
        make.request(hospital, workload="health_records", confirmed=True)
    at = claim.valid_until + GRACE
    requests = list(
        CapacityRequest.objects.select_related("organization", "claimed_workload", "confirmed_workload").order_by("pk")
    )
    counts = []
    for some in (requests[:1], requests):
        with CaptureQueriesContext(connection) as captured:
            assert {one.result.claimed_tier for one in rank_now(some, at=at)} == {1}
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6
