"""Response plans: the list, one plan, drafting it, working through it, ending it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.response.access import (
    may_activate_plan,
    may_change_plan,
    may_draft_plan,
    may_finish_item,
    may_move_phase,
    may_read_plans,
    may_review_plan,
    may_stand_down,
    visible_plans,
)
from capacity.response.actions.draft_plan import NoDraftAnyMore, change_plan, draft_plan
from capacity.response.actions.keep_checklist import add_item, finish_item
from capacity.response.actions.keep_phases import add_phase, begin_next_phase
from capacity.response.actions.link_plan import link_to_plan, unlink_from_plan
from capacity.response.actions.move_plan import activate_plan, review_plan, stand_down
from capacity.response.forms import ItemForm, LinkForm, PhaseForm, PlanChangeForm, PlanForm, ReviewForm, StandDownForm
from capacity.response.lists import PLANS, plan_badge
from capacity.response.models import PlanState, ResponsePlan
from capacity.response.plans import LINKS
from capacity.response.queries import linked_to, phases_of, plan_rows, targets_of
from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.access import NeedsFreshSignIn
from users.http import ActorRequest


def plans(request: ActorRequest) -> HttpResponseBase:
    """GET /response/"""
    require(may_read_plans(request.actor))
    context = {"may_draft": may_draft_plan(request.actor) is None}
    rows = plan_rows(visible_plans(request.actor))
    return list_page(request, PLANS, rows, template="response/plans.html", context=context)


def draft(request: ActorRequest) -> HttpResponse:
    """GET and POST /response/new/"""
    require(may_draft_plan(request.actor))
    form = form_of(request, PlanForm)
    if form.is_valid():
        done = perform(request, lambda: draft_plan(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done:
            flash(request, _("The draft is kept. Add its phases; another person activates it."))
            return redirect("response:plan", done.subject)
    return form_page(request, "response/new.html", form)


def plan(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /response/<id>/"""
    return _page(request, _visible(request, public_id), Form())


def change(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /response/<id>/change/"""
    found = _visible(request, public_id)
    if not found.is_drafted:
        raise NoDraftAnyMore()
    require(may_change_plan(request.actor, found))
    initial = {"title": found.title, "situation": found.situation, "row_version": found.row_version}
    form = form_of(request, PlanChangeForm, initial=initial)
    return _form(
        request,
        found,
        form,
        lambda: change_plan(actor=request.actor, plan_id=found.public_id, at=now(), **form.cleaned_data),
        title=_("Change the draft"),
        button=_("Keep the draft"),
        said=_("The draft is changed."),
    )


def new_phase(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /response/<id>/phases/new/"""
    found = _visible(request, public_id)
    require(may_change_plan(request.actor, found))
    form = form_of(request, PhaseForm)
    return _form(
        request,
        found,
        form,
        lambda: add_phase(actor=request.actor, plan_id=found.public_id, at=now(), **form.cleaned_data).plan,
        title=_("Add a phase"),
        button=_("Add"),
        said=_("The phase is added behind the others."),
    )


def new_item(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /response/<id>/tasks/new/"""
    found = _visible(request, public_id)
    require(may_change_plan(request.actor, found))
    phases = found.phases.filter(ended_at=None).order_by("position").values_list("public_id", "position", "title")
    form = form_of(request, ItemForm, phases=[(str(key), f"{position}. {title}") for key, position, title in phases])
    return _form(
        request,
        found,
        form,
        lambda: add_item(actor=request.actor, plan_id=found.public_id, at=now(), **form.cleaned_data).phase.plan,
        title=_("Add a task"),
        button=_("Add"),
        said=_("The task is added."),
    )


def new_link(request: ActorRequest, public_id: UUID, kind: str) -> HttpResponse:
    """GET and POST /response/<id>/links/<kind>/new/"""
    found = _visible(request, public_id)
    require(may_change_plan(request.actor, found))
    if kind not in LINKS:
        raise NotFound()
    form = form_of(request, LinkForm, targets=targets_of(kind, request.actor))
    return _form(
        request,
        found,
        form,
        lambda: link_to_plan(actor=request.actor, plan_id=found.public_id, kind=kind, at=now(), **form.cleaned_data),
        title=_("Link: %(kind)s") % {"kind": LINKS[kind].label},
        button=_("Add the link"),
        said=_("It belongs to the plan now."),
    )


def end(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /response/<id>/stand-down/"""
    found = _visible(request, public_id)
    require(may_stand_down(request.actor))
    form = form_of(request, StandDownForm)
    return _form(
        request,
        found,
        form,
        lambda: stand_down(actor=request.actor, plan_id=found.public_id, at=now(), **form.cleaned_data),
        title=_("Stand down"),
        button=_("Stand down"),
        said=_("The plan is stood down. Another person reviews it."),
    )


def review(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /response/<id>/review/"""
    found = _visible(request, public_id)
    require(may_review_plan(request.actor, found))
    form = form_of(request, ReviewForm)
    return _form(
        request,
        found,
        form,
        lambda: review_plan(actor=request.actor, plan_id=found.public_id, at=now(), **form.cleaned_data),
        title=_("Look back"),
        button=_("Keep the review"),
        said=_("The review is kept."),
    )


@require_POST
def activate(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /response/<id>/activate/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        lambda: activate_plan(actor=request.actor, plan_id=found.public_id, at=now()),
        _("The plan is active; its first phase has begun."),
    )


@require_POST
def next_phase(request: ActorRequest, public_id: UUID, after: int) -> HttpResponse:
    """POST /response/<id>/phases/<position>/end/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        lambda: begin_next_phase(actor=request.actor, plan_id=found.public_id, after=after, at=now()).plan,
        _("The next phase has begun."),
    )


@require_POST
def finish(request: ActorRequest, public_id: UUID, item: UUID) -> HttpResponse:
    """POST /response/<id>/tasks/<id>/done/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        lambda: finish_item(actor=request.actor, item_id=item, at=now()),
        _("Done."),
    )


@require_POST
def unlink(request: ActorRequest, public_id: UUID, kind: str, target: UUID) -> HttpResponse:
    """POST /response/<id>/links/<kind>/<id>/remove/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        lambda: unlink_from_plan(actor=request.actor, plan_id=found.public_id, kind=kind, target=target, at=now()),
        _("It does not belong to the plan any more."),
    )


def _act(request: ActorRequest, found: ResponsePlan, act: Any, said: str) -> HttpResponse:
    form = form_of(request, Form)
    if perform(request, act, form):
        flash(request, said)
        return redirect("response:plan", found.public_id)
    return _page(request, found, form)


def _form(
    request: ActorRequest, found: ResponsePlan, form: Form, act: Any, *, title: str, button: str, said: str
) -> HttpResponse:
    if form.is_valid() and perform(request, act, form):
        flash(request, said)
        return redirect("response:plan", found.public_id)
    return form_page(request, "response/form.html", form, {"plan": found, "title": title, "button": button})


def _visible(request: ActorRequest, public_id: UUID) -> ResponsePlan:
    people = ("drafted_by", "activated_by", "stood_down_by", "reviewed_by")
    found = visible_plans(request.actor).select_related(*people).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: ResponsePlan, form: Form) -> HttpResponse:
    actor, phases = request.actor, phases_of(found)
    current = next((phase for phase in phases if phase.is_current), None)
    signing = may_activate_plan(actor, found, now()) if found.is_drafted else None
    is_open = found.state in (PlanState.DRAFTED, PlanState.ACTIVE)
    context = {
        "plan": found,
        "badge": plan_badge(found),
        "phases": [
            (phase, [(item, found.is_active and may_finish_item(actor, item) is None) for item in phase.items.all()])
            for phase in phases
        ],
        "current": current,
        "has_next": bool(current and current.position < phases[-1].position),
        "links": linked_to(found, actor),
        "kinds": [(kind, of_kind.label) for kind, of_kind in LINKS.items()],
        "may_change": is_open and may_change_plan(actor, found) is None,
        "may_activate": found.is_drafted and (signing is None or isinstance(signing, NeedsFreshSignIn)),
        "why_not": None if isinstance(signing, NeedsFreshSignIn) else signing,
        "may_move": found.is_active and may_move_phase(actor, current) is None,
        "may_end": found.is_active and may_stand_down(actor) is None,
        "may_review": found.state == PlanState.STOOD_DOWN and may_review_plan(actor, found) is None,
        "history": timeline_of("response_plan", found.public_id),
        "at": now(),
    }
    return form_page(request, "response/plan.html", form, context)
