"""A lever takes two people, spares what is paid for, and stops free requests while it is pulled."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from capacity.levers.access import OwnStep
from capacity.levers.actions.propose_step import CannotSetUpLever, StepWaits, propose_step, set_up_lever
from capacity.levers.actions.sign_step import NoStepWaits, sign_step
from capacity.levers.models import Lever, LeverMove
from kit.refusal import NotAllowed
from kit.transitions import MoveRefused
from tests import make
from users.access import NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    make.region("westeurope")
    return make.acting(Role.REGION_OPERATOR)


@pytest.fixture
def duty_manager():
    return make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW)


def set_up(actor, **changes):
    values = {
        "kind": "free_offers",
        "region_code": "westeurope",
        "offer_types": ["free", "trial"],
        "step": "paused",
        "limit_per_line": None,
        "reach": "New requests of free and trial customers in West Europe.",
        "lift_condition": "Headroom above 20 percent for a week.",
        "review_date": make.NOW.date() + timedelta(days=7),
        "at": make.NOW,
    }
    return set_up_lever(actor=actor, **{**values, **changes})


def test_nothing_is_restricted_before_another_person_signs(operator, duty_manager):
    lever = set_up(operator)
    assert lever.state == "open"
    with pytest.raises(NotAllowed):
        sign_step(actor=operator, lever_id=lever.public_id, agrees=True, at=make.NOW)
    with pytest.raises(NeedsFreshSignIn):
        sign_step(actor=make.acting(Role.DUTY_MANAGER), lever_id=lever.public_id, agrees=True, at=make.NOW)
    assert sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=True, at=make.NOW).state == "paused"
    with pytest.raises(NoStepWaits):
        sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=True, at=make.NOW)


def test_who_asked_does_not_sign_not_even_by_raw_sql(duty_manager):
    make.region("westeurope")
    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER, fresh_at=make.NOW)
    lever = set_up(both)
    with pytest.raises(OwnStep):
        sign_step(actor=both, lever_id=lever.public_id, agrees=True, at=make.NOW)
    with pytest.raises(IntegrityError, match="nobody_confirms_own_lever"), transaction.atomic():
        LeverMove.objects.create(
            lever=lever, old_state="open", new_state="paused", proposed_by_id=both.user_id,
            confirmed_by_id=both.user_id, at=make.NOW,
        )  # fmt: skip


def test_a_lever_is_lifted_again_and_then_rests(operator, duty_manager):
    lever = set_up(operator)
    with pytest.raises(StepWaits):
        propose_step(actor=operator, lever_id=lever.public_id, step="limited", at=make.NOW)
    sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=True, at=make.NOW)
    propose_step(actor=operator, lever_id=lever.public_id, step="restored", at=make.NOW)
    assert sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=False, at=make.NOW).state == "paused"
    propose_step(actor=operator, lever_id=lever.public_id, step="restored", at=make.NOW)
    assert sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=True, at=make.NOW).state == "restored"
    with pytest.raises(MoveRefused):
        propose_step(actor=operator, lever_id=lever.public_id, step="paused", at=make.NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"offer_types": ["enterprise"]}, "offer_types"),
        ({"offer_types": []}, "offer_types"),
        ({"step": "restored"}, "step"),
        ({"step": "limited"}, "limit_per_line"),
        ({"reach": " "}, "reach"),
        ({"review_date": make.NOW.date()}, "review_date"),
        ({"kind": "everything"}, "kind"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(operator, change, field):
    with pytest.raises(CannotSetUpLever) as refusal:
        set_up(operator, **change)
    assert list(refusal.value.fields) == [field]
    assert not Lever.objects.exists()


def test_an_operator_of_one_region_does_not_restrict_all_of_them():
    make.region("westeurope")
    with pytest.raises(NotAllowed):
        set_up(make.acting(Role.REGION_OPERATOR, regions=["westeurope"]), region_code="")


def test_pages(operator, visit):
    person, signer = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER)
    assert "No levers" in visit(reverse("levers:levers"), as_=person).content.decode()
    assert visit(reverse("levers:levers"), as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    assert visit(reverse("levers:set_up"), as_=person).status_code == 200
    assert visit(reverse("levers:set_up"), as_=person, method="post", data={"kind": "x"}).status_code == 400
    lever = set_up(make.actor(person))
    page = reverse("levers:lever", args=[lever.public_id])
    assert visit(page, as_=person).status_code == 200
    sign = reverse("levers:sign", args=[lever.public_id])
    assert visit(sign, as_=person, method="post", data={"answer": "agree"}).status_code == 403
    assert visit(sign, as_=signer, method="post", data={"answer": "agree"}).status_code == 302
    lever.refresh_from_db()
    assert lever.state == "paused"
    assert visit(page, as_=person).status_code == 200
    step = visit(reverse("levers:propose", args=[lever.public_id]), as_=person, method="post", data={"step": "x"})
    assert step.status_code == 400
