"""A lever takes two people, spares what is paid for and core, and is pulled step by step."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from capacity.levers.access import OwnStep
from capacity.levers.actions.add_step import CannotAddStep, NoFurtherStep, add_step
from capacity.levers.actions.propose_step import NoSuchStep, propose_step
from capacity.levers.actions.set_up_lever import CannotSetUpLever
from capacity.levers.actions.sign_step import NoStepWaits, sign_step
from capacity.levers.models import Lever, LeverKind, LeverMove
from capacity.levers.steps import PlannedStep, StepWaits
from kit.refusal import NotAllowed
from kit.transitions import MoveRefused
from tests import make
from tests.sql import refused, run
from users.access import NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db

LIMITED = PlannedStep("Free offers up to 64 units", "limited", 64, 40, {"vcpu": 200})
LIMITED_EVERYWHERE = PlannedStep("Free offers up to 64 units", "limited", 64, 40)
TIGHTER = PlannedStep("Free offers up to 8 units", "limited", 8, 90)
PAUSED = PlannedStep("No new free offers", "paused", None, 200, {"vcpu": 300, "memory": 900})


@pytest.fixture
def operator():
    make.region("westeurope")
    return make.acting(Role.REGION_OPERATOR)


@pytest.fixture
def duty_manager():
    return make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW)


def ask(lever, direction, *, by):
    return propose_step(actor=by, lever_id=lever.public_id, direction=direction, at=make.NOW)


def test_nothing_is_restricted_before_another_person_signs(operator, duty_manager):
    lever = make.lever(by=operator)
    assert (lever.state, lever.step) == ("open", None)
    with pytest.raises(NotAllowed):
        sign_step(actor=operator, lever_id=lever.public_id, agrees=True, at=make.NOW)
    with pytest.raises(NeedsFreshSignIn):
        sign_step(actor=make.acting(Role.DUTY_MANAGER), lever_id=lever.public_id, agrees=True, at=make.NOW)
    signed = make.signed(lever, by=duty_manager)
    assert (signed.state, signed.step.position) == ("paused", 1)
    with pytest.raises(NoStepWaits):
        make.signed(lever, by=duty_manager)


def test_who_asked_does_not_sign_not_even_by_raw_sql():
    make.region("westeurope")
    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER, fresh_at=make.NOW)
    lever = make.lever(by=both)
    with pytest.raises(OwnStep):
        make.signed(lever, by=both)
    with pytest.raises(IntegrityError, match="nobody_confirms_own_lever"), transaction.atomic():
        LeverMove.objects.create(
            lever=lever, old_state="open", new_state="paused", proposed_by_id=both.user_id,
            confirmed_by_id=both.user_id, at=make.NOW,
        )  # fmt: skip


def test_steps_are_taken_in_their_order_forward_and_back_and_a_lifted_lever_rests(operator, duty_manager):
    lever = make.lever(by=operator, step=LIMITED)
    for step in (TIGHTER, PAUSED):
        add_step(actor=operator, lever_id=lever.public_id, step=step, at=make.NOW)
    with pytest.raises(StepWaits):
        ask(lever, "next", by=operator)
    stood = []
    for direction in ("next", "next", "back", "next", None):
        lever = make.signed(lever, by=duty_manager)
        stood.append((lever.state, lever.step.position))
        if direction:
            ask(lever, direction, by=operator)
    assert stood == [("limited", 1), ("limited", 2), ("paused", 3), ("limited", 2), ("paused", 3)]
    with pytest.raises(NoSuchStep):
        ask(lever, "next", by=operator)
    ask(lever, "lift", by=operator)
    refused_lift = sign_step(actor=duty_manager, lever_id=lever.public_id, agrees=False, at=make.NOW)
    assert (refused_lift.state, refused_lift.step.position) == ("paused", 3)
    ask(lever, "lift", by=operator)
    lever = make.signed(lever, by=duty_manager)
    assert (lever.state, lever.step) == ("restored", None)
    with pytest.raises(MoveRefused):
        ask(lever, "next", by=operator)
    with pytest.raises(NoFurtherStep):
        add_step(actor=operator, lever_id=lever.public_id, step=PAUSED, at=make.NOW)
    assert "permission denied" in refused("UPDATE capacity_leverstep SET harm_points = 1")


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (PlannedStep("", "limited", 4), "step_name"),
        (PlannedStep("x", "restored"), "step"),
        (PlannedStep("x", "limited", None), "limit_per_line"),
        (PlannedStep("x", "limited", 64), "limit_per_line"),
        (PlannedStep("x", "paused", harm_points=1001), "harm_points"),
        (PlannedStep("x", "paused", promises={"vcpu": 0}), "release_vcpu"),
        (PlannedStep("x", "paused", promises={"cobalt": 3}), "release_cobalt"),
    ],
)
def test_a_step_says_what_it_does_and_each_is_tighter_than_the_one_before(operator, step, field):
    lever = make.lever(by=operator, step=LIMITED)
    with pytest.raises(CannotAddStep) as refusal:
        add_step(actor=operator, lever_id=lever.public_id, step=step, at=make.NOW)
    assert list(refusal.value.fields) == [field]
    assert lever.steps.count() == 1


def test_nothing_comes_after_a_pause(operator):
    lever = make.lever(by=operator, step=PAUSED)
    with pytest.raises(CannotAddStep, match="Nothing comes after a pause"):
        add_step(actor=operator, lever_id=lever.public_id, step=LIMITED, at=make.NOW)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"offer_types": ["enterprise"]}, "offer_types"),
        ({"offer_types": []}, "offer_types"),
        ({"kind": "trial_bounds", "offer_types": ["free"]}, "offer_types step"),
        ({"kind": "trial_bounds", "offer_types": ["trial"]}, "step"),
        ({"kind": "feature_profile", "offer_types": [], "feature": "sign_in", "step": LIMITED}, "feature"),
        ({"kind": "feature_profile", "offer_types": ["free"], "feature": "video_720p", "step": LIMITED}, "offer_types"),
        ({"feature": "video_720p"}, "feature"),
        ({"region_code": "", "step": PAUSED}, "release_memory release_vcpu"),
        ({"reach": " "}, "reach"),
        ({"review_date": make.NOW.date()}, "review_date"),
        ({"ends_date": make.NOW.date()}, "ends_date"),
        ({"kind": "everything"}, "kind"),
        ({"lift_kind": "whenever"}, "lift_kind"),
        ({"lift_permille": 1001}, "lift_permille"),
        ({"lift_resource": ""}, "lift_resource"),
        ({"lift_days": 0}, "lift_days"),
        ({"lift_kind": "date", "lift_date": make.NOW.date()}, "lift_date"),
    ],
)
def test_bad_input_names_the_field_and_writes_nothing(operator, change, fields):
    with pytest.raises(CannotSetUpLever) as refusal:
        make.lever(by=operator, **change)
    assert sorted(refusal.value.fields) == fields.split()
    assert not Lever.objects.exists()


def test_raw_sql_moves_no_lever_without_the_move_that_two_people_made(operator, duty_manager):
    lever = make.lever(by=operator, step=LIMITED)
    other = make.lever(by=operator)
    pulling = "UPDATE capacity_lever SET state = 'limited', step_id = %s WHERE id = %s"
    assert "a lever moves with two people" in refused(pulling, lever.steps.get().pk, lever.pk)
    make.signed(lever, by=duty_manager)
    assert "a lever moves with two people" in refused(pulling, other.steps.get().pk, lever.pk)
    lifting = "UPDATE capacity_lever SET state = 'restored', step_id = NULL WHERE id = %s"
    assert "a lever moves with two people" in refused(lifting, lever.pk)
    # Nor by the move of another lever's step.
    put = (
        "INSERT INTO capacity_levermove (lever_id, old_state, new_state, old_step_id, step_id, proposed_by_id,"
        " confirmed_by_id, at, reason) SELECT lever_id, 'limited', 'paused', step_id, %s, proposed_by_id,"
        " confirmed_by_id, at, '' FROM capacity_levermove WHERE lever_id = %s"
    )
    run(put, other.steps.get().pk, lever.pk)
    pausing = "UPDATE capacity_lever SET state = 'paused', step_id = %s WHERE id = %s"
    assert "a lever moves with two people" in refused(pausing, other.steps.get().pk, lever.pk)


def test_what_is_paid_for_or_core_is_spared_by_the_database_too(operator):
    lever = make.lever(by=operator)
    feature = make.lever(by=operator, kind="feature_profile", offer_types=[], feature="video_720p", step=LIMITED)
    copy = (
        "INSERT INTO capacity_lever (public_id, row_version, kind, region_id, offer_types, feature, reach,"
        " lift_condition, lift_kind, lift_days, review_date, owner_id, state, pending_state, created_at)"
        " SELECT gen_random_uuid(), 1, %s, region_id, %s, %s, reach, lift_condition, 'judgment', 0, review_date,"
        " owner_id, 'open', '', created_at FROM capacity_lever WHERE id = %s"
    )
    for kind, offers, named in (
        ("free_offers", ["free", "enterprise"], ""),
        ("free_offers", [], ""),
        ("trial_bounds", ["pay_as_you_go"], ""),
        ("feature_profile", [], "sign_in"),
        ("feature_profile", ["enterprise"], "video_720p"),
        ("new_subscriptions", ["enterprise"], "video_720p"),
    ):
        assert "lever_spares_what_is_paid_and_core" in refused(copy, kind, offers, named, lever.pk)
    run(copy, "new_subscriptions", ["pay_as_you_go"], "", lever.pk)
    changing = "UPDATE capacity_lever SET offer_types = ARRAY['free'] WHERE id = %s"
    assert "lever_facts_stay" in refused(changing, lever.pk)
    step = lever.steps.get().pk
    pausing = "UPDATE capacity_lever SET state = 'paused', step_id = %s WHERE id = %s"
    assert "bounds_and_features_are_never_paused" in refused(pausing, step, feature.pk)
    nowhere = "UPDATE capacity_lever SET state = 'paused' WHERE id = %s"
    assert "pulled_lever_stands_on_a_step" in refused(nowhere, lever.pk)
    endless = "UPDATE capacity_lever SET lift_kind = 'headroom', lift_permille = NULL WHERE id = %s"
    assert "lift_condition_is_whole" in refused(endless, lever.pk)


def test_an_operator_of_one_region_does_not_restrict_all_of_them():
    make.region("westeurope")
    with pytest.raises(NotAllowed):
        make.lever(by=make.acting(Role.REGION_OPERATOR, regions=["westeurope"]), region_code="")


def test_pages(operator, visit):
    person, signer = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER)
    assert "No levers" in visit(reverse("levers:levers"), as_=person).content.decode()
    assert visit(reverse("levers:levers"), as_=make.person(Role.ACCOUNT_MANAGER)).status_code == 403
    assert visit(reverse("levers:set_up"), as_=person, method="post", data={"kind": "x"}).status_code == 400
    filled = {
        "kind": LeverKind.FREE_OFFERS, "region_code": "westeurope", "offer_types": ["free"], "step": "limited",
        "step_name": "Up to 64", "limit_per_line": "64", "harm_points": "10", "release_vcpu": "500", "reach": "All",
        "lift_kind": "condition", "lift_days": "2", "lift_condition": "Normal again", "review_date": "2031-01-01",
    }  # fmt: skip
    made = visit(reverse("levers:set_up"), as_=person, method="post", data=filled)
    assert made.status_code == 302, made.content.decode()
    lever = Lever.objects.get()
    page = reverse("levers:lever", args=[lever.public_id])
    assert "Up to 64" in visit(page, as_=person, queries=12).content.decode()
    sign = reverse("levers:sign", args=[lever.public_id])
    assert visit(sign, as_=person, method="post", data={"answer": "agree"}).status_code == 403
    assert visit(sign, as_=signer, method="post", data={"answer": "agree"}).status_code == 302
    wrong = visit(reverse("levers:propose", args=[lever.public_id]), as_=person, method="post", data={"step": "x"})
    assert wrong.status_code == 409
    step = {"step_name": "None", "step": "paused", "harm_points": "60", "release_vcpu": "300"}
    added = visit(reverse("levers:step", args=[lever.public_id]), as_=person, method="post", data=step)
    assert added.status_code == 302
    listed = visit(f"{reverse('levers:levers')}?state=limited&region=westeurope", as_=person, queries=9)
    lever.refresh_from_db()
    assert (lever.state, lever.step.position) == ("limited", 1)
    assert f'href="{page}"' in listed.content.decode()
    assert "Free offers" in visit(f"{reverse('levers:levers')}?format=csv", as_=person).getvalue().decode()


def test_today_shows_steps_to_sign_to_others_than_who_asked(operator):
    from tests.capacity.desk.test_today import titles

    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER)
    make.lever(by=both, ends_date=make.NOW.date() + timedelta(days=3))
    waiting = "Steps of levers that wait for a second signature"
    assert titles(make.acting(Role.DUTY_MANAGER))[waiting] == ["Free offers · Westeurope"]
    assert titles(both)[waiting] == []
    # As who may sign says: a lever of another region is none of theirs, even if they own it.
    elsewhere = make.acting(Role.DUTY_MANAGER, regions=["eastus"])
    make.lever(by=make.acting(Role.REGION_OPERATOR), region_code="", step=LIMITED_EVERYWHERE)
    assert titles(elsewhere)[waiting] == ["Free offers · All regions"]
