"""Working a case on its pages: who has it in hand, what is shown beside what, and what many at once get."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.access import OwnPortfolio
from customers.actions.reject_claim import reject_claim
from customers.actions.take_case import take_case
from customers.models import CaseLease, Claim
from customers.tasks import end_leases
from kit.clock import now
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

QUEUE = "/verification/"


@pytest.fixture
def verifier():
    return make.person(Role.VERIFIER, name="Vera Verifier")


def case_of(claim):
    return reverse("customers:case", args=[claim.public_id])


def text(response):
    return response.getvalue().decode()


# --- leases ------------------------------------------------------------------------------------------


def test_opening_a_case_takes_it_and_a_second_viewer_sees_who_has_it(visit, verifier):
    claim = make.claim()
    visit(case_of(claim), as_=verifier)
    lease = CaseLease.objects.get(claim=claim)
    assert lease.holder == verifier
    assert timedelta(minutes=14) < lease.until - now() <= timedelta(minutes=15)
    second = make.person(Role.VERIFIER)
    assert "Vera Verifier has opened this case" in text(visit(case_of(claim), as_=second))
    assert "Vera Verifier works on it" in text(visit(QUEUE, as_=second))
    assert CaseLease.objects.get(claim=claim).holder == verifier
    CaseLease.objects.update(until=now() - timedelta(seconds=1))
    assert "has opened this case" not in text(visit(case_of(claim), as_=second))
    assert CaseLease.objects.get(claim=claim).holder == second


def test_who_may_not_decide_takes_nothing_in_hand(visit):
    claim = make.claim()
    both = make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[claim.organization.portfolio])
    for reader in (both, make.person(Role.AUDITOR)):
        assert visit(case_of(claim), as_=reader).status_code == 200
    assert not CaseLease.objects.exists()
    with pytest.raises(OwnPortfolio):
        take_case(actor=make.actor(both), claim=claim, at=now())


def test_a_decision_frees_the_case_and_what_is_over_is_swept(visit, verifier):
    claim, other = make.claim(), make.claim()
    for one in (claim, other):
        visit(case_of(one), as_=verifier)
    Claim.objects.filter(pk=claim.pk).update(state="in_verification")
    reject_claim(actor=make.acting(Role.VERIFIER), claim=claim, reason_code="no_answer", reason="No answer.", at=now())
    assert [lease.claim for lease in CaseLease.objects.all()] == [other]
    assert end_leases() == 0
    CaseLease.objects.update(until=now() - timedelta(seconds=1))
    assert end_leases() == 1
