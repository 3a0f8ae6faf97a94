"""Verification through the API: from evidence to the verified claim, with the refusals of the pages."""

import pytest
from django.core import mail

from customers.actions.set_claim_urgency import set_claim_urgency
from customers.models import Claim
from customers.proofs import dns
from kit.clock import now
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

RECORDS: dict[str, str] = {}


def look_up(name):
    return [RECORDS[name]] if name in RECORDS else []


@pytest.fixture(autouse=True)
def _resolver(settings):
    settings.DOMAIN_RESOLVER = f"{__name__}.look_up"
    RECORDS.clear()


@pytest.fixture
def verifier():
    return make.person(Role.VERIFIER)


def test_a_case_is_worked_to_verified_by_programs(call, verifier):
    claim = make.claim(evidence=[make.letter()], at=now())
    manager, path = claim.filed_by, f"claims/{claim.public_id}/"
    domain = claim.organization.domains.get().domain
    added = call("post", f"{path}evidence/", {"evidence": [{"kind": "domain_control", "domain": domain}]}, as_=manager)
    assert added.status_code == 200
    letter, control = added.json()["evidence"]
    record = control["domain_record"]
    assert record["name"] == dns.record_name(domain)
    assert letter["domain_record"] is None
    set_claim_urgency(organization_id=claim.organization_id, urgency=50)
    (row,) = call("get", "verification-cases/?mine=yes", as_=verifier, queries=8).json()["results"]
    assert (row["id"], row["urgency"], row["state"]) == (str(claim.public_id), 50, "submitted")
    assert call("post", f"{path}take-up/", {}, as_=verifier).json()["state"] == "in_verification"
    checking = f"{path}evidence/{control['id']}/"
    assert call("post", f"{checking}check/", {"holds": True}, as_=verifier).json()["code"] == "domain_not_shown"
    assert call("post", f"{checking}check-dns/", None, as_=verifier).json()["code"] == "record_not_found"
    RECORDS[record["name"]] = record["text"]
    assert call("post", f"{checking}check-dns/", None, as_=verifier).json()["evidence"][1]["shown_at"]
    assert call("post", f"{path}verify/", {}, as_=verifier).json()["code"] == "evidence_missing"
    for item in (letter, control):
        assert call("post", f"{path}evidence/{item['id']}/check/", {"holds": True}, as_=verifier).status_code == 200
    stale = call("post", f"{path}verify/", {"row_version": 1}, as_=verifier)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_form")
    verified = call("post", f"{path}verify/", {}, as_=verifier).json()
    assert (verified["state"], verified["verification"]) == ("verified", "verified")


def test_a_code_is_mailed_once_however_often_the_call_is_repeated(call):
    claim = make.claim(shown=False)
    item = claim.evidence.get(kind="domain_control")
    path = f"claims/{claim.public_id}/evidence/{item.public_id}/mail-code/"
    for replayed in ("false", "true"):
        answer = call("post", path, {"mailbox": "hostmaster"}, as_=claim.filed_by, key="mail-a-code")
        assert (answer.status_code, answer["Idempotency-Replayed"]) == (200, replayed)
    assert [letter.to for letter in mail.outbox] == [[f"hostmaster@{item.domain}"]]
    assert call("post", path, {"mailbox": "chief"}, as_=claim.filed_by).status_code == 400


def test_questions_answers_rejections_and_provisional_counting(call, verifier):
    claim = make.claim()
    manager, path = claim.filed_by, f"claims/{claim.public_id}/"
    call("post", f"{path}take-up/", {}, as_=verifier)
    asked = call("post", f"{path}request-information/", {"question": "Which?", "reason_code": "paper"}, as_=verifier)
    assert asked.json()["state"] == "information_requested"
    assert call("post", f"{path}answer/", {"answer": "This."}, as_=manager).json()["state"] == "in_verification"
    assert (
        call("post", f"{path}count-provisionally/", {"reason": "Soon."}, as_=verifier).json()["state"] == "provisional"
    )
    wrong = call("post", f"{path}reject/", {"reason": "No.", "reason_code": "mood"}, as_=verifier)
    assert "reason_code" in wrong.json()["fields"]
    rejected = call("post", f"{path}reject/", {"reason": "No.", "reason_code": "no_answer"}, as_=verifier)
    assert rejected.json()["decision_reason"] == "no_answer"


def test_distance_and_reach_are_those_of_the_pages(call, verifier):
    claim = make.claim()
    item = claim.evidence.first()
    path = f"claims/{claim.public_id}/"
    both = make.person(Role.VERIFIER, Role.ACCOUNT_MANAGER, portfolios=[claim.organization.portfolio])
    assert call("post", f"{path}take-up/", {}, as_=both).json()["code"] == "own_portfolio"
    assert call("post", f"{path}take-up/", {}, as_=claim.filed_by).status_code == 403
    stranger = make.account_manager(portfolios=[make.portfolio()])
    for act in ("take-up", "evidence", "answer", f"evidence/{item.public_id}/check-dns"):
        assert call("post", f"{path}{act}/", {}, as_=stranger).status_code in (400, 404)
        assert call("post", f"{path}{act}/", {}).status_code == 401
    for reader in (stranger, make.person(Role.CAPACITY_REVIEWER)):
        assert call("get", "verification-cases/", as_=reader).status_code == 403
    assert Claim.objects.get().state == "submitted"
