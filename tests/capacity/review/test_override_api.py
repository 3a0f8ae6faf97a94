"""Overrides through the API: the acts and refusals of the pages, less those that need a fresh sign-in step."""

from datetime import timedelta

import pytest

from kit.clock import now
from priorities.models import Override
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db

WHY = {"reason_code": "contract", "reason": "The contract of March says so.", "hours": 72}


@pytest.fixture
def reviewer():
    return make.person(Role.CAPACITY_REVIEWER)


def test_an_override_is_proposed_read_listed_renewed_ended_and_reviewed(call, reviewer):
    at = now()
    request = make.request(at=at)
    path = f"requests/{request.public_id}/overrides/"
    made = call("post", path, as_=reviewer, body={"kind": "cap", "cap_permille": 250, **WHY})
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["cap_permille"], told["scope"]) == ("proposed", 250, "request")
    one = f"overrides/{told['id']}/"
    override = make.in_force(Override.objects.get(), at=at + timedelta(minutes=1))
    renewed = call("post", f"{one}renew/", as_=reviewer, body={"hours": 24, "reason": "Longer.", "row_version": 2})
    assert renewed.json()["renews"] == told["id"]
    assert call("post", f"{one}renew/", as_=reviewer, body={"hours": 24, "reason": "Longer."}).status_code == 409
    stale = call("post", f"{one}end/", as_=reviewer, body={"reason": "Solved.", "row_version": 1})
    assert stale.status_code == 409
    ended = call("post", f"{one}end/", as_=reviewer, body={"reason": "Solved.", "row_version": 2})
    assert (ended.json()["state"], ended.json()["is_flagged"]) == ("revoked", False)
    verdict = {"verdict": "right", "lesson": "None."}
    assert call("post", f"{one}review/", as_=reviewer, body=verdict).status_code == 403
    other = make.person(Role.CAPACITY_REVIEWER)
    assert call("post", f"{one}review/", as_=other, body=verdict).json()["state"] == "reviewed"
    listed = call("get", "overrides/?state=reviewed&sort=-number", as_=make.person(Role.AUDITOR)).json()
    assert [row["number"] for row in listed["results"]] == [override.label]
    assert call("get", one, as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403


def test_a_use_is_overridden_in_a_region_of_ones_reach(call, reviewer):
    request = make.request(at=now())
    path = f"organizations/{request.organization.public_id}/overrides/"
    body = {"kind": "hold", "workload": "general", "region": "westeurope", **WHY}
    made = call("post", path, as_=reviewer, body=body).json()
    assert (made["scope"], made["region"], made["workload"]) == ("organization", "westeurope", "general")
    elsewhere = make.person(Role.CAPACITY_REVIEWER, regions=["northeurope"])
    assert call("post", path, as_=elsewhere, body=body).status_code == 403
    assert Override.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hours": 14 * 24 + 1}, "336"), ({"hours": 0}, "1"), ({"hours": "72"}, "integer"),
        ({"kind": "promote"}, "promote"), ({"reason_code": "because"}, "because"), ({"reason": " "}, "blank"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "in the past"), ({"kind": "cap"}, "between 1 and 99 percent"),
        ({"kind": "retier", "to_tier": 6}, "5"), ({"kind": "retier"}, "tier from 1 to 5"),
        ({"workload": "gaming"}, "a use and a region that there are"), ({"region": "atlantis"}, "that there are"),
        ({"until": "tomorrow"}, "until"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_in_words_and_writes_nothing(call, reviewer, change, words):
    request = make.request(at=now())
    path = f"organizations/{request.organization.public_id}/overrides/"
    body = {"kind": "pin", "workload": "general", "region": "westeurope", **WHY, **change}
    answer = call("post", path, as_=reviewer, body=body)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Override.objects.exists()


def test_nobody_overrides_the_own_request_and_a_repeated_call_makes_one(call, reviewer):
    filer = make.person(Role.ACCOUNT_MANAGER, Role.CAPACITY_REVIEWER)
    request = make.request(by=make.actor(filer), at=now())
    path, body = f"requests/{request.public_id}/overrides/", {"kind": "pin", **WHY}
    refused = call("post", path, as_=filer, body=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_request_is_not_overridden")
    for _time in range(2):
        assert call("post", path, as_=reviewer, body=body, key="sent-twice").status_code == 201
    assert Override.objects.count() == 1
