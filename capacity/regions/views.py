"""Declaring the condition of a region, and answering what somebody declared."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.regions.access import (
    may_answer_condition,
    may_declare_condition,
    may_see_grounds,
    may_withdraw_condition,
    region_for,
    visible_regions,
)
from capacity.regions.actions.confirm_condition import confirm_condition
from capacity.regions.actions.declare_condition import declare_condition
from capacity.regions.actions.refuse_condition import refuse_condition, withdraw_condition
from capacity.regions.conditions import review_is_due
from capacity.regions.forms import ConditionForm, RefuseForm
from capacity.regions.models import ConditionDeclaration, Region
from capacity.regions.queries import condition_history
from capacity.regions.threshold_models import ThresholdProposal
from capacity.regions.threshold_wording import evidence_text
from kit import clock
from kit.commands import form_page, perform
from kit.flash import flash
from kit.refusal import NotFound, Refusal, require
from users.access import NeedsFreshSignIn
from users.http import ActorRequest

# When a declaration that follows the thresholds is looked at again, unless the person says otherwise.
REVIEWED_AFTER = timedelta(days=7)


def declare(request: ActorRequest, code: str) -> HttpResponse:
    """State the condition of a region."""
    region = region_for(request.actor, code)
    require(may_declare_condition(request.actor, region))
    proposed = _proposed(request, region)
    form = ConditionForm(
        request.POST if request.method == "POST" else None,
        region=region,
        may_stay=review_is_due(region, clock.now()),
        initial={"row_version": region.row_version, **(_filled_in(proposed) if proposed else {})},
    )
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: declare_condition(
                actor=request.actor, region_code=region.code, at=clock.now(), **form.cleaned_data
            ),
            form,
        )
        if done:
            declaration = ConditionDeclaration.objects.get(public_id=done.subject)
            if declaration.is_open:
                flash(request, _("Proposed. It takes effect when a duty manager confirms it."))
            else:
                flash(request, _("The condition is in force."))
            return redirect("regions:region", code)
        region.refresh_from_db()
    context = {"region": region, "history": condition_history(region, 5), "proposed": proposed}
    return form_page(request, "regions/declare.html", form, context)


def proposal(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """A declaration, and what may be done with it."""
    return _proposal_page(request, _declaration(request, public_id), RefuseForm())


@require_POST
def confirm(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Put the second signature under a proposal."""
    declaration = _declaration(request, public_id)
    perform(
        request, lambda: confirm_condition(actor=request.actor, declaration_id=declaration.public_id, at=clock.now())
    )
    flash(request, _("The condition is in force."))
    return redirect("regions:region", declaration.region.code)


@require_POST
def refuse(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Refuse a proposal with a reason."""
    declaration = _declaration(request, public_id)
    form = RefuseForm(request.POST)
    if form.is_valid():
        done = perform(
            request,
            lambda: refuse_condition(
                actor=request.actor, declaration_id=declaration.public_id, at=clock.now(), **form.cleaned_data
            ),
            form,
        )
        if done:
            flash(request, _("The proposal is refused; the condition stays as it was."))
            return redirect("regions:region", declaration.region.code)
    return _proposal_page(request, declaration, form)


@require_POST
def withdraw(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """Take one's own proposal back."""
    declaration = _declaration(request, public_id)
    perform(
        request, lambda: withdraw_condition(actor=request.actor, declaration_id=declaration.public_id, at=clock.now())
    )
    flash(request, _("Your proposal is withdrawn."))
    return redirect("regions:region", declaration.region.code)


def _proposal_page(request: ActorRequest, declaration: ConditionDeclaration, form: RefuseForm) -> HttpResponse:
    is_open = declaration.is_open
    why_not = may_answer_condition(request.actor, declaration, clock.now())
    context = {
        "declaration": declaration,
        "region": declaration.region,
        # A step that can be taken on the way is no reason to hide the button.
        "may_answer": is_open and (why_not is None or isinstance(why_not, NeedsFreshSignIn)),
        "why_not": _shown(why_not) if is_open else None,
        "may_withdraw": is_open and may_withdraw_condition(request.actor, declaration) is None,
    }
    if not context["may_answer"]:
        return render(request, "regions/proposal.html", context, status=form.status)
    return form_page(request, "regions/proposal.html", form, context)


def _proposed(request: ActorRequest, region: Region) -> ThresholdProposal | None:
    """The proposal of the thresholds that the address names; an answered one fills nothing in any more."""
    asked = request.GET.get("proposal", "")
    if not asked:
        return None
    try:
        found = ThresholdProposal.objects.filter(region=region, public_id=UUID(asked)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found if found.is_open else None


def _filled_in(proposed: ThresholdProposal) -> dict[str, Any]:
    return {
        "condition": proposed.condition,
        "evidence": evidence_text(proposed),
        "review_date": clock.now().date() + REVIEWED_AFTER,
    }


def _shown(refusal: Refusal | None) -> Refusal | None:
    return None if isinstance(refusal, NeedsFreshSignIn) else refusal


def _declaration(request: ActorRequest, public_id: UUID) -> ConditionDeclaration:
    declaration = (
        ConditionDeclaration.objects.filter(public_id=public_id, region__in=visible_regions(request.actor))
        .select_related("region", "proposed_by", "confirmed_by", "refused_by")
        .first()
    )
    if declaration is None:
        raise NotFound()
    require(may_see_grounds(request.actor, declaration.region.code))
    return declaration
