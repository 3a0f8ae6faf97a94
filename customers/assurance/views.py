"""Verifications looked at again, complaints about them, and those that run out."""

from datetime import timedelta
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from customers.access import may_see_organizations, visible_claims
from customers.assurance.access import may_complain, may_resolve_review, may_see_reviews, visible_reviews
from customers.assurance.actions.complain import complain
from customers.assurance.actions.remind_of_expiry import RUNNING
from customers.assurance.actions.resolve_review import resolve_review
from customers.assurance.forms import ComplaintForm, FindingForm
from customers.assurance.lapsing import with_drops
from customers.assurance.lists import EXPIRING, REVIEWS, review_badge, review_rows
from customers.assurance.models import AuditDraw, ClaimReview
from customers.claims import GRACE
from customers.models import Claim, ClaimState
from customers.sheets import claim_sheet, with_everything
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest

EXPIRING_WITHIN = timedelta(days=60)


def reviews(request: ActorRequest) -> HttpResponseBase:
    """GET /verification/reviews/"""
    require(may_see_reviews(request.actor))
    context = {"draw": AuditDraw.objects.first()}
    rows = review_rows(visible_reviews(request.actor))
    return list_page(request, REVIEWS, rows, template="assurance/reviews.html", context=context)


def review(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /verification/reviews/<id>/"""
    require(may_see_reviews(request.actor))
    found = (
        (visible_reviews(request.actor).select_related("opened_by", "resolved_by", "verification__by"))
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    form = form_of(request, FindingForm, initial={"row_version": found.row_version})
    if form.is_valid():
        done = perform(
            request,
            lambda: resolve_review(actor=request.actor, review_id=public_id, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The result is kept."))
            return redirect("assurance:review", public_id)
    return form_page(request, "assurance/review.html", form, _review_context(request, found))


def _review_context(request: ActorRequest, found: ClaimReview) -> dict[str, object]:
    claim = with_everything(Claim.objects.filter(pk=found.claim_id)).get()
    domains = list(claim.organization.domains.values_list("domain", flat=True))
    refusal = may_resolve_review(request.actor, found) if found.resolved_at is None else None
    return {
        "review": found,
        "badge": review_badge(found),
        "claim": claim,
        "sheet": claim_sheet(request.actor, claim, domains, now()),
        "may_resolve": found.resolved_at is None and refusal is None,
        "why_not": refusal,
    }


def complaint(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/claims/<id>/complaint/"""
    require(may_see_organizations(request.actor))
    claim = (
        visible_claims(request.actor)
        .select_related("organization", "category")
        .filter(public_id=public_id)
        .exclude(state=ClaimState.DRAFT)
        .first()
    )
    if claim is None:
        raise NotFound()
    require(may_complain(request.actor, claim))
    form = form_of(request, ComplaintForm)
    if form.is_valid():
        done = perform(
            request,
            lambda: complain(actor=request.actor, claim_id=public_id, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("Somebody who was not involved looks at it now."))
            return redirect("customers:claim", public_id)
    return form_page(request, "assurance/complaint.html", form, {"claim": claim})


def expiring(request: ActorRequest) -> HttpResponseBase:
    """GET /organizations/expiring/: what runs out in the next sixty days or is in its grace, and what would follow."""
    require(may_see_organizations(request.actor))
    at = now()
    claims = visible_claims(request.actor).filter(
        state__in=[*RUNNING, ClaimState.GRACE, ClaimState.PROVISIONAL],
        valid_until__gt=at - GRACE,
        valid_until__lte=at + EXPIRING_WITHIN,
    )
    rows = with_drops(claims.select_related("organization__portfolio", "category"))
    return list_page(request, EXPIRING, rows, template="assurance/expiring.html")
