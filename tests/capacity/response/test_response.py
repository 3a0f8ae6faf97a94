"""Response plans: one drafts, another activates; phases, tasks and links; an end with a reason, a review by others."""

from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.desk.invariants import check_invariants
from capacity.notices.actions.draft_notice import draft_notice
from capacity.response.access import NotYourDraft, NotYourTask, OwnPlan, OwnStandDown
from capacity.response.actions.draft_plan import CannotDraftPlan, NoDraftAnyMore, change_plan, draft_plan
from capacity.response.actions.keep_checklist import CannotAddItem, ItemIsDone, add_item, finish_item
from capacity.response.actions.keep_phases import CannotAddPhase, NoNextPhase, add_phase, begin_next_phase
from capacity.response.actions.link_plan import CannotLink, LinkedAlready, link_to_plan, unlink_from_plan
from capacity.response.actions.move_plan import NeedsPhase, NeedsText, activate_plan, review_plan, stand_down
from capacity.response.models import LinkedLiaison, PlanItem, PlanPhase, ResponsePlan
from capacity.response.plans import PlanIsOver, PlanNotActive
from customers.liaison.actions.log_contact import log_contact
from journal.models import Entry
from kit.refusal import NotFound, StaleForm
from kit.transitions import MoveRefused
from tests import make
from tests.sql import refused, run
from users.access import NeedsFreshSignIn, NeedsRole
from users.roles import Role

pytestmark = pytest.mark.django_db

LATER = make.NOW + timedelta(hours=1)


def duty(**fields):
    return make.acting(Role.DUTY_MANAGER, fresh_at=make.NOW, **fields)


def test_a_draft_is_its_drafters_and_another_person_activates_it():
    both = make.acting(Role.REGION_OPERATOR, Role.DUTY_MANAGER, fresh_at=make.NOW)
    with pytest.raises(CannotDraftPlan):
        draft_plan(actor=both, title=" ", situation="x", at=make.NOW)
    with pytest.raises(NeedsRole):
        draft_plan(actor=duty(), title="x", situation="x", at=make.NOW)
    plan = draft_plan(actor=both, title="Short of crews", situation="Half cannot travel.", at=make.NOW)
    act = {"plan_id": plan.public_id, "at": make.NOW}
    with pytest.raises(NotFound):
        activate_plan(actor=make.acting(Role.CAPACITY_REVIEWER), **act)
    with pytest.raises(NeedsPhase):
        activate_plan(actor=duty(), **act)
    owner = make.person(Role.VERIFIER).public_id
    with pytest.raises(NotYourDraft):
        add_phase(actor=make.acting(Role.REGION_OPERATOR), title="Contain", goals="Hold.", owner=owner, **act)
    with pytest.raises(CannotAddPhase) as found:
        add_phase(actor=both, title="", goals=" ", owner=make.person().public_id, **act)
    assert set(found.value.fields) == {"title", "goals", "owner"}
    add_phase(actor=both, title="Contain", goals="Hold.", owner=owner, **act)
    change_plan(actor=both, row_version=1, title="Short of crews", situation="More than half.", **act)
    with pytest.raises(StaleForm):
        change_plan(actor=both, row_version=1, title="x", situation="y", **act)
    with pytest.raises(OwnPlan):
        activate_plan(actor=both, **act)
    with pytest.raises(NeedsFreshSignIn):
        activate_plan(actor=make.acting(Role.DUTY_MANAGER), **act)
    activate_plan(actor=duty(), **act)
    with pytest.raises(MoveRefused):
        activate_plan(actor=duty(), **act)
    with pytest.raises(NoDraftAnyMore):
        change_plan(actor=both, row_version=3, title="x", situation="y", **act)
    assert [phase.title for phase in PlanPhase.objects.filter(began_at__isnull=False)] == ["Contain"]


def test_phases_follow_each_other_and_tasks_are_done_once():
    plan = make.response_plan()
    item = PlanItem.objects.get()
    act = {"plan_id": plan.public_id, "at": LATER}
    with pytest.raises(NotYourTask):
        finish_item(actor=make.acting(Role.NOTICE_EDITOR), item_id=item.public_id, at=LATER)
    finish_item(actor=make.actor(item.owner), item_id=item.public_id, at=LATER)
    with pytest.raises(ItemIsDone):
        finish_item(actor=duty(), item_id=item.public_id, at=LATER)
    with pytest.raises(NeedsRole):
        begin_next_phase(actor=make.acting(Role.NOTICE_EDITOR), after=1, **act)
    begin_next_phase(actor=make.actor(item.phase.owner), after=1, **act)
    with pytest.raises(NoNextPhase):
        begin_next_phase(actor=duty(), after=1, **act)
    with pytest.raises(NoNextPhase):
        begin_next_phase(actor=duty(), after=2, **act)
    phase = PlanPhase.objects.get(position=2)
    owner = make.person(Role.EXECUTIVE).public_id
    with pytest.raises(CannotAddItem) as found:
        add_item(actor=duty(), phase=item.phase.public_id, text="", owner=None, due_at=make.NOW, **act)
    assert set(found.value.fields) == {"phase", "text", "owner", "due_at"}
    add_item(actor=duty(), phase=phase.public_id, text="Count crews", owner=owner, due_at=None, **act)
    with pytest.raises(NeedsText):
        stand_down(actor=duty(), reason=" ", **act)
    with pytest.raises(NeedsRole):
        stand_down(actor=make.acting(Role.REGION_OPERATOR), reason="Over.", **act)
    chief = duty()
    stand_down(actor=chief, reason="The crews are back.", **act)
    with pytest.raises(PlanIsOver):
        add_phase(actor=chief, title="More", goals="x", owner=owner, **act)
    with pytest.raises(PlanNotActive):
        begin_next_phase(actor=chief, after=2, **act)
    with pytest.raises(PlanNotActive):
        finish_item(actor=chief, item_id=PlanItem.objects.get(text="Count crews").public_id, at=LATER)
    with pytest.raises(OwnStandDown):
        review_plan(actor=chief, review="Well done.", **act)
    with pytest.raises(NeedsRole):
        review_plan(actor=make.acting(Role.AUDITOR), review="Well done.", **act)
    review_plan(actor=make.acting(Role.EXECUTIVE), review="Call the crews sooner.", **act)
    told = Entry.objects.filter(subject_type="response_plan").order_by("pk").values_list("action", flat=True)
    assert [action.removeprefix("plan.") for action in told] == [
        "drafted", "phase_added", "item_added", "phase_added", "activated", "item_done", "phase_began", "item_added",
        "stood_down", "reviewed",
    ]  # fmt: skip
    names = ("lives_follow_their_tables", "active_plans_have_one_current_phase", "acts_are_separated")
    assert all(finding.holds for finding in check_invariants(*names))


def belongings():
    """One of each kind, with who may read it: a condition, a lever, a notice's draft, a contact with an authority."""
    make.region("westeurope")
    return {
        "condition": make.declared("westeurope", "constrained"),
        "lever": make.pulled_lever(at=make.NOW),
        "notice": draft_notice(
            actor=make.acting(Role.NOTICE_EDITOR), title_de="Nur ein Entwurf", body_de="Text", at=make.NOW
        ),
        "liaison": log_contact(
            actor=make.acting(Role.DUTY_MANAGER), counterpart="authority", authority="Ministry of Health",
            happened_date=make.NOW.date(), summary="They need a line.", at=make.NOW,
        ),
    }  # fmt: skip


def test_what_belongs_to_a_plan_is_shown_to_those_who_may_read_it(visit):
    plan, linked = make.response_plan(), belongings()
    act = {"plan_id": plan.public_id, "at": make.NOW}
    with pytest.raises(CannotLink):
        link_to_plan(actor=make.acting(Role.REGION_OPERATOR), kind="notice", target=linked["notice"].public_id, **act)
    for kind, target in linked.items():
        link_to_plan(actor=duty(), kind=kind, target=target.public_id, **act)
    with pytest.raises(LinkedAlready):
        link_to_plan(actor=duty(), kind="lever", target=linked["lever"].public_id, **act)
    with pytest.raises(NotFound):
        link_to_plan(actor=duty(), kind="pool", target=linked["lever"].public_id, **act)
    address = reverse("response:plan", args=[plan.public_id])

    def shown(role):
        return visit(address, as_=make.person(role), queries=12).content.decode()

    everything = shown(Role.DUTY_MANAGER)
    for words in ("Westeurope", "Free offers", "Nur ein Entwurf", "Ministry of Health"):
        assert words in everything
    few = shown(Role.NOTICE_EDITOR)
    assert "Westeurope" in few
    assert "Nur ein Entwurf" in few
    assert few.count("not for your eyes") == 2
    assert "Ministry of Health" not in few
    with pytest.raises(NotFound):
        unlink_from_plan(
            actor=make.acting(Role.REGION_OPERATOR), kind="notice", target=linked["notice"].public_id, **act
        )
    unlink_from_plan(actor=duty(), kind="notice", target=linked["notice"].public_id, **act)
    linked["liaison"].delete()  # as its retention does
    assert not LinkedLiaison.objects.exists()
    assert "Nur ein Entwurf" not in shown(Role.DUTY_MANAGER)


def test_the_current_phase_stands_under_today_for_every_role(visit):
    plan = make.response_plan()
    draft = make.response_plan(active=False, title="Only a draft")
    for role in Role:
        page = visit("/today/", as_=make.person(role)).content.decode()
        assert "Phase 1: Contain" in page
        assert "Only a draft" not in page
    chief = make.person(Role.DUTY_MANAGER)
    # Who may activate it is told that it waits, below what is more pressing.
    assert "Only a draft" in visit("/today/?part=2", as_=chief, queries=12).content.decode()
    assert (
        "1 of them is yours"
        in visit("/today/", as_=PlanItem.objects.filter(phase__plan=plan).get().owner).content.decode()
    )
    visit("/today/", as_=make.person(*Role), queries=12)
    assert "Short of crews" not in visit("/today/", as_=make.person()).content.decode()
    outsider, operator = make.person(Role.VERIFIER), make.person(Role.REGION_OPERATOR)
    assert visit(reverse("response:plan", args=[draft.public_id]), as_=outsider).status_code == 404
    assert "Only a draft" not in visit("/response/", as_=outsider, queries=8).content.decode()
    assert "Only a draft" in visit("/response/?state=drafted", as_=operator, queries=8).content.decode()


def test_the_pages_carry_a_plan_from_its_draft_to_its_review(visit):
    operator, chief, other = (
        make.person(Role.REGION_OPERATOR),
        make.person(Role.DUTY_MANAGER),
        make.person(Role.EXECUTIVE),
    )

    def post(name, who, status=302, *, args=(), **data):
        answer = visit(reverse(f"response:{name}", args=args), as_=who, method="post", data=data)
        assert answer.status_code == status, answer.content.decode()
        return answer

    post("draft", operator, 400, title="", situation="")
    plan_id = post("draft", operator, title="Short", situation="Half.").headers["Location"].split("/")[2]
    post("change", operator, args=[plan_id], title="Short of crews", situation="Half.", row_version=1)
    post("new_phase", operator, 400, args=[plan_id], title="Contain")
    post("new_phase", operator, args=[plan_id], title="Contain", goals="Hold.", owner=chief.public_id)
    post("new_phase", operator, args=[plan_id], title="Recover", goals="Back.", owner=chief.public_id)
    phase = PlanPhase.objects.get(position=1)
    post("new_item", operator, args=[plan_id], phase=phase.public_id, text="Call", owner=other.public_id)
    post("activate", operator, 403, args=[plan_id])
    post("activate", chief, args=[plan_id])
    make.region("westeurope")
    declared = make.declared("westeurope", "constrained")
    post("new_link", chief, 404, args=[plan_id, "pool"])
    post("new_link", chief, 400, args=[plan_id, "condition"])
    post("new_link", chief, args=[plan_id, "condition"], target=declared.public_id)
    post("finish", other, args=[plan_id, PlanItem.objects.get().public_id])
    post("next_phase", chief, args=[plan_id, 1])
    post("next_phase", chief, 409, args=[plan_id, 1])
    post("unlink", chief, args=[plan_id, "condition", declared.public_id])
    post("end", chief, 400, args=[plan_id], reason="")
    post("end", chief, args=[plan_id], reason="Over.")
    post("review", chief, 403, args=[plan_id], review="Fine.")
    post("review", other, args=[plan_id], review="Call sooner.")
    page = visit(reverse("response:plan", args=[plan_id]), as_=make.person(Role.VERIFIER)).content.decode()
    for words in ("Over.", "Call sooner.", "Reviewed", "Response plan stood down"):
        assert words in page


def test_programs_read_what_pages_show(call):
    make.response_plan()
    make.response_plan(active=False, title="Only a draft")
    (plan,) = call("get", "response-plans/", as_=make.person(Role.VERIFIER), queries=12).json()["results"]
    assert [(phase["title"], len(phase["items"])) for phase in plan["phases"]] == [("Contain", 1), ("Recover", 0)]
    both = call("get", "response-plans/?state=drafted", as_=make.person(Role.DUTY_MANAGER)).json()["results"]
    assert [one["title"] for one in both] == ["Only a draft"]
    assert call("get", "response-plans/", as_=make.person()).status_code == 403


def test_the_database_keeps_what_was_stood_down_and_reviewed_as_it_was():
    plan, linked = make.response_plan(), belongings()
    for kind, target in linked.items():
        link_to_plan(actor=duty(), plan_id=plan.public_id, kind=kind, target=target.public_id, at=make.NOW)
    table, other = "UPDATE capacity_responseplan SET ", make.person().pk
    assert "plan_activation_stays" in refused(table + "activated_by_id = %s", other)
    assert "phase_stays_begun" in refused("UPDATE capacity_planphase SET began_at = NULL WHERE position = 1")
    stand_down(actor=duty(), plan_id=plan.public_id, reason="Over.", at=LATER)
    assert "plan_activation_stays" in refused(table + "activated_at = now()")
    for change in ("stood_down_by_id = activated_by_id", "stood_down_at = now()", "stand_down_reason = 'x'"):
        assert "plan_end_stays" in refused(table + change)
    for statement in (
        "UPDATE capacity_planphase SET began_at = now(), ended_at = NULL WHERE position = 2",
        "UPDATE capacity_planphase SET ended_at = NULL WHERE position = 1",
        "UPDATE capacity_planitem SET done_at = now(), done_by_id = owner_id",
        (
            "INSERT INTO capacity_planphase (public_id, row_version, plan_id, position, title, goals, owner_id)"
            " SELECT gen_random_uuid(), 1, plan_id, 9, title, goals, owner_id FROM capacity_planphase LIMIT 1"
        ),
        (
            "INSERT INTO capacity_planitem (public_id, row_version, phase_id, text, owner_id, added_by_id, added_at)"
            " SELECT gen_random_uuid(), 1, phase_id, text, owner_id, owner_id, added_at FROM capacity_planitem"
        ),
        *(f"DELETE FROM capacity_linked{kind}" for kind in linked if kind != "liaison"),
        *(
            f"INSERT INTO capacity_linked{kind} (plan_id, target_id, linked_by_id, linked_at)"
            f" SELECT plan_id, target_id, linked_by_id, linked_at FROM capacity_linked{kind}"
            for kind in linked
        ),
    ):
        assert "its plan is over" in refused(statement), statement
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert "its plan is over" in refused("DELETE FROM capacity_linkedliaison")
    assert "denied" in refused("UPDATE capacity_planphase SET owner_id = %s", other)
    assert "denied" in refused("UPDATE capacity_planitem SET owner_id = %s", other)
    review_plan(actor=make.acting(Role.EXECUTIVE), plan_id=plan.public_id, review="Sooner.", at=LATER)
    assert "reviewed_plan_stays" in refused(table + "review = 'All was well.'")
    # What was said to an authority is erased in time, and with it that it belonged to the plan.
    run("SET CONSTRAINTS ALL DEFERRED")
    linked["liaison"].delete()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert not LinkedLiaison.objects.exists()


def test_the_database_holds_the_two_people_the_life_and_what_is_over():
    plan = make.response_plan(active=False)
    table = "UPDATE capacity_responseplan SET "
    activating = table + "state = 'active', activated_at = now(), activated_by_id = "
    assert "nobody_activates_own_plan" in refused(activating + "drafted_by_id")
    assert "plan_activated_by_somebody" in refused(table + "state = 'active'")
    assert "invalid transition" in refused(table + "state = 'reviewed'").lower()
    assert "plan_drafter_stays" in refused(table + "drafted_by_id = %s", make.person().pk)
    activate_plan(actor=duty(), plan_id=plan.public_id, at=make.NOW)
    assert "plan_text_stays" in refused(table + "title = 'Another'")
    ending = table + "state = 'stood_down', stood_down_at = now(), stood_down_by_id = activated_by_id"
    assert "plan_stood_down_with_reason" in refused(ending)
    assert "one_current_phase" in refused("UPDATE capacity_planphase SET began_at = now()")
    assert "denied" in refused("UPDATE capacity_planphase SET title = 'Another'")
    assert "denied" in refused("DELETE FROM capacity_planitem")
    assert "denied" in refused("UPDATE capacity_planmove SET reason = 'x'")
    item = PlanItem.objects.get()
    finish_item(actor=duty(), item_id=item.public_id, at=LATER)
    assert "done_plan_item_stays" in refused("UPDATE capacity_planitem SET done_at = NULL, done_by_id = NULL")
    stand_down(actor=duty(), plan_id=plan.public_id, reason="Over.", at=LATER)
    reviewing = table + "state = 'reviewed', review = 'x', reviewed_at = now(), reviewed_by_id = stood_down_by_id"
    assert "another_person_reviews_a_plan" in refused(reviewing)
    assert "plan_begins_drafted" in refused(
        "INSERT INTO capacity_responseplan (public_id, row_version, title, situation, state, drafted_by_id, drafted_at,"
        " activated_by_id, activated_at, stand_down_reason, review) SELECT gen_random_uuid(), 1, title, situation,"
        " 'active', drafted_by_id, now(), activated_by_id, now(), '', '' FROM capacity_responseplan"
    )
    assert ResponsePlan.objects.get().state == "stood_down"
