"""What an organization may belong to, before anybody claims it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from customers.access import may_propose_claim
from customers.proposal_words import shown_proposals
from customers.proposals import Asked, propose_for
from customers.views.organizations import visible_organization
from users.http import ActorRequest


def proposals(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /organizations/<id>/proposals/: ranked proposals with their reasons; a page, or the part of one."""
    found = visible_organization(request, public_id)
    domains = tuple(row["domain"] for row in found.domain_list)
    asked = Asked(found.legal_name, found.country, domains)
    shown = shown_proposals(found, propose_for([asked])[0], may_propose=may_propose_claim(request.actor, found) is None)
    htmx: Any = getattr(request, "htmx", None)
    template = "customers/_proposals.html" if htmx else "customers/proposals.html"
    return render(request, template, {"organization": found, "proposals": shown})
