"""Reviews of evidence: which entries were lost or changed under a claim, and what a verifier says to that."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from customers.access import may_check_evidence, sees_notes
from customers.actions.resolve_evidence_review import resolve_evidence_review
from customers.registers.comparing import differences
from customers.registers.forms import ReviewForm
from customers.registers.lists import FIELD_NAMES, REVIEWS, review_sign
from customers.registers.models import EvidenceReview
from customers.registers.queries import READERS, visible_reviews, with_subjects
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest


def reviews(request: ActorRequest) -> HttpResponseBase:
    """GET /registers/reviews/"""
    require(request.actor.needs(*READERS))
    return list_page(request, REVIEWS, with_subjects(visible_reviews(request.actor)))


def review(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /registers/reviews/<id>/"""
    require(request.actor.needs(*READERS))
    found = with_subjects(visible_reviews(request.actor)).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    form = form_of(request, ReviewForm, initial={"row_version": found.row_version})
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: resolve_evidence_review(actor=request.actor, review_id=public_id, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The review is done."))
            return redirect("customers:evidence_reviews")
    return form_page(request, "customers/registers/review.html", form, _context(request, found))


def _context(request: ActorRequest, found: EvidenceReview) -> dict[str, Any]:
    pinned = found.evidence.register_row
    assert pinned is not None  # only evidence from registers is reviewed
    return {
        "review": found,
        "sign": review_sign(found),
        "claim": found.evidence.claim,
        "organization": found.evidence.claim.organization,
        "pinned": pinned,
        "differences": [(FIELD_NAMES.get(name, name), old, new) for name, old, new in differences(pinned, found.entry)]
        if found.entry
        else [],
        "shows_notes": sees_notes(request.actor, found.evidence.claim.organization),
        "why_not": may_check_evidence(request.actor, found.evidence) if not found.resolved_at else None,
    }
