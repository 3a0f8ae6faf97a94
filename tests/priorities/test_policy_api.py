"""The API of the policy follows the rules of the pages."""

import pytest

from kit.clock import now
from priorities.actions.seed_policy import seed_policy
from priorities.models import PolicyState, PolicyVersion
from priorities.policies import active_version
from tests import make
from tests.priorities.test_policy_acts import changed
from users.roles import Role

pytestmark = pytest.mark.django_db

VERSIONS = "policy-versions/"


@pytest.fixture(name="reviewer")
def _reviewer():
    seed_policy(at=make.NOW)
    return make.person(Role.CAPACITY_REVIEWER)


def test_nobody_reads_it_and_staff_read_what_the_trust_center_says_and_more(reviewer, call):
    assert call("get", VERSIONS).status_code == 401
    assert call("get", VERSIONS, as_=make.person()).status_code == 403
    listed = call("get", VERSIONS, as_=reviewer).json()
    assert [(row["number"], row["state"], row["is_in_force"]) for row in listed] == [(1, "active", True)]
    read = call("get", f"{VERSIONS}1/", as_=reviewer).json()
    sections = {section["code"]: section["sentences"] for section in read["sections"]}
    assert "10% of the capacity is reserved for tier 1." in sections["scarcity"]
    assert "0.1%" in read["approval"]
    assert call("get", f"{VERSIONS}9/", as_=reviewer).status_code == 404


def test_a_draft_is_made_compared_proposed_and_put_in_force_by_a_person_only(reviewer, call):
    new = {"based_on": 1, "title": "More for hospitals"}
    answer = call("post", VERSIONS, new, as_=reviewer)
    assert (answer.status_code, answer.json()["number"], answer.json()["problems"]) == (201, 2, [])
    assert call("post", VERSIONS, {**new, "tier": 1}, as_=reviewer).status_code == 400
    assert call("post", VERSIONS, new, as_=make.person(Role.AUDITOR)).status_code == 403
    propose = {"row_version": 1, "reason": "Why"}
    assert call("post", f"{VERSIONS}2/propose/", propose, as_=reviewer).json()["code"] == "policy_unchanged"
    changed(make.actor(reviewer), PolicyVersion.objects.get(number=2), reserve_permille=150)
    lines = call("get", f"{VERSIONS}1/to/2/", as_=reviewer).json()[0]["lines"]
    assert lines == [
        {
            "old": "10% of the capacity is reserved for tier 1.",
            "new": "15% of the capacity is reserved for tier 1.",
        }
    ]
    assert call("post", f"{VERSIONS}2/propose/", propose, as_=reviewer).json()["code"] == "stale_form"
    answer = call("post", f"{VERSIONS}2/propose/", {**propose, "row_version": 2}, as_=reviewer)
    assert (answer.status_code, answer.json()["state"]) == (200, "proposed")
    manager = make.person(Role.DUTY_MANAGER)
    sign = {"row_version": 3, "reason": "Agreed", "replaces": 1}
    answer = call("post", f"{VERSIONS}2/activate/", sign, as_=manager)
    assert (answer.status_code, answer.json()["code"]) == (403, "needs_fresh_sign_in")
    assert active_version(now()).number == 1
    back = {"row_version": 3, "reason": "Too little"}
    assert call("post", f"{VERSIONS}2/send-back/", back, as_=manager).json()["state"] == "draft"
    gone = {"row_version": 4, "reason": "Given up"}
    assert call("post", f"{VERSIONS}2/discard/", gone, as_=reviewer).json()["state"] == "discarded"
    assert PolicyVersion.objects.get(number=2).state == PolicyState.DISCARDED
