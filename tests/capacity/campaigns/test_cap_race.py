"""Many reviewers grant under one campaign at once, each on a real connection: the cap holds."""

import pytest

from capacity.desk.invariants import check_invariants
from capacity.levers.campaign_models import CampaignCap
from capacity.requests.models import Decision
from capacity.review.actions.approve_request import approve_request
from capacity.review.granting import CampaignIsFull, CannotGrant
from tests import make
from tests.capacity.review.test_races import at_once
from users.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


def test_twelve_who_grant_at_once_never_exceed_the_cap():
    make.pool(powered_on=100_000)
    campaign = make.live_campaign(cap=100)
    of = make.organization()
    requests = [make.request(of, quantity=30, campaign_id=campaign.public_id) for _ in range(12)]
    reviewer = make.acting(Role.CAPACITY_REVIEWER)

    def approving(one):
        return lambda: approve_request(actor=reviewer, request_id=one.public_id, region_code="westeurope", at=make.NOW)

    answers = at_once(*(approving(one) for one in requests))
    granted = [answer for answer in answers if isinstance(answer, Decision)]
    assert len(granted) == 3
    assert all(isinstance(answer, CannotGrant | CampaignIsFull) for answer in answers if answer not in granted)
    assert CampaignCap.objects.get().used == 90
    assert [fault for one in check_invariants("campaigns_keep_to_their_caps") for fault in one.faults] == []
