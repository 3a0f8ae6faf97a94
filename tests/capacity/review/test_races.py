"""Many people decide at once, each on a real connection: one decision counts, and supply is never promised twice."""

import random
import threading
from collections import Counter

import pytest
from django.db import connection, connections
from django.db.models import Sum

from capacity.intake.diagnosis import Block
from capacity.pools.models import LedgerEntry, Pool
from capacity.requests.actions.submit_request import AskedLine
from capacity.requests.models import CapacityRequest, Decision, Grant, RequestState
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.decline_request import decline_request
from capacity.review.case import AlreadyDecided
from capacity.review.granting import CannotGrant
from kit.refusal import Refusal
from tests import make
from tests.capacity.pools.racing import faults, here
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)
SEED = 20200321
WORKERS = 50
PAIRS = 200


def at_once(*acts):
    """Run the acts at the same moment, each on its own connection; what each returned or refused."""
    start = threading.Barrier(len(acts))
    answers = [None] * len(acts)

    def work(number, act):
        try:
            connection.ensure_connection()
            start.wait()
            answers[number] = act()
        except Refusal as refusal:
            answers[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_fifty_reviewers_granting_at_random_never_exceed_supply():
    make.region(condition="normal")
    for resource in ("vcpu", "memory"):
        make.pool(resource=resource, powered_on=10_000)
    of = make.organization()
    sizes = random.Random(SEED)
    requests = [
        make.request(
            of,
            lines=[AskedLine("vcpu", sizes.randint(50, 500)), AskedLine("memory", sizes.randint(50, 500))],
        ).public_id
        for _ in range(60)
    ]
    reviewers = [make.acting(Role.CAPACITY_REVIEWER) for _ in range(5)]

    def worker(number):
        def work():
            dice = random.Random(SEED + number)
            outcomes = Counter()
            for request_id in dice.sample(requests, 6):
                try:
                    approve_request(
                        actor=reviewers[number % 5], request_id=request_id, region_code="westeurope", at=make.NOW
                    )
                    outcomes["granted"] += 1
                except CannotGrant as refusal:
                    outcomes[refusal.values["block"]] += 1
                except AlreadyDecided:
                    outcomes["late"] += 1
            return outcomes

        return work

    outcomes = sum(at_once(*(worker(number) for number in range(WORKERS))), Counter())
    assert outcomes["granted"] == Decision.objects.count() > 0, f"seed {SEED}"
    # 60 requests of 275 on average ask for more than 9,000: somebody must have been told that it is full.
    assert outcomes[Block.CAPACITY] > 0, f"seed {SEED}"
    assert set(outcomes) <= {"granted", "late", Block.CAPACITY}
    assert outcomes["late"] > 0, f"seed {SEED}"
    assert faults(here()) == [], f"seed {SEED}"
    granted = Grant.objects.values("line").annotate(total=Sum("quantity"))
    assert all(row["total"] <= 500 for row in granted)
    for pool in Pool.objects.filter(granted__gt=0):
        assert pool.granted <= pool.supply_open
        assert Grant.objects.filter(pool=pool).aggregate(total=Sum("quantity"))["total"] == pool.granted


def test_of_two_hundred_pairs_who_approve_and_decline_at_once_exactly_one_wins_each():
    pool = make.pool(powered_on=100_000)
    of = make.organization()
    ada = make.acting(Role.CAPACITY_REVIEWER, name="Ada Example")
    ben = make.acting(Role.CAPACITY_REVIEWER, name="Ben Example")
    winners = Counter()
    for _ in range(PAIRS):
        request = make.request(of, quantity=3)

        def approve(request=request):
            return approve_request(actor=ada, request_id=request.public_id, region_code="westeurope", at=make.NOW)

        def decline(request=request):
            return decline_request(
                actor=ben, request_id=request.public_id, reason="Not entitled.", block="access", at=make.NOW
            )

        answers = at_once(approve, decline)
        won = [answer for answer in answers if isinstance(answer, Decision)]
        lost = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
        assert (len(won), len(lost)) == (1, 1), answers
        assert lost[0].status == 409
        winner = "Ada Example" if won[0].outcome == "approve" else "Ben Example"
        assert lost[0].values["who"] == winner
        assert str(lost[0].values["outcome"]) == ("approved in full" if won[0].outcome == "approve" else "declined")
        winners[won[0].outcome] += 1
    pool.refresh_from_db()
    assert pool.granted == 3 * winners["approve"] == LedgerEntry.objects.aggregate(total=Sum("quantity"))["total"]
    assert Decision.objects.count() == PAIRS
    states = Counter(CapacityRequest.objects.values_list("state", flat=True))
    assert states == Counter({RequestState.APPROVED: winners["approve"], RequestState.DECLINED: winners["decline"]})


def test_two_who_take_the_last_units_at_once_leave_one_refused():
    make.pool(powered_on=1_000, failure_reserve=0)
    pool = Pool.objects.get(region__code="westeurope", resource__code="vcpu")
    of = make.organization()
    first, second = (make.request(of, quantity=500, minimum=500) for _ in range(2))
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    answers = at_once(
        *(
            lambda one=one: approve_request(
                actor=reviewer, request_id=one.public_id, region_code="westeurope", at=make.NOW
            )
            for one in (first, second)
        )
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CannotGrant", "Decision"]
    pool.refresh_from_db()
    assert pool.held == 500
