"""The review page: request and evidence side by side, why this rank, what deciding now does, and the acts."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from capacity.regions.models import Region
from capacity.requests.models import Decision
from capacity.review.actions.undo_decision import undo_decision
from capacity.review.acts import ACTS, REVIEW_ACTS, Offer, review_form, review_offers
from capacity.review.models import Lease
from capacity.review.queries import may_see_queue, published_order, regions_in_reach, to_decide
from capacity.review.review_page import ReviewPage, review_page
from capacity.review.wording import decided_sentence
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.refusal import NotFound, require
from users.http import ActorRequest

# How far down the queue the next case is looked for, past those that others work on.
LOOK_PAST = 20


def case(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /queue/<id>/"""
    page = _page(request, public_id)
    return render(request, "review/case.html", _context(request, page))


@require_POST
def act(request: ActorRequest, public_id: UUID, key: str) -> HttpResponse:
    """POST /queue/<id>/<act>/: decide; then the next case of the queue."""
    page = _page(request, public_id)
    if key not in REVIEW_ACTS:
        raise NotFound()
    wanted = ACTS[key]
    form = review_form(wanted, page, request.POST)
    if form.is_valid():
        done = perform(
            request,
            lambda: wanted.action(actor=request.actor, request_id=public_id, at=now(), **form.facts()),
            form,
        )
        if done:
            return _after(request, public_id, key, done.value)
        page = _page(request, public_id)
    context = _context(request, page)
    others = [offer for offer in context["offers"] if offer.act is not wanted]
    context["offers"] = [*others, Offer(wanted, form, is_open=True)] if page.is_reviewable else others
    return form_page(request, "review/case.html", form, context)


@require_POST
def undo(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """POST /queue/decisions/<id>/undo/"""
    require(may_see_queue(request.actor))
    done = perform(request, lambda: undo_decision(actor=request.actor, decision_id=public_id, at=now()))
    flash(request, _("Taken back. The request is in review again."))
    found = Decision.objects.select_related("request").get(public_id=done.subject) if done else None
    return redirect("review:case", found.request.public_id) if found else redirect("review:queue")


def _page(request: ActorRequest, public_id: UUID) -> ReviewPage:
    require(may_see_queue(request.actor))
    return review_page(request.actor, public_id, at=now())


def _context(request: ActorRequest, page: ReviewPage) -> dict[str, Any]:
    return {"page": page, "request_row": page.request, "offers": list(review_offers(page, request.actor))}


def _after(request: ActorRequest, public_id: UUID, key: str, value: Any) -> HttpResponse:
    """Say what was done, with a way back, and go on where the work goes on."""
    if not isinstance(value, Decision):
        flash(request, ACTS[key].done)
        return redirect("review:case", public_id) if key in ("confirm", "reclassify") else redirect("review:queue")
    undo_url = reverse("review:undo", args=[value.public_id]) if ACTS[key].can_undo else None
    flash(request, decided_sentence(value, value.request), undo_url)
    if key in ("sign", "refuse"):
        return redirect("review:queue")
    following = _next_case(request)
    return redirect("review:case", following) if following else redirect("review:queue")


def _next_case(request: ActorRequest) -> UUID | None:
    """The first case of the queue that nobody else works on."""
    at = now()
    scope = regions_in_reach(request.actor, Region.objects.only("code", "condition"))
    waiting = list(to_decide(request.actor, published_order(scope))[:LOOK_PAST])
    leased = set(
        Lease.objects.filter(request__in=[one.pk for one in waiting], until__gt=at)
        .exclude(holder=request.actor.user_id)
        .values_list("request_id", flat=True)
    )
    return next((one.public_id for one in waiting if one.pk not in leased), None)
