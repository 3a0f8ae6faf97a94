"""A condition is declared by one person and, where it bites, confirmed by another."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from capacity.regions.access import OwnProposal
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import (
    AlreadyProposed,
    CannotDeclareCondition,
    ConditionHolds,
    declare_condition,
)
from capacity.regions.actions.refuse_condition import NeedsAnswer, refuse_condition, withdraw_condition
from capacity.regions.conditions import NotProposedAnyMore
from capacity.regions.models import ConditionDeclaration, Region
from capacity.regions.queries import proposals_waiting_for
from journal.models import Entry
from kit.refusal import NotAllowed, NotFound, StaleForm
from tests import make
from users.access import NeedsFreshSignIn, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db


def declare(condition="constrained", *, actor=None, code="westeurope", **fields):
    values = {
        "evidence": "Two percent headroom.",
        "review_date": make.NOW.date() + timedelta(days=7),
        "row_version": Region.objects.get(code="westeurope").row_version,
    }
    return declare_condition(
        actor=actor or make.acting(Role.REGION_OPERATOR),
        region_code=code,
        condition=condition,
        at=make.NOW,
        **{**values, **fields},
    )


def duty_manager(**fields):
    return make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW, **fields)


def condition_of(code="westeurope"):
    return Region.objects.get(code=code).condition


@pytest.fixture(autouse=True)
def _west_europe(db):
    make.region("westeurope")


def test_watch_takes_effect_at_once_and_constrained_waits_for_a_second_person():
    declare("watch")
    assert condition_of() == "watch"

    proposed = declare("constrained")
    assert condition_of() == "watch"
    assert [found.pk for found in proposals_waiting_for(duty_manager())] == [proposed.pk]

    confirm_condition(actor=duty_manager(), declaration_id=proposed.public_id, at=make.NOW)
    region = Region.objects.get(code="westeurope")
    assert (region.condition, region.condition_since) == ("constrained", make.NOW)
    states = dict(ConditionDeclaration.objects.values_list("condition", "state"))
    assert states == {"watch": "ended", "constrained": "in_force"}
    told = Entry.objects.filter(action__startswith="condition.").order_by("pk")
    assert [entry.action for entry in told] == ["condition.in_force", "condition.proposed", "condition.in_force"]


def test_the_end_of_a_scarce_condition_takes_two_people_too():
    make.declared("westeurope", "critical")
    proposed = declare("normal")
    assert condition_of() == "critical"
    confirm_condition(actor=duty_manager(), declaration_id=proposed.public_id, at=make.NOW)
    assert condition_of() == "normal"


def test_who_proposed_does_not_confirm_even_as_duty_manager():
    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER, fresh_at=make.NOW)
    proposed = declare(actor=both)
    with pytest.raises(OwnProposal):
        confirm_condition(actor=both, declaration_id=proposed.public_id, at=make.NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE capacity_conditiondeclaration SET state = 'in_force', confirmed_by_id = proposed_by_id"
            " WHERE id = %s",
            [proposed.pk],
        )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE capacity_conditiondeclaration SET state = 'in_force' WHERE id = %s", [proposed.pk])
    assert condition_of() == "normal"


def test_a_second_signature_needs_role_region_and_a_fresh_sign_in_step():
    proposed = declare()

    def confirm(actor):
        confirm_condition(actor=actor, declaration_id=proposed.public_id, at=make.NOW)

    with pytest.raises(NeedsFreshSignIn):
        confirm(make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW - timedelta(minutes=6)))
    with pytest.raises(NeedsRole):
        confirm(duty_manager(regions=["northeurope"]))
    with pytest.raises(NeedsRole):
        confirm(make.acting(Role.CAPACITY_REVIEWER, fresh_at=make.NOW))
    confirm(duty_manager(regions=["westeurope"]))
    with pytest.raises(NotProposedAnyMore):
        confirm(duty_manager())


def test_a_refusal_says_why_and_changes_no_condition():
    proposed = declare()
    with pytest.raises(NeedsAnswer):
        refuse_condition(actor=duty_manager(), declaration_id=proposed.public_id, answer=" ", at=make.NOW)
    refused = refuse_condition(actor=duty_manager(), declaration_id=proposed.public_id, answer="Not yet.", at=make.NOW)
    assert (condition_of(), refused.state, refused.answer) == ("normal", "refused", "Not yet.")
    declare("constrained")


def test_only_who_proposed_withdraws():
    operator = make.acting(Role.REGION_OPERATOR)
    proposed = declare(actor=operator)
    with pytest.raises(NotAllowed):
        withdraw_condition(actor=make.acting(Role.REGION_OPERATOR), declaration_id=proposed.public_id, at=make.NOW)
    assert withdraw_condition(actor=operator, declaration_id=proposed.public_id, at=make.NOW).state == "withdrawn"


def test_one_proposal_at_a_time_and_no_declaration_of_what_holds():
    with pytest.raises(ConditionHolds):
        declare("normal")
    declare()
    with pytest.raises(AlreadyProposed):
        declare("critical")


def test_a_form_that_was_shown_before_another_change_is_stale():
    shown = Region.objects.get(code="westeurope").row_version
    declare("watch")
    with pytest.raises(StaleForm):
        declare("constrained", row_version=shown)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"condition": "panic"}, "condition"),
        ({"evidence": "  "}, "evidence"),
        ({"review_date": make.NOW.date()}, "review_date"),
        ({"review_date": make.NOW.date() + timedelta(days=400)}, "review_date"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said_at_its_field(fields, wrong):
    with pytest.raises(CannotDeclareCondition) as refusal:
        declare(**fields)
    assert list(refusal.value.fields) == [wrong]
    assert not ConditionDeclaration.objects.exists()


def test_operators_declare_for_their_own_regions():
    with pytest.raises(NeedsRole):
        declare(actor=make.acting(Role.REGION_OPERATOR, regions=["northeurope"]))
    with pytest.raises(NeedsRole):
        declare(actor=make.acting(Role.ACCOUNT_MANAGER))
    with pytest.raises(NotFound):
        declare(code="atlantis")
    declare(actor=make.acting(Role.REGION_OPERATOR, regions=["westeurope"]))
