"""Eligible, not claimed: organizations that a register lists for a tier-1 category and that have no claim."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.access import may_propose_claim
from customers.actions.claim_matches import NothingSelected, claim_matches
from customers.register_matches import reference_of
from customers.registers.eligible import unclaimed_matches, with_subjects
from customers.registers.lists import MATCHES
from customers.registers.models import MatchRun
from customers.registers.queries import READERS
from kit.clock import now
from kit.commands import perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role


def matches(request: ActorRequest) -> HttpResponseBase:
    """GET /registers/eligible/"""
    require(request.actor.needs(*READERS))
    rows = with_subjects(unclaimed_matches(request.actor))
    context = {"last": MatchRun.objects.first(), "may_claim": request.actor.holds(Role.ACCOUNT_MANAGER)}
    return list_page(request, MATCHES, rows, template="customers/registers/matches.html", context=context)


def claim(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /registers/eligible/<id>/: the form of a claim with the category and the entry filled in."""
    require(request.actor.needs(*READERS))
    found = with_subjects(unclaimed_matches(request.actor)).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    organization = found.organization
    if may_propose_claim(request.actor, organization) is not None:
        return redirect("customers:organization", organization.public_id)
    filled = urlencode({"category": found.category.code, "register_row": reference_of(found.entry)})
    return redirect(f"{reverse('customers:propose', args=[organization.public_id])}?{filled}")


@require_POST
def claim_selected(request: ActorRequest) -> HttpResponse:
    """POST /registers/eligible/claim/: claim for the selected organizations, one result each."""
    require(request.actor.needs(Role.ACCOUNT_MANAGER))
    try:
        ids = [UUID(text) for text in request.POST.getlist("selected")]
    except ValueError:
        raise NothingSelected() from None
    done = perform(request, lambda: claim_matches(actor=request.actor, match_ids=ids, at=now()))
    assert done is not None  # without a form, refusals are raised
    flash(request, _("Every selected organization was looked at; this is what became of each."))
    return redirect("customers:import_run", done.subject)
