"""Propose an override of a request: first see whom it overtakes, then ask for the second signature."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capacity.requests.access import may_see_requests, visible_requests
from capacity.requests.models import PENDING_STATES, CapacityRequest
from capacity.requests.ranking import policy_in_force
from capacity.review.override_forms import OverrideForm
from capacity.review.overtaking import Movement, movements
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.refusal import Conflict, NotFound, require
from priorities import policy
from priorities.access import may_propose_override
from priorities.actions.propose_override import propose_override
from priorities.models import OverrideKind, OverrideReason
from users.http import ActorRequest


class NothingToOverride(Conflict):
    """The request was decided; its rank does not matter any more."""

    code = "nothing_to_override"
    message = gettext_lazy("%(request)s does not wait for a decision any more, so there is no rank to override.")


def propose(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /requests/<id>/override/

    The button "preview" shows the movements; "propose" carries the act out. Both send the same form.
    """
    require(may_see_requests(request.actor))
    found = _visible(request, public_id)
    require(may_propose_override(request.actor))
    at = now()
    _version, terms = policy_in_force(at)
    form = form_of(
        request,
        OverrideForm,
        initial={
            "kind": OverrideKind.RETIER,
            "to_tier": max(1, found.claimed_tier - 1),
            "hours": terms.override_hours,
            "reason_code": OverrideReason.LIFE_SAFETY,
        },
    )
    shown: list[Movement] = []
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        shown = movements(found, _fact(facts), at=at)
        if "propose" in request.POST:
            overtakes = [row for movement in shown for row in movement.as_rows()]
            done = perform(
                request,
                lambda: propose_override(
                    actor=request.actor,
                    subject_key=found.public_id,
                    subject_label=found.label,
                    overtakes=overtakes,
                    at=at,
                    **facts,
                ),
                form,
            )
            if done:
                flash(request, _("Proposed. It takes effect when a duty manager confirms it."))
                return redirect("priorities:override", done.subject)
    context: dict[str, Any] = {"request_row": found, "movements": shown}
    return form_page(request, "review/override.html", form, context)


def _visible(request: ActorRequest, public_id: UUID) -> CapacityRequest:
    found = (
        visible_requests(request.actor)
        .select_related("organization", "claimed_workload", "confirmed_workload")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    if found.state not in PENDING_STATES:
        raise NothingToOverride(request=found.label)
    return found


def _fact(values: dict[str, Any]) -> policy.OverrideFact:
    kind = policy.OverrideKind(values["kind"])
    return policy.OverrideFact(kind=kind, value=values["to_tier"] if kind is policy.OverrideKind.RETIER else None)
