"""Levers: the list, setting one up, its steps."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.levers.access import may_propose_step, may_see_levers, may_sign_step, visible_levers
from capacity.levers.actions.propose_step import propose_step, set_up_lever
from capacity.levers.actions.sign_step import sign_step
from capacity.levers.forms import LeverForm
from capacity.levers.lists import LEVERS, state_badge
from capacity.levers.models import LEVER_LIFE, Lever, LeverState
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
    rows = visible_levers(request.actor).select_related("region", "owner")
    context = {"may_set_up": request.actor.holds(Role.REGION_OPERATOR)}
    return list_page(request, LEVERS, rows, template="levers/levers.html", context=context)


def set_up(request: ActorRequest) -> HttpResponse:
    """GET and POST /levers/new/"""
    require(request.actor.needs(Role.REGION_OPERATOR))
    form = form_of(request, LeverForm)
    if form.is_valid():
        done = perform(request, lambda: set_up_lever(actor=request.actor, at=now(), **form.cleaned_data), form)
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
    step = request.POST.get("step", "")
    if perform(request, lambda: propose_step(actor=request.actor, lever_id=found.public_id, step=step, at=now()), form):
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


def _visible(request: ActorRequest, public_id: UUID) -> Lever:
    require(may_see_levers(request.actor))
    found = (
        visible_levers(request.actor)
        .select_related("region", "owner", "pending_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: Lever, form: Form) -> HttpResponse:
    code = found.region.code if found.region else None
    signing = may_sign_step(request.actor, found, at=now()) if found.pending_state else None
    context = {
        "lever": found,
        "badge": state_badge(found),
        "offers": [OfferType(one).label for one in found.offer_types],
        "next_steps": [one for one in LeverState if one in LEVER_LIFE.moves[LeverState(found.state)]],
        "may_propose": not found.pending_state and may_propose_step(request.actor, code) is None,
        "may_sign": bool(found.pending_state) and (signing is None or isinstance(signing, NeedsFreshSignIn)),
        "why_not": signing,
        "moves": found.moves.select_related("proposed_by", "confirmed_by").order_by("-pk"),
        "history": timeline_of("lever", found.public_id),
    }
    return form_page(request, "levers/lever.html", form, context)
