"""Requests: the list, and the page of one with its decisions, letters, grants and history."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from capacity.intake.circumstances import with_asked
from capacity.intake.why import queues_of, why_of
from capacity.requests.access import may_file_request, may_see_requests, sees_notes, visible_requests
from capacity.requests.models import PENDING_STATES, CapacityRequest, Decision, RequestMove, RequestState
from capacity.requests.queries import standing_grants
from capacity.requests.ranking import stored_rank
from capacity.review.acts import ACTS, REQUEST_ACTS, Offer, request_offers
from capacity.review.letter import Letter, has_letter, letter
from capacity.review.lists import REQUESTS
from capacity.review.queries import may_see_queue, queue_rows
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import Invalid, NotFound, require
from kit.timeline import Happening
from users.http import ActorRequest
from users.roles import Role

# What a step of a request's life is called in its history.
STEPS = {
    RequestState.DRAFT: _("Draft written"),
    RequestState.QUEUED: _("Filed"),
    RequestState.IN_REVIEW: _("In review"),
    RequestState.INFORMATION_REQUESTED: _("Information requested"),
    RequestState.AWAITING_SECOND_SIGNATURE: _("Signed first, capacity held"),
    RequestState.APPROVED: _("Approved"),
    RequestState.PARTLY_APPROVED: _("Granted in part"),
    RequestState.APPROVED_ELSEWHERE: _("Granted elsewhere"),
    RequestState.WAITLISTED: _("Put on the waiting list"),
    RequestState.DECLINED: _("Declined"),
    RequestState.WITHDRAWN: _("Withdrawn"),
    RequestState.FULFILLED: _("Delivered"),
    RequestState.RELEASED: _("Released"),
}
STEP_TONES = {
    RequestState.APPROVED: "good",
    RequestState.PARTLY_APPROVED: "good",
    RequestState.APPROVED_ELSEWHERE: "good",
    RequestState.FULFILLED: "good",
    RequestState.DECLINED: "bad",
    RequestState.WAITLISTED: "watch",
    RequestState.INFORMATION_REQUESTED: "watch",
}
# What the next step is, in one sentence.
NEXT = {
    RequestState.DRAFT: _("Only you and your portfolio see it. File it when it is complete."),
    RequestState.QUEUED: _("It waits for a reviewer."),
    RequestState.IN_REVIEW: _("A reviewer decides on it."),
    RequestState.INFORMATION_REQUESTED: _("It waits for the account manager's answer; the clock stands still."),
    RequestState.AWAITING_SECOND_SIGNATURE: _("The capacity is held; a duty manager signs second."),
    RequestState.APPROVED: _("It waits for delivery."),
    RequestState.PARTLY_APPROVED: _("It waits for delivery."),
    RequestState.APPROVED_ELSEWHERE: _("It waits for delivery."),
    RequestState.WAITLISTED: _("It returns to review by itself on the next look."),
    RequestState.DECLINED: _("The customer can appeal."),
    RequestState.WITHDRAWN: _("Nothing follows."),
    RequestState.FULFILLED: _("Delivered."),
    RequestState.RELEASED: _("Nothing follows."),
}
LANGUAGES = ("de", "en")


class UnknownLanguage(Invalid):
    """Letters are written in German and English."""

    code = "unknown_language"
    message = _("Letters are written in German (de) and English (en).")


@dataclass(frozen=True)
class DecisionRow:
    """A decision with the letter about it, where there is one."""

    decision: Decision
    letter: Letter | None


def requests(request: ActorRequest) -> HttpResponseBase:
    """GET /requests/"""
    require(may_see_requests(request.actor))
    context = {"may_file": request.actor.holds(Role.ACCOUNT_MANAGER)}
    rows = queue_rows(visible_requests(request.actor))
    return list_page(request, REQUESTS, rows, template="requests/list.html", context=context)


def request_page(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /requests/<id>/; `letter` chooses the language in which letters are shown."""
    return render(request, "requests/request.html", _context(request, public_id))


@require_POST
def act(request: ActorRequest, public_id: UUID, key: str) -> HttpResponse:
    """POST /requests/<id>/<act>/"""
    found = _visible(request, public_id)
    if key not in REQUEST_ACTS:
        raise NotFound()
    wanted = ACTS[key]
    form: Any = wanted.form(request.POST, auto_id=f"{key}_%s")
    if form.is_valid():
        done = perform(
            request,
            lambda: wanted.action(actor=request.actor, request_id=found.public_id, at=now(), **form.facts()),
            form,
        )
        if done:
            flash(request, wanted.done)
            return redirect("requests:request", done.subject)
    context = _context(request, public_id)
    context["offers"] = [
        *(offer for offer in context["offers"] if offer.act is not wanted),
        Offer(wanted, form, is_open=True),
    ]
    return form_page(request, "requests/request.html", form, context)


def _visible(request: ActorRequest, public_id: UUID) -> Any:
    require(may_see_requests(request.actor))
    found = (
        with_asked(visible_requests(request.actor))
        .select_related(
            "organization",
            "claimed_workload",
            "confirmed_workload",
            "confirmed_by",
            "filed_by",
            "ranking__policy_version",
            "campaign",
        )
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def _context(request: ActorRequest, public_id: UUID) -> dict[str, Any]:
    language = request.GET.get("letter") or (get_language() or "de")[:2]
    if language not in LANGUAGES:
        raise UnknownLanguage()
    found = _visible(request, public_id)
    actor = request.actor
    notes = sees_notes(actor, found)
    decisions = list(Decision.objects.filter(request=found).select_related("by", "region", "ranking").order_by("-pk"))
    undone = {decision.follows_id for decision in decisions if decision.outcome == "undo"}
    shown = [
        DecisionRow(one, letter(one, found, language) if has_letter(one) and one.pk not in undone else None)
        for one in decisions
    ]
    grants = list(standing_grants(found))
    ranked = stored_rank(found)
    return {
        "request_row": found,
        "notes": notes,
        "next_step": NEXT[RequestState(found.state)],
        "decisions": shown,
        "language": language,
        "grants": grants,
        "why": why_of(ranked, queues_of(found, found.accepted), at=now()) if ranked is not None else None,
        "history": _history(found, notes),
        "offers": list(request_offers(found, grants, actor, at=now())),
        "is_pending": found.state in PENDING_STATES,
        "is_draft": found.state == RequestState.DRAFT and may_file_request(actor, found.organization) is None,
        "may_review": may_see_queue(actor) is None and found.state in PENDING_STATES,
        "may_override": actor.holds(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER) and found.state in PENDING_STATES,
    }


def _history(found: CapacityRequest, notes: bool) -> list[Happening]:
    moves = RequestMove.objects.filter(request=found).select_related("by").order_by("-pk")
    return [
        Happening(
            at=move.at,
            who=move.by.name if move.by else gettext("Vorrang itself"),
            what=_step(move),
            reason=move.reason if notes else "",
            tone=STEP_TONES.get(RequestState(move.new_state), ""),
        )
        for move in moves
    ]


def _step(move: RequestMove) -> Any:
    if move.new_state == RequestState.QUEUED and move.old_state == RequestState.INFORMATION_REQUESTED:
        return gettext("Information given")
    if move.new_state == RequestState.IN_REVIEW and move.old_state not in (RequestState.QUEUED, ""):
        return gettext("Looked at again") if move.old_state == RequestState.WAITLISTED else gettext("Back in review")
    return STEPS[RequestState(move.new_state)]
