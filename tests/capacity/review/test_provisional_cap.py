"""What rests on a provisional category gets a capped share of a pool, in all, until somebody has verified it."""

import dataclasses

import pytest

from capacity.intake.diagnosis import Allowance, Ask, Block, Fit, Line, Place, Supply, as_dict, ask_from, assess
from capacity.intake.wording import Names, Reader, finding_text
from capacity.pools.arithmetic import Buckets, Committed
from capacity.requests.actions.release_grant import release_grant
from capacity.requests.models import CapacityRequest, Grant
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.granting import CannotGrant
from customers.actions.check_evidence import check_evidence
from customers.actions.make_provisional import make_provisional
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from tests import make
from tests.make import NOW
from tests.sql import refused
from users.roles import Role

pytestmark = pytest.mark.django_db

POOL = Place("westeurope", "Europe", (Supply("vcpu", Buckets(800, 100, 100), Committed(0, 0, 0)),), wish=1)


def ask(quantity, minimum=None, taken=0):
    allowance = Allowance(10, (("westeurope", "vcpu", taken), ("northeurope", "vcpu", 500)))
    return Ask(lines=(Line("vcpu", quantity, minimum or quantity),), tier=1, allowance=allowance)


# --- the pure check ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "minimum", "taken", "fit", "granted"),
    [
        (10, 10, 0, Fit.FULL, (10,)),
        (11, 11, 0, Fit.NONE, ()),
        (11, 5, 0, Fit.PART, (10,)),
        (10, 5, 4, Fit.PART, (6,)),
        (10, 7, 4, Fit.NONE, ()),
        (1, 1, 10, Fit.NONE, ()),
    ],
)
def test_one_percent_of_the_pool_is_the_most_in_all(quantity, minimum, taken, fit, granted):
    found = assess(ask(quantity, minimum, taken), POOL)
    assert (found.fit, found.quantities) == (fit, granted)
    if fit is not Fit.FULL:
        assert found.block == Block.QUOTA
        told = finding_text(found.findings[0].reason, Names({}), Reader.STAFF)
        assert f"{10 - taken}\N{NO-BREAK SPACE}vcpu of that are left" in told
        assert "1%" in told
        customer = finding_text(found.findings[0].reason, Names({}), Reader.CUSTOMER)
        assert "10\N{NO-BREAK SPACE}vcpu" not in customer, "the size of a pool is nobody's business"


def test_a_verified_category_is_not_capped():
    assert assess(dataclasses.replace(ask(500), allowance=None), POOL).fit is Fit.FULL


def test_what_is_pinned_comes_back_the_same_and_old_decisions_have_none():
    value = ask(10, taken=3)
    assert ask_from(as_dict(value)) == value
    old = as_dict(value)
    del old["allowance"]
    assert ask_from(old).allowance is None


# --- deciding ----------------------------------------------------------------------------------------


@pytest.fixture
def claim():
    """A hospital whose claim counts on somebody's word."""
    claim = make.claim()
    verifier = make.acting(Role.VERIFIER)
    take_up_claim(actor=verifier, claim=claim, at=NOW)
    make_provisional(actor=verifier, claim=claim, reason="The letter is in the mail.", at=NOW)
    return claim


def asking(claim, quantity, minimum=None):
    return make.request(
        claim.organization, workload="health_records", confirmed=True, quantity=quantity, minimum=minimum
    )


def approve(request):
    return approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER),
        request_id=request.public_id,
        region_code="westeurope",
        reason="",
        at=NOW,
    )


def test_several_requests_share_the_cap_and_verifying_lifts_it(claim):
    make.pool(powered_on=1000)
    approve(asking(claim, 8))
    second = asking(claim, 5, minimum=2)
    with pytest.raises(CannotGrant) as refusal:
        approve(second)
    assert refusal.value.code == "cannot_grant_quota"
    decision = grant_in_part(
        actor=make.acting(Role.CAPACITY_REVIEWER),
        request_id=second.public_id,
        region_code="westeurope",
        quantities={"vcpu": 2},
        reason="The rest when it is verified.",
        at=NOW,
    )
    assert decision.block == "quota"
    third = asking(claim, 3)
    with pytest.raises(CannotGrant):
        approve(third)
    verifier = make.acting(Role.VERIFIER)
    for item in claim.evidence.all():
        check_evidence(actor=verifier, evidence=item, holds=True, at=NOW)
    verify_claim(actor=verifier, claim=claim, at=NOW)
    assert approve(third).outcome == "approve"


def test_what_is_given_back_can_be_granted_again(claim):
    make.pool(powered_on=1000)
    first = asking(claim, 10)
    approve(first)
    release_grant(actor=make.acting(Role.REGION_OPERATOR), request_id=first.public_id, reason="Not needed.", at=NOW)
    assert approve(asking(claim, 10)).outcome == "approve"


def test_sql_gets_no_more_either(claim):
    make.pool(powered_on=1000)
    request = asking(claim, 10)
    approve(request)
    assert CapacityRequest.objects.get(pk=request.pk).is_provisional
    grant = Grant.objects.get()
    entry = (
        "INSERT INTO capacity_ledgerentry (public_id, pool_id, kind, level, quantity, subject, at)"
        " VALUES (gen_random_uuid(), %s, 'grant', 'reserve', 1, 'more', now()) RETURNING id"
    )
    more = (
        f"WITH posted AS ({entry}) INSERT INTO capacity_grant (public_id, request_id, decision_id, line_id, pool_id,"
        " level, quantity, entry_id, at) SELECT gen_random_uuid(), %s, %s, %s, %s, 'reserve', 1, posted.id, now()"
        " FROM posted"
    )
    values = [grant.pool_id, grant.request_id, grant.decision_id, grant.line_id, grant.pool_id]
    assert "a provisional category gets a capped share of the pool" in refused(more, *values)


def test_the_page_says_which_cap_it_is(visit, claim):
    make.pool(powered_on=1000)
    request = asking(claim, 500)
    page = visit(f"/queue/{request.public_id}/", as_=make.person(Role.CAPACITY_REVIEWER)).getvalue().decode()
    assert "The category is only provisional" in page
