"""A request is filed complete and ranked at once, or kept as a draft; what was filed stays as it was filed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from capacity.requests.actions.answer_information import NothingWasAsked, answer_information
from capacity.requests.actions.submit_request import AskedLine, CannotFile, NotADraft, submit_request
from capacity.requests.actions.withdraw_request import CannotWithdraw, withdraw_request
from capacity.requests.models import CapacityRequest, Ranking, RequestState
from capacity.requests.moves import ReasonMissing
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.request_information import request_information
from journal.models import Entry
from kit.refusal import NotAllowed, NotFound, StaleForm
from priorities import policy
from priorities.actions.seed_policy import seed_policy
from tests import make
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def organization():
    seed_policy(at=NOW)
    make.region()
    return make.organization()


@pytest.fixture
def manager(organization):
    return make.actor(organization.registered_by)


def submit(actor, organization, **changes):
    values = {
        "workload": "general",
        "lines": [AskedLine("vcpu", 400, 200), AskedLine("memory", 1600, 800)],
        "regions": ["westeurope"],
        "needed_by_date": NOW.date() + timedelta(days=10),
        "at": NOW,
    }
    return submit_request(actor=actor, organization_id=organization.public_id, **{**values, **changes})


def test_filing_writes_the_request_its_ranking_and_the_journal_together(manager, organization):
    request = submit(manager, organization, justification="  The night shift.  ")
    assert request.state == RequestState.QUEUED
    assert request.label == f"R-{request.number}"
    assert request.completed_at == request.ranked_at == NOW
    assert request.justification == "The night shift."
    ranking = Ranking.objects.get(request=request)
    assert request.ranking_id == ranking.pk
    facts = policy.Facts.from_dict(ranking.facts)
    assert policy.digest(facts) == ranking.facts_hash
    assert policy.rank(facts, policy.default_policy()).as_dict() == ranking.result
    entry = Entry.objects.get(action="request.filed")
    assert entry.after["lines"][0] == {"resource": "vcpu", "quantity": 400, "minimum": 200}
    # Tier 3 has three working days, from a Thursday at 13:00 in Berlin to the Tuesday.
    assert request.due_at == NOW + timedelta(days=5) - timedelta(hours=1)


def test_a_minimum_left_out_is_all_of_it(manager, organization):
    request = submit(manager, organization, lines=[AskedLine("vcpu", 7)])
    assert request.lines.get().minimum == 7


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"workload": "mining"}, "workload"),
        ({"lines": []}, "lines"),
        ({"lines": [AskedLine("vcpu", 0)]}, "lines"),
        ({"lines": [AskedLine("vcpu", -5)]}, "lines"),
        ({"lines": [AskedLine("vcpu", 10**12 + 1)]}, "lines"),
        ({"lines": [AskedLine("vcpu", 5, 6)]}, "lines"),
        ({"lines": [AskedLine("vcpu", 5, 0)]}, "lines"),
        ({"lines": [AskedLine("vcpu", 5), AskedLine("vcpu", 6)]}, "lines"),
        ({"lines": [AskedLine("horses", 5)]}, "lines"),
        ({"regions": []}, "regions"),
        ({"regions": ["atlantis"]}, "regions"),
        ({"regions": ["westeurope", "westeurope"]}, "regions"),
        ({"residency_geography": "United States"}, "regions"),
        ({"residency_geography": "Atlantis"}, "residency_geography"),
        ({"needed_by_date": NOW.date() - timedelta(days=1)}, "needed_by_date"),
        ({"needed_by_date": NOW.date() + timedelta(days=2000)}, "needed_by_date"),
        ({"justification": "x" * 4001}, "justification"),
    ],
)
def test_what_does_not_do_is_said_at_its_field_and_nothing_is_kept(manager, organization, changes, field):
    with pytest.raises(CannotFile) as refused:
        submit(manager, organization, **changes)
    assert field in refused.value.fields
    assert not CapacityRequest.objects.exists()
    assert not Ranking.objects.exists()


def test_account_managers_file_for_their_own_portfolio(organization):
    with pytest.raises(NotFound):
        submit(make.acting(Role.ACCOUNT_MANAGER, portfolios=[make.portfolio()]), organization)
    for role in (Role.CAPACITY_REVIEWER, Role.AUDITOR, Role.EXECUTIVE, Role.DUTY_MANAGER):
        with pytest.raises(NotAllowed):
            submit(make.acting(role), organization)


def test_a_draft_is_changed_until_it_is_filed_and_never_after(manager, organization):
    draft = submit(manager, organization, complete=False)
    assert (draft.state, draft.completed_at) == (RequestState.DRAFT, None)
    with pytest.raises(StaleForm):
        submit(manager, organization, draft_id=draft.public_id, row_version=draft.row_version + 1)
    again = submit(
        manager,
        organization,
        draft_id=draft.public_id,
        row_version=draft.row_version,
        lines=[AskedLine("gpu", 4)],
        complete=False,
    )
    assert [line.resource.code for line in again.lines.all()] == ["gpu"]
    filed = submit(manager, organization, draft_id=draft.public_id, at=NOW + timedelta(hours=1))
    assert (filed.number, filed.state) == (draft.number, RequestState.QUEUED)
    assert filed.completed_at == NOW + timedelta(hours=1)
    with pytest.raises(NotADraft):
        submit(manager, organization, draft_id=draft.public_id)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO capacity_requestregion (request_id, region_id, wish) SELECT %s, id, 9 FROM capacity_region",
        "DELETE FROM capacity_requestline WHERE request_id = %s",
        "DELETE FROM capacity_requestregion WHERE request_id = %s",
        "UPDATE capacity_capacityrequest SET needed_by_date = '2030-01-01' WHERE id = %s",
        "UPDATE capacity_capacityrequest SET filed_by_id = NULL WHERE id = %s",
        "UPDATE capacity_capacityrequest SET state = 'approved' WHERE id = %s",
    ],
)
def test_raw_sql_cannot_change_what_was_filed_either(manager, organization, sql):
    request = submit(manager, organization)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [request.pk])


def test_withdrawing_takes_a_reason_and_ends_it(manager, organization):
    request = submit(manager, organization)
    with pytest.raises(ReasonMissing):
        withdraw_request(actor=manager, request_id=request.public_id, reason=" ", at=NOW)
    with pytest.raises(NotAllowed):
        withdraw_request(actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="No.", at=NOW)
    withdraw_request(actor=manager, request_id=request.public_id, reason="Not needed.", at=NOW)
    with pytest.raises(CannotWithdraw):
        withdraw_request(actor=manager, request_id=request.public_id, reason="Again.", at=NOW)


def test_what_was_granted_is_released_not_withdrawn(manager, organization):
    make.pool()
    request = submit(manager, organization, lines=[AskedLine("vcpu", 10)])
    reviewer = make.acting(Role.CAPACITY_REVIEWER)
    approve_request(actor=reviewer, request_id=request.public_id, region_code="westeurope", at=NOW)
    with pytest.raises(CannotWithdraw):
        withdraw_request(actor=manager, request_id=request.public_id, reason="Not needed.", at=NOW)


def test_the_clock_stands_still_while_information_is_asked_for(manager, organization):
    request = submit(manager, organization)
    due = request.due_at
    with pytest.raises(NothingWasAsked):
        answer_information(actor=manager, request_id=request.public_id, answer="This.", at=NOW)
    request_information(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, question="What for?", at=NOW
    )
    later = NOW + timedelta(hours=5)
    with pytest.raises(ReasonMissing):
        answer_information(actor=manager, request_id=request.public_id, answer="", at=later)
    answered = answer_information(actor=manager, request_id=request.public_id, answer="This.", at=later)
    assert answered.state == RequestState.QUEUED
    assert answered.due_at == due + timedelta(hours=5)
    # The place in the order stays: complete is complete.
    assert answered.completed_at == NOW
