"""The override register: who asked for what and why, who confirmed it, whom it overtakes, what was learned."""

from collections.abc import Callable
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
from kit.forms import VersionedForm
from kit.lists import list_page
from kit.refusal import NotFound, require
from priorities.access import (
    READERS,
    may_end_override,
    may_propose_override,
    may_review_override,
    may_sign_override,
    visible_overrides,
)
from priorities.actions.confirm_override import confirm_override
from priorities.actions.end_override import revoke_override
from priorities.actions.refuse_override import refuse_override
from priorities.actions.renew_override import renew_override
from priorities.actions.review_override import review_override
from priorities.forms import ReasonForm, RenewForm, ReviewForm
from priorities.lists import OVERRIDES, effect, override_sign, subject_url
from priorities.models import Override, OverrideState
from priorities.override_models import STANDING_STATES, UNSIGNED_STATES
from priorities.panels import overtaken_now, pictures
from users.access import NeedsFreshSignIn
from users.http import ActorRequest
from users.queries import duty_column, duty_in
from users.roles import Role
from users.second_signatures import calls_column, calls_in, whose_turn


def overrides(request: ActorRequest) -> HttpResponseBase:
    """GET /overrides/"""
    require(request.actor.needs(*READERS))
    rows = visible_overrides(request.actor).select_related("proposed_by", "confirmed_by")
    rows = rows.annotate(duty=duty_column(now()))
    htmx: Any = getattr(request, "htmx", None)
    is_page = not htmx and not request.GET.get("format")
    context = {"pictures": pictures(now()) if is_page else ()}
    return list_page(request, OVERRIDES, rows, template="priorities/overrides.html", context=context)


def override(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /overrides/<id>/"""
    return _page(request, _visible(request, public_id))


@require_POST
def confirm(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/confirm/"""
    found, at = _visible(request, public_id), now()
    return _act(
        request,
        found,
        VersionedForm(request.POST),
        lambda values: confirm_override(
            actor=request.actor, override=found, at=at, overtakes=overtaken_now(found, at), **values
        ),
        _("Confirmed. The order follows it until its window ends."),
    )


@require_POST
def refuse(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/refuse/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        ReasonForm(request.POST),
        lambda values: refuse_override(actor=request.actor, override=found, at=now(), **values),
        _("Refused. The policy's own rank stands."),
    )


@require_POST
def revoke(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/revoke/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        ReasonForm(request.POST),
        lambda values: revoke_override(actor=request.actor, override=found, at=now(), **values),
        _("Ended. The policy's own rank stands again."),
    )


@require_POST
def renew(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/renew/: leads to the renewal, which waits for its second signature."""
    found, at = _visible(request, public_id), now()
    return _act(
        request,
        found,
        RenewForm(request.POST),
        lambda values: renew_override(
            actor=request.actor, override=found, at=at, overtakes=overtaken_now(found, at), **values
        ),
        _("Proposed. It goes on when a duty manager confirms it."),
    )


@require_POST
def review(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /overrides/<id>/review/"""
    found = _visible(request, public_id)
    return _act(
        request,
        found,
        ReviewForm(request.POST),
        lambda values: review_override(actor=request.actor, override=found, at=now(), **values),
        _("Your verdict and the lesson are in the register."),
    )


def _act(
    request: ActorRequest,
    found: Override,
    form: VersionedForm,
    act: Callable[[dict[str, Any]], Override],
    done: str,
) -> HttpResponse:
    if form.is_valid() and (performed := perform(request, lambda: act(form.cleaned_data), form)):
        flash(request, done)
        return redirect("priorities:override", performed.subject)
    return _page(request, _visible(request, found.public_id), form)


def _visible(request: ActorRequest, public_id: UUID) -> Any:
    require(request.actor.needs(*READERS))
    found = (
        visible_overrides(request.actor)
        .select_related("proposed_by", "confirmed_by", "ended_by", "reviewed_by", "renews")
        .annotate(duty=duty_column(now()), calls=calls_column("override", asked_at="proposed_at"))
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _page(request: ActorRequest, found: Any, sent: VersionedForm | None = None) -> HttpResponse:
    at, actor = now(), request.actor
    is_open = found.over_at > at
    waits = found.state in UNSIGNED_STATES and is_open
    stands = found.state in STANDING_STATES and is_open
    signing = may_sign_override(actor, found, at=at)
    reviewing = may_review_override(actor, found)
    context: dict[str, Any] = {
        "override": found,
        "sign": override_sign(found, at),
        "effect": effect(found),
        "subject_url": subject_url(found),
        "is_waiting": waits,
        "is_in_force": stands,
        "overtaken": overtaken_now(found, at) if waits else found.overtakes,
        # A stale sign-in step is asked for on the way, so it is no reason to hide the button.
        "may_sign": signing is None or isinstance(signing, NeedsFreshSignIn),
        # To those who never sign it is enough to read who is waited for.
        "why_not": signing if actor.holds(Role.DUTY_MANAGER) else None,
        "turn": whose_turn(
            duty_in(found.duty, found.region_code), asked_at=found.proposed_at, not_by=(found.proposed_by_id,), at=at
        ),
        "calls": calls_in(found.calls) if waits else (),
        "may_end": stands and may_end_override(actor, found) is None,
        "may_renew": found.state == OverrideState.ACTIVE
        and is_open
        and may_propose_override(actor, region=found.region_code or None) is None,
        "review_due_at": found.review_due_at,
        "may_review": found.review_due_at is not None and reviewing is None,
        # Only what is confirmed can have been renewed.
        "renewals": () if waits else list(found.renewals.order_by("number")),
        "forms": {form.__name__: _form(form, found, sent) for form in (ReasonForm, RenewForm, ReviewForm)},
        "history": timeline_of("override", found.public_id),
        "shown": sent,
    }
    return form_page(request, "priorities/override.html", sent or VersionedForm(), context)


def _form(form: type[VersionedForm], found: Override, sent: VersionedForm | None) -> VersionedForm:
    if type(sent) is form:
        return sent
    return form(initial={"row_version": found.row_version}, auto_id=f"{form.__name__}_%s")
