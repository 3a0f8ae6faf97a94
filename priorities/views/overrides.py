"""The override register: who asked for what and why, who confirmed it, whom it overtakes."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.lists import list_page
from kit.refusal import NotFound, require
from priorities.access import READERS, may_end_override, may_sign_override, visible_overrides
from priorities.actions.confirm_override import confirm_override
from priorities.actions.end_override import revoke_override
from priorities.actions.refuse_override import refuse_override
from priorities.forms import ReasonForm
from priorities.lists import OVERRIDES, effect, override_sign
from priorities.models import Override, OverrideState
from users.access import NeedsFreshSignIn
from users.http import ActorRequest


def overrides(request: ActorRequest) -> HttpResponseBase:
    """GET /overrides/"""
    require(request.actor.needs(*READERS))
    rows = visible_overrides(request.actor).select_related("proposed_by", "confirmed_by")
    return list_page(request, OVERRIDES, rows)


def override(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /overrides/<id>/"""
    return _page(request, _visible(request, public_id), ReasonForm())


@require_POST
def confirm(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/confirm/"""
    found = _visible(request, public_id)
    form = Form(request.POST)
    form.is_valid()
    if perform(request, lambda: confirm_override(actor=request.actor, override=found, at=now()), form):
        flash(request, _("Confirmed. The request ranks by it from now on, until its window ends."))
        return redirect("priorities:override", found.public_id)
    return _page(request, found, ReasonForm(), shown=form)


@require_POST
def refuse(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/refuse/"""
    found = _visible(request, public_id)
    form = ReasonForm(request.POST)
    if form.is_valid() and perform(
        request,
        lambda: refuse_override(actor=request.actor, override=found, reason=form.cleaned_data["reason"], at=now()),
        form,
    ):
        flash(request, _("Refused. The policy's own rank stands."))
        return redirect("priorities:override", found.public_id)
    return _page(request, found, form, shown=form)


@require_POST
def revoke(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/revoke/"""
    found = _visible(request, public_id)
    form = ReasonForm(request.POST)
    if form.is_valid() and perform(
        request,
        lambda: revoke_override(actor=request.actor, override=found, reason=form.cleaned_data["reason"], at=now()),
        form,
    ):
        flash(request, _("Ended. The policy's own rank stands again."))
        return redirect("priorities:override", found.public_id)
    return _page(request, found, form, shown=form)


def _visible(request: ActorRequest, public_id: UUID) -> Override:
    require(request.actor.needs(*READERS))
    found = (
        visible_overrides(request.actor)
        .select_related("proposed_by", "confirmed_by", "ended_by", "renews")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: Override, reason_form: Form, shown: Form | None = None) -> HttpResponse:
    at = now()
    sign = override_sign(found, at)
    is_open = found.ends_at > at
    signing = may_sign_override(request.actor, found, at=at)
    context: dict[str, Any] = {
        "override": found,
        "sign": sign,
        "effect": effect(found),
        "is_waiting": found.state == OverrideState.PROPOSED and is_open,
        "is_in_force": found.state == OverrideState.ACTIVE and is_open,
        # A stale sign-in step is asked for on the way, so it is no reason to hide the button.
        "may_sign": signing is None or isinstance(signing, NeedsFreshSignIn),
        "why_not": signing,
        "may_end": may_end_override(request.actor) is None,
        "reason_form": reason_form,
        "history": timeline_of("override", found.public_id),
        "shown": shown,
    }
    return form_page(request, "priorities/override.html", shown or reason_form, context)
