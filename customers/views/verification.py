"""Verification: the queue, a case with its evidence beside the register, and what a verifier may do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from customers.access import may_check_evidence, may_decide_claim, may_see_verification, may_verify, visible_claims
from customers.actions.check_evidence import CHECKABLE, check_evidence
from customers.actions.make_provisional import make_provisional
from customers.actions.reject_claim import reject_claim
from customers.actions.request_information import request_information
from customers.actions.revoke_claim import revoke_claim
from customers.actions.suspend_claim import suspend_claim
from customers.actions.take_case import take_case
from customers.actions.take_up_claim import WAITING, take_up_claim
from customers.actions.verify_claim import last_day, verify_claim
from customers.forms_verification import (
    ActForm,
    CheckForm,
    QuestionForm,
    ReasonForm,
    RejectForm,
    VerifyForm,
    WithdrawForm,
)
from customers.letters import letters_about, letters_of
from customers.lists import CASE_LIST, case_rows
from customers.models import CLAIM_LIFE, CaseLease, Claim, ClaimState
from customers.queries import CASES, waiting_for_verifier
from customers.views.claims import claim_context
from kit import leases
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.forms import VersionedForm
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest


@dataclass(frozen=True)
class Act:
    """Something a verifier may do with a case: a form, an action, and what is said before and after."""

    key: str
    label: Any
    form: type[VersionedForm]
    action: Callable[..., Any]
    to: ClaimState
    effect: Any
    done: Any
    tone: str = "action"
    # The single key that unfolds it.
    shortcut: str = ""

    def is_possible(self, claim: Claim) -> bool:
        """Whether the claim's state leads there."""
        if self.key == "take-up":
            return claim.state in WAITING
        return CLAIM_LIFE.allows(claim.state, self.to)


ACTS = {
    act.key: act
    for act in (
        Act(
            "take-up", _("Take up"), ActForm, take_up_claim, ClaimState.IN_VERIFICATION,
            _("The case is yours to check; the account manager sees that it is in verification."),
            _("The case is in verification."), shortcut="t",
        ),
        Act(
            "verify", _("Verify"), VerifyForm, verify_claim, ClaimState.VERIFIED,
            _("The category counts for the organization up to and including this day. Ranks follow within a minute."),
            _("The claim is verified. Ranks follow within a minute."), shortcut="v",
        ),
        Act(
            "provisional", _("Count provisionally"), ReasonForm, make_provisional, ClaimState.PROVISIONAL,
            _("The category counts for 14 days, after verified ones, and only once. Ranks follow within a minute."),
            _("The claim counts provisionally for 14 days. Ranks follow within a minute."), shortcut="p",
        ),
        Act(
            "ask", _("Request information"), QuestionForm, request_information, ClaimState.INFORMATION_REQUESTED,
            _("The account manager sees the question; the case waits for the answer."),
            _("The question is with the account manager."), shortcut="i",
        ),
        Act(
            "reject", _("Reject"), RejectForm, reject_claim, ClaimState.REJECTED,
            _("The category does not count. It can be proposed again with other evidence."),
            _("The claim is rejected. Ranks follow within a minute."), "danger", "d",
        ),
        Act(
            "suspend", _("Suspend"), WithdrawForm, suspend_claim, ClaimState.SUSPENDED,
            _("The category stops counting for new requests until it is verified again. What was granted stays."),
            _("The claim is suspended. Ranks follow within a minute."), "danger",
        ),
        Act(
            "revoke", _("Revoke"), WithdrawForm, revoke_claim, ClaimState.REVOKED,
            _("The category stops counting for new requests, for good. What was granted stays."),
            _("The claim is revoked. Ranks follow within a minute."), "danger",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """An act as the page offers it, with its form as it stands."""

    act: Act
    form: VersionedForm
    is_open: bool = False
    is_primary: bool = False


def queue(request: ActorRequest) -> HttpResponseBase:
    """GET /verification/"""
    require(may_see_verification(request.actor))
    rows = case_rows(visible_claims(request.actor).filter(state__in=CASES))
    context = {"may_verify": may_verify(request.actor) is None}
    return list_page(request, CASE_LIST, rows, template="customers/verification.html", context=context)


def next_case(request: ActorRequest) -> HttpResponse:
    """GET /verification/next/: the most urgent waiting case that one may decide and nobody else has in hand."""
    require(may_verify(request.actor))
    held = CaseLease.objects.filter(until__gt=now()).exclude(holder=request.actor.user_id)
    waiting = waiting_for_verifier(request.actor).exclude(pk__in=held.values("claim"))
    found = waiting.order_by("-urgency", "filed_at", "pk").values_list("public_id", flat=True).first()
    if found is None:
        flash(request, _("Nothing else waits for you."))
        return redirect("customers:verification")
    return redirect("customers:case", found)


def case(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /verification/<id>/"""
    return render(request, "customers/case.html", _case_context(request, public_id)[1])


@require_POST
def act(request: ActorRequest, public_id: UUID, key: str) -> HttpResponse:
    """POST /verification/<id>/<act>/"""
    require(may_verify(request.actor))
    wanted = ACTS.get(key)
    if wanted is None:
        raise NotFound()
    found, context = _case_context(request, public_id)
    form = wanted.form(request.POST, auto_id=f"{key}_%s")
    is_valid = form.is_valid()
    if is_valid and "preview" in request.POST:
        text = form.cleaned_data.get("question", form.cleaned_data.get("reason", ""))
        code = form.cleaned_data.get("reason_code", "")
        context["preview"] = letters_about(found, wanted.to, code, text, found.evidence.all())
    elif is_valid:
        done = perform(
            request, lambda: wanted.action(actor=request.actor, claim=found, at=now(), **form.cleaned_data), form
        )
        if done:
            flash(request, wanted.done)
            return redirect("customers:case", done.subject)
        context = _case_context(request, public_id)[1]
    others = [offer for offer in context["offers"] if offer.act is not wanted]
    context["offers"] = [Offer(wanted, form, is_open=True), *others]
    return form_page(request, "customers/case.html", form, context)


@require_POST
def check(request: ActorRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """POST /verification/<id>/evidence/<id>/"""
    require(may_verify(request.actor))
    found, context = _case_context(request, public_id)
    item = found.evidence.filter(public_id=evidence_id).select_related("claim").first()
    if item is None:
        raise NotFound()
    form = CheckForm(request.POST, auto_id=f"check_{evidence_id}_%s")
    if form.is_valid():
        data = form.cleaned_data
        done = perform(
            request,
            lambda: check_evidence(
                actor=request.actor,
                evidence=item,
                holds=data["holds"],
                reason=data["reason"],
                row_version=data["row_version"],
                at=now(),
            ),
            form,
        )
        if done:
            flash(request, _("The evidence is checked."))
            return redirect("customers:case", found.public_id)
        context = _case_context(request, public_id)[1]
    return form_page(request, "customers/case.html", form, {**context, "check_form": form, "checked": evidence_id})


def _case_context(request: ActorRequest, public_id: UUID) -> tuple[Claim, dict[str, Any]]:
    require(may_see_verification(request.actor))
    found, context = claim_context(request, public_id)
    at = now()
    distance = may_decide_claim(request.actor, found)
    held_by = leases.holder_of(found, at=at)
    if held_by is not None and held_by.pk == request.actor.user_id:
        held_by = None
    if distance is None and held_by is None and found.state in CASES:
        take_case(actor=request.actor, claim=found, at=at)
    offers = []
    if distance is None:
        for one in ACTS.values():
            if one.is_possible(found):
                initial: dict[str, Any] = {"row_version": found.row_version}
                if one.key == "verify":
                    initial["valid_until_date"] = last_day(found, at)
                leads_on = one.key == "take-up" or (one.key == "verify" and not context["sheet"].missing)
                form = one.form(initial=initial, auto_id=f"{one.key}_%s")
                offers.append(Offer(one, form, is_primary=leads_on))
    checkable = {
        sheet.evidence.public_id
        for sheet in context["sheet"].evidence
        if found.state in CHECKABLE and may_check_evidence(request.actor, sheet.evidence) is None
    }
    unchecked = [one.evidence.public_id for one in context["sheet"].evidence if one.evidence.checked_by_id is None]
    first = next((key for key in unchecked if key in checkable), None)
    own = {
        "first_unchecked": first,
        "letters": letters_of(found),
        "offers": offers,
        "distance": distance,
        "checkable": checkable,
        "held_by": held_by,
        "on": "case",
    }
    return found, {**context, **own}
