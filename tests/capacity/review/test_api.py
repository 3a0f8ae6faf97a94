"""Requests through the API: the whole job, with the refusals of the pages."""

from datetime import timedelta

import pytest

from capacity.intake.diagnosis import Block
from capacity.requests.models import CapacityRequest, Decision, RequestState
from kit.clock import now
from priorities.actions.seed_policy import seed_policy
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db
REQUESTS = "requests/"


@pytest.fixture
def at():
    return now()


@pytest.fixture
def organization(db):
    seed_policy(at=make.NOW)
    make.region()
    return make.organization()


@pytest.fixture
def manager(organization):
    return organization.registered_by


@pytest.fixture
def reviewer(db):
    return make.person(Role.CAPACITY_REVIEWER, name="Ada Example")


def new(asking, at, **changes):
    return {
        "organization": str(asking.public_id),
        "workload": "general",
        "lines": [{"resource": "vcpu", "quantity": 40, "minimum": 20}],
        "regions": ["westeurope"],
        "needed_by_date": (at + timedelta(days=10)).date().isoformat(),
        **changes,
    }


def test_nobody_gets_401(call, at):
    request = make.request(at=at)
    one = f"{REQUESTS}{request.public_id}/"
    acts = ("workload", "approve", "grant-in-part", "grant-elsewhere", "decline", "waitlist", "withdraw")
    for method, path in [
        ("get", REQUESTS),
        ("post", REQUESTS),
        ("get", one),
        *(("post", f"{one}{act}/") for act in acts),
    ]:
        assert call(method, path).status_code == 401


def test_file_read_with_reasons_confirm_and_approve(call, at, reviewer):
    seed_policy(at=make.NOW)
    make.pool(powered_on=1000)
    hospital = make.hospital()
    make.verified_claim(of=hospital, at=at)
    filed = call(
        "post", REQUESTS, new(hospital, at, workload="health_records"), as_=hospital.registered_by, key="file-once"
    )
    assert filed.status_code == 201
    said = filed.json()
    assert (said["state"], said["tier"], said["claimed_tier"], said["is_confirmed"]) == ("queued", 3, 1, False)
    assert [reason["code"] for reason in said["ranking"]["reasons"]] == ["by_category", "workload_unconfirmed"]
    assert "clause 1.2" in said["ranking"]["reasons"][0]["text"]
    again = call(
        "post", REQUESTS, new(hospital, at, workload="health_records"), as_=hospital.registered_by, key="file-once"
    )
    assert (again.json(), CapacityRequest.objects.count()) == (said, 1)
    one = f"{REQUESTS}{said['id']}/"
    early = call("post", f"{one}approve/", {"region": "westeurope"}, as_=reviewer)
    assert (early.status_code, early.json()["code"]) == (409, "cannot_grant_workload")
    confirmed = call("post", f"{one}workload/", {"workload": "health_records"}, as_=reviewer)
    assert (confirmed.status_code, confirmed.json()["tier"]) == (200, 1)
    approved = call("post", f"{one}approve/", {"region": "westeurope"}, as_=reviewer)
    assert approved.json()["state"] == "approved"
    (decision,) = approved.json()["decisions"]
    assert decision["granted"] == [{"resource": "vcpu", "quantity": 40}]
    assert call("get", one, as_=reviewer, queries=7).json() == approved.json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organization": "01a20bb1-4e59-7ff5-9218-01cc165e6545"}, None),
        ({"organization": "x"}, "organization"),
        ({"workload": "mining"}, "workload"),
        ({"lines": []}, "lines.non_field_errors"),
        ({"lines": [{"resource": "vcpu", "quantity": -4}]}, "lines.0.quantity"),
        ({"lines": [{"resource": "vcpu", "quantity": "4"}]}, "lines.0.quantity"),
        ({"lines": [{"resource": "vcpu", "quantity": 10**13}]}, "lines.0.quantity"),
        ({"lines": [{"resource": "vcpu", "quantity": 4, "minimum": 5}]}, "lines"),
        ({"lines": [{"resource": "horses", "quantity": 4}]}, "lines"),
        ({"regions": ["atlantis"]}, "regions"),
        ({"regions": []}, "regions"),
        ({"needed_by_date": "2001-01-01"}, "needed_by_date"),
        ({"needed_by_date": "soon"}, "needed_by_date"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(call, organization, manager, at, changes, field):
    answer = call("post", REQUESTS, new(organization, at, **changes), as_=manager)
    assert answer.status_code == (400 if field else 404)
    if field:
        assert field in answer.json()["fields"]
    assert not CapacityRequest.objects.exists()


def test_a_denial_carries_block_numbers_and_ways_out(call, at, reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=100)
    make.pool("northeurope", powered_on=1000)
    request = make.request(quantity=120, minimum=100, at=at)
    one = f"{REQUESTS}{request.public_id}/"
    refused = call("post", f"{one}approve/", {"region": "westeurope"}, as_=reviewer)
    assert refused.status_code == 409
    assert refused.json()["values"]["left"] == 90
    declined = call("post", f"{one}decline/", {"reason": "Too little."}, as_=reviewer)
    (decision,) = declined.json()["decisions"]
    assert decision["block"] == Block.CAPACITY
    assert decision["explanation"][0]["params"]["left"] == 90
    assert "Northeurope" in decision["best_alternative"]
    assert (
        decision["smallest_change"]
        == "Exactly 10\N{NO-BREAK SPACE}vCPU more in Westeurope would have let it be granted."
    )
    assert decision["next_look_date"] == (at + timedelta(days=7)).date().isoformat()
    late = call("post", f"{one}approve/", {"region": "westeurope"}, as_=make.person(Role.CAPACITY_REVIEWER))
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert late.json()["values"]["who"] == "Ada Example"


def test_the_other_acts(call, at, reviewer):
    make.pool(powered_on=200)
    make.pool("northeurope", powered_on=100_000)
    day = (at + timedelta(days=4)).date().isoformat()
    for path, body, state in [
        (
            "grant-in-part",
            {"region": "westeurope", "quantities": [{"resource": "vcpu", "quantity": 5}], "reason": "Little is left."},
            RequestState.PARTLY_APPROVED,
        ),
        ("grant-elsewhere", {"region": "northeurope", "reason": "Agreed."}, RequestState.APPROVED_ELSEWHERE),
        ("waitlist", {"reason": "Later.", "next_look_date": day}, RequestState.WAITLISTED),
    ]:
        request = make.request(quantity=400, minimum=2, at=at)
        answer = call("post", f"{REQUESTS}{request.public_id}/{path}/", body, as_=reviewer)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.json()
    request = make.request(at=at)
    withdrawn = call(
        "post", f"{REQUESTS}{request.public_id}/withdraw/", {"reason": "Not needed."}, as_=request.filed_by
    )
    assert withdrawn.json()["state"] == RequestState.WITHDRAWN
    twice = [{"resource": "vcpu", "quantity": 5}] * 2
    body = {"region": "westeurope", "quantities": twice, "reason": "Twice."}
    other = make.request(quantity=400, minimum=2, at=at)
    answer = call("post", f"{REQUESTS}{other.public_id}/grant-in-part/", body, as_=reviewer)
    assert answer.status_code == 400


def test_a_stale_version_and_a_repeated_key_change_nothing(call, at, reviewer):
    pool = make.pool(powered_on=1000)
    request = make.request(at=at)
    one = f"{REQUESTS}{request.public_id}/"
    version = CapacityRequest.objects.get().row_version
    stale = call("post", f"{one}approve/", {"region": "westeurope", "row_version": version + 7}, as_=reviewer)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_form")
    body = {"region": "westeurope", "row_version": version}
    first = call("post", f"{one}approve/", body, as_=reviewer, key="approve-once")
    again = call("post", f"{one}approve/", body, as_=reviewer, key="approve-once")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again["Idempotency-Replayed"] == "true"
    pool.refresh_from_db()
    assert (pool.granted, Decision.objects.count()) == (10, 1)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reads_as_far_as_its_pages_do(call, at, role):
    request = make.request(justification="Between us.", at=at)
    reader = make.person(role, portfolios=[make.portfolio()] if role == Role.ACCOUNT_MANAGER else [])
    listed = call("get", REQUESTS, as_=reader, queries=8)
    one = call("get", f"{REQUESTS}{request.public_id}/", as_=reader)
    if role == Role.ACCOUNT_MANAGER:
        assert (listed.json()["results"], one.status_code) == ([], 404)
    elif role in (Role.VERIFIER, Role.NOTICE_EDITOR, Role.ADMINISTRATOR):
        assert (listed.status_code, one.status_code) == (403, 403)
    else:
        assert [row["number"] for row in listed.json()["results"]] == [request.label]
        assert one.json()["justification"] == ("" if role == Role.EXECUTIVE else "Between us.")


def test_a_list_is_filtered_sorted_and_paged(call, at):
    make.region()
    made = [make.request(at=at - timedelta(minutes=minutes)) for minutes in (3, 2, 1)]
    auditor = make.person(Role.AUDITOR)
    page = call("get", f"{REQUESTS}?size=2", as_=auditor).json()
    assert [row["number"] for row in page["results"]] == [made[2].label, made[1].label]
    rest = call("get", page["next"].partition("/api/v1/")[2], as_=auditor).json()
    assert [row["number"] for row in rest["results"]] == [made[0].label]
    assert call("get", f"{REQUESTS}?state=declined", as_=auditor).json()["results"] == []
    assert call("get", f"{REQUESTS}?sort=revenue", as_=auditor).status_code == 400
    assert call("get", f"{REQUESTS}?colour=red", as_=auditor).status_code == 400


def test_every_operation_stands_in_the_openapi_document(client):
    document = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert operations >= {
        "list_requests",
        "file_request",
        "read_request",
        "confirm_workload",
        "approve_request",
        "grant_request_in_part",
        "grant_request_elsewhere",
        "decline_request",
        "waitlist_request",
        "withdraw_request",
    }
