"""What the review page shows is what happens, or the decision is refused and says why."""

import random

import pytest

from capacity.pools.models import Pool
from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.actions.submit_request import AskedLine
from capacity.requests.models import RequestState
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.granting import CannotGrant
from capacity.review.review_page import review_page
from tests import make
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db
SEED = 20200321
DECISIONS = 60
CONDITIONS = ("normal", "constrained")


def test_random_decisions_do_what_their_page_said():
    dice = random.Random(SEED)
    for code, condition in zip(("westeurope", "northeurope"), CONDITIONS, strict=True):
        make.region(code, condition=condition)
        for resource in ("vcpu", "memory"):
            make.pool(code, resource=resource, powered_on=4_000)
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    paid, free = make.organization(), make.organization(offer_type="free")
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    outcomes = {"full": 0, "part": 0, "refused": 0}
    for _ in range(DECISIONS):
        asks = dice.choice([paid, free, hospital])
        lines = [
            AskedLine(resource, quantity := dice.randint(50, 900), dice.randint(1, quantity))
            for resource in dice.sample(["vcpu", "memory"], dice.randint(1, 2))
        ]
        request = make.request(
            asks,
            lines=lines,
            regions=[dice.choice(["westeurope", "northeurope"])],
            workload="health_records" if asks is hospital else "general",
            confirmed=True,
        )
        rerank_all(actor=SYSTEM, at=make.NOW)
        (effect,) = review_page(reviewer, request.public_id, at=make.NOW).effects
        code = effect.region.code
        values = {"actor": reviewer, "request_id": request.public_id, "region_code": code, "at": make.NOW}
        values["expects_signature"] = bool(effect.signatures)
        if not effect.is_full and not effect.is_part:
            with pytest.raises(CannotGrant):
                approve_request(**values)
            outcomes["refused"] += 1
            continue
        if effect.is_full:
            approve_request(**values)
        else:
            with pytest.raises(CannotGrant):
                approve_request(**values)
            grant_in_part(quantities=effect.quantities, reason="Little is left.", **values)
        outcomes["full" if effect.is_full else "part"] += 1
        request.refresh_from_db()
        assert (request.state == RequestState.AWAITING_SECOND_SIGNATURE) == bool(effect.signatures), f"seed {SEED}"
        for shown, line in zip(effect.pools, request.lines.select_related("resource").order_by("pk"), strict=True):
            pool = Pool.objects.get(region__code=code, resource=line.resource)
            assert pool.committed == shown.after, f"seed {SEED}"
    assert all(outcomes.values()), outcomes
