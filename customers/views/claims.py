"""Claims from the account manager's side: proposing, looking at one, adding evidence, answering."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from customers.access import (
    may_add_evidence,
    may_answer_information,
    may_decide_claim,
    may_propose_claim,
    may_see_organizations,
    visible_claims,
)
from customers.actions.add_evidence import add_evidence
from customers.actions.answer_information import answer_information
from customers.actions.propose_claim import INTERNAL_CATEGORY, propose_claim
from customers.assurance.access import counts, may_complain
from customers.forms_evidence import ClaimForm, EvidenceForm
from customers.forms_verification import AnswerForm
from customers.letters import letters_of
from customers.models import CLAIM_STANDING, Claim, ClaimState, Organization, SectorCategory
from customers.proofs.codes import MAILBOXES
from customers.register_matches import find_rows
from customers.registers.queries import open_reviews
from customers.sheets import claim_sheet, next_step, with_everything
from customers.views.organizations import visible_organization
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.refusal import NotFound, require
from users.http import ActorRequest

MAX_QUERY = 200


def propose(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/<id>/claims/new/; `q` searches the registers.

    `category` and `register_row` fill the form in, as a proposal does that was taken up.
    """
    found = visible_organization(request, public_id)
    require(may_propose_claim(request.actor, found))
    form = ClaimForm(
        request.POST or None, initial={key: request.GET.get(key, "") for key in ("category", "register_row")}
    )
    query = _offer(request, form, found, [row["domain"] for row in found.domain_list])
    if not found.is_internal:
        form.fields["category"].queryset = SectorCategory.objects.exclude(code=INTERNAL_CATEGORY)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: propose_claim(
                actor=request.actor,
                organization=found,
                category=form.cleaned_data["category"],
                statement=form.cleaned_data["statement"],
                evidence=form.items(),
                at=now(),
            ),
            form,
        )
        if done:
            flash(request, _("The claim waits for a verifier now."))
            return redirect("customers:claim", done.subject)
    return form_page(request, "customers/claim_new.html", form, {"organization": found, "query": query})


def claim(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /organizations/claims/<id>/"""
    found, context = claim_context(request, public_id)
    form = AnswerForm(initial={"row_version": found.row_version}, auto_id="answer_%s")
    return render(request, "customers/claim.html", {**context, "answer_form": form, "letters": letters_of(found)})


def answer(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /organizations/claims/<id>/answer/"""
    found, context = claim_context(request, public_id)
    form = AnswerForm(request.POST, auto_id="answer_%s")
    if form.is_valid():
        data = form.cleaned_data
        done = perform(
            request,
            lambda: answer_information(
                actor=request.actor, claim=found, answer=data["answer"], row_version=data["row_version"], at=now()
            ),
            form,
        )
        if done:
            flash(request, _("Your answer is with the verifier."))
            return redirect("customers:claim", done.subject)
        found, context = claim_context(request, public_id)
    return form_page(request, "customers/claim.html", form, {**context, "answer_form": form})


def evidence(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/claims/<id>/evidence/"""
    require(may_see_organizations(request.actor))
    found = visible_claims(request.actor).select_related("organization", "category").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    require(may_add_evidence(request.actor, found))
    form = EvidenceForm(request.POST or None)
    query = _offer(request, form, found.organization, [row.domain for row in found.organization.domains.all()])
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: add_evidence(actor=request.actor, claim=found, items=form.items(), at=now()),
            form,
        )
        if done:
            flash(request, _("The evidence is added."))
            return redirect("customers:claim", found.public_id)
    context = {"claim": found, "organization": found.organization, "query": query}
    return form_page(request, "customers/claim_evidence.html", form, context)


def claim_context(request: ActorRequest, public_id: UUID) -> tuple[Claim, dict[str, Any]]:
    """The claim and what its pages show. Raises `NeedsRole` and `NotFound`."""
    require(may_see_organizations(request.actor))
    found = with_everything(visible_claims(request.actor)).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    at = now()
    rows = list(found.organization.domains.all())
    domains = [row.domain for row in rows]
    sheet = claim_sheet(request.actor, found, domains, at)
    actor = request.actor
    return found, {
        "claim": found,
        "organization": found.organization,
        "domains": domains,
        "mailboxes": MAILBOXES,
        "on": "claim",
        "sheet": sheet,
        "reviews": open_reviews(found.pk) if any(entry.evidence.register_row_id for entry in sheet.evidence) else [],
        "next_step": next_step(sheet, at),
        "may_complain": counts(found) and may_complain(actor, found) is None,
        "may_answer": found.state == ClaimState.INFORMATION_REQUESTED and may_answer_information(actor, found) is None,
        "may_add": found.state in CLAIM_STANDING and may_add_evidence(actor, found) is None,
        "may_decide": may_decide_claim(actor, found) is None,
    }


def _offer(
    request: ActorRequest, form: ClaimForm | EvidenceForm, organization: Organization, domains: list[str]
) -> str:
    query = request.GET.get("q", "")[:MAX_QUERY]
    form.offer(domains, find_rows(organization, domains, query), organization)
    return query
