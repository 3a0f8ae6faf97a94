"""Levers: the list, setting one up, its steps, what they released, and lifting."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.levers.access import may_see_levers, may_sign_step, may_work_lever, visible_levers
from capacity.levers.actions.add_step import add_step
from capacity.levers.actions.keep_pulled import keep_pulled
from capacity.levers.actions.propose_step import Direction, propose_step
from capacity.levers.actions.record_release import StepNotInForce, record_release
from capacity.levers.actions.set_up_lever import set_up_lever
from capacity.levers.actions.sign_step import sign_step
from capacity.levers.forms import KeepForm, LeverForm, MeasureForm, StepForm
from capacity.levers.lists import LEVERS, state_badge
from capacity.levers.models import Lever, LeverMove, LeverState
from capacity.levers.pictures import release_pictures
from capacity.levers.queries import (
    StepView,
    counting,
    measurements_of,
    moves_in_force,
    open_lift,
    pools_of,
    step_views,
    usage_levels,
    with_releases,
)
from capacity.levers.steps import region_code
from capacity.levers.wording import grounds_text, lift_text
from capacity.pools.access import may_see_headroom
from capacity.pools.models import Pool
from customers.models import OfferType
from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.access import NeedsFreshSignIn
from users.http import ActorRequest
from users.roles import Role


def levers(request: ActorRequest) -> HttpResponseBase:
    """GET /levers/"""
    require(may_see_levers(request.actor))
    rows = with_releases(visible_levers(request.actor)).annotate(region_name=Coalesce(F("region__name"), Value("")))
    context = {"may_set_up": request.actor.holds(Role.REGION_OPERATOR)}
    return list_page(
        request,
        LEVERS,
        rows.select_related("region", "owner", "step"),
        template="levers/levers.html",
        context=context,
    )


def set_up(request: ActorRequest) -> HttpResponse:
    """GET and POST /levers/new/"""
    require(request.actor.needs(Role.REGION_OPERATOR))
    form = form_of(request, LeverForm)
    if form.is_valid():
        done = perform(request, lambda: set_up_lever(actor=request.actor, at=now(), **form.asked()), form)
        if done:
            flash(request, _("The lever waits for a duty manager's signature."))
            return redirect("levers:lever", done.subject)
    return form_page(request, "levers/new.html", form)


def lever(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /levers/<id>/"""
    return _page(request, _visible(request, public_id), Form())


@require_POST
def propose(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /levers/<id>/propose/"""
    found = _visible(request, public_id)
    form = form_of(request, Form)
    direction = request.POST.get("step", "")
    if perform(
        request,
        lambda: propose_step(actor=request.actor, lever_id=found.public_id, direction=direction, at=now()),
        form,
    ):
        flash(request, _("The step waits for a duty manager's signature."))
        return redirect("levers:lever", found.public_id)
    return _page(request, found, form)


@require_POST
def sign(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /levers/<id>/sign/"""
    found = _visible(request, public_id)
    form = form_of(request, Form)
    agrees = request.POST.get("answer") == "agree"
    if perform(
        request, lambda: sign_step(actor=request.actor, lever_id=found.public_id, agrees=agrees, at=now()), form
    ):
        flash(request, _("The step is carried out.") if agrees else _("The step is refused."))
        return redirect("levers:lever", found.public_id)
    return _page(request, found, form)


@require_POST
def keep(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /levers/<id>/keep/: it stays pulled though lifting is proposed."""
    found = _visible(request, public_id)
    form = form_of(request, KeepForm)
    if form.is_valid() and perform(
        request,
        lambda: keep_pulled(actor=request.actor, lever_id=found.public_id, at=now(), **form.cleaned_data),
        form,
    ):
        flash(request, _("It stays pulled. Lifting is proposed again when the condition has held anew."))
        return redirect("levers:lever", found.public_id)
    return _page(request, found, form)


def step(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /levers/<id>/step/: add a further step."""
    found = _visible(request, public_id)
    require(may_work_lever(request.actor, region_code(found)))
    form = form_of(request, StepForm)
    if form.is_valid() and perform(
        request,
        lambda: add_step(actor=request.actor, lever_id=found.public_id, step=form.planned(), at=now()),
        form,
    ):
        flash(request, _("The step is kept. It restricts nobody before it is asked for and signed."))
        return redirect("levers:lever", found.public_id)
    return form_page(request, "levers/step.html", form, {"lever": found})


def measure(request: ActorRequest, public_id: UUID, position: int) -> HttpResponse:
    """GET and POST /levers/<id>/measure/<position>/: what a step in force released."""
    found = _visible(request, public_id)
    require(may_work_lever(request.actor, region_code(found)))
    at = now()
    taken = next(
        (
            move
            for move in moves_in_force(_moves(found), found.step).values()
            if move.step and move.step.position == position
        ),
        None,
    )
    if taken is None:
        raise StepNotInForce()
    pools = pools_of(found)
    initial = {"measured_at": localtime(at).replace(second=0)}
    form = form_of(request, MeasureForm, pools=pools, counting=counting(taken), initial=initial)
    if form.is_valid():
        done = perform(
            request,
            lambda: record_release(
                actor=request.actor,
                lever_id=found.public_id,
                position=position,
                at=at,
                **form.asked(),
            ),
            form,
        )
        if done:
            flash(request, _("The measured release counts as supply from now on."))
            return redirect("levers:lever", found.public_id)
    context = {"lever": found, "step": taken.step, "levels": usage_levels(pools, taken.at, at), "taken_at": taken.at}
    return form_page(request, "levers/measure.html", form, context)


def _visible(request: ActorRequest, public_id: UUID) -> Lever:
    require(may_see_levers(request.actor))
    found = (
        visible_levers(request.actor)
        .select_related("region", "owner", "step", "pending_by", "pending_step", "lift_resource")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _moves(found: Lever) -> list[LeverMove]:
    rows = found.moves.select_related("proposed_by", "confirmed_by", "step", "old_step")
    return list(rows.order_by("pk"))


def _sees(request: ActorRequest, pool: Pool) -> bool:
    return may_see_headroom(request.actor, pool.region.code) is None


def _next_steps(found: Lever, steps: list[StepView]) -> list[tuple[str, str]]:
    """Where the lever may go, as what the form sends and what the button says."""
    here = found.step.position if found.step else 0
    offered = []
    if found.state != LeverState.RESTORED:
        by_position = {view.step.position: view.step for view in steps}
        for direction, position, words in (
            (Direction.NEXT, here + 1, _("Next step: %(name)s")),
            (Direction.BACK, here - 1, _("One step back: %(name)s")),
        ):
            if position in by_position:
                offered.append((str(direction), words % {"name": by_position[position].name}))
        if found.is_pulled:
            offered.append((str(Direction.LIFT), _("Lift")))
    return offered


def _page(request: ActorRequest, found: Lever, form: Form) -> HttpResponse:
    at = now()
    signing = may_sign_step(request.actor, found, at=at) if found.pending_state else None
    works = may_work_lever(request.actor, region_code(found)) is None
    moves = _moves(found)
    every = step_views(found, moves, measured := measurements_of(found))
    # How much of a pool is in use is for those who see how full it is.
    measurements = [one for one in measured if _sees(request, one.pool)]
    steps = [replace(view, releases=tuple(one for one in view.releases if _sees(request, one.pool))) for view in every]
    proposal = open_lift(found)
    context: dict[str, Any] = {
        "lever": found,
        "badge": state_badge(found),
        "offers": [OfferType(one).label for one in found.offer_types],
        "lift": lift_text(found),
        "steps": steps,
        "hides_figures": steps != every,
        "pictures": release_pictures(steps),
        "measurements": measurements,
        "next_steps": _next_steps(found, steps),
        "may_propose": works and not found.pending_state,
        "may_add_step": works and found.state != LeverState.RESTORED,
        "may_measure": works and found.is_pulled,
        "may_sign": bool(found.pending_state) and (signing is None or isinstance(signing, NeedsFreshSignIn)),
        "why_not": signing,
        "proposal": proposal,
        "grounds": grounds_text(proposal.grounds) if proposal else "",
        "may_answer": works and proposal is not None and not found.pending_state,
        "keep_form": form if isinstance(form, KeepForm) else KeepForm(),
        "is_over": found.is_pulled and found.ends_date is not None and found.ends_date <= at.date(),
        "moves": list(reversed(moves)),
        "history": timeline_of("lever", found.public_id),
    }
    return form_page(request, "levers/lever.html", form, context)
