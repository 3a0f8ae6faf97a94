"""Organizations: the list, registering, the page of one, correcting it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from customers.access import (
    may_decide_inheritance,
    may_propose_claim,
    may_see_organizations,
    may_update_organization,
    own_portfolios,
    sees_notes,
    sees_organization,
    visible_organizations,
)
from customers.actions.register_organization import LooksLikeDuplicate, register_organization
from customers.actions.update_organization import update_organization
from customers.countries import country_name
from customers.forms import OrganizationChangeForm, OrganizationForm
from customers.lists import ORGANIZATIONS, organization_rows
from customers.names import display_domain
from customers.organization_page import inherited_claims, journal_of, standing_picture, survivor_of
from customers.panels import organization_panels
from customers.sheets import claim_sheet, organization_history, with_everything, with_particulars
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role


def organizations(request: ActorRequest) -> HttpResponseBase:
    """GET /organizations/"""
    require(may_see_organizations(request.actor))
    rows = organization_rows(visible_organizations(request.actor))
    context = {"may_register": request.actor.holds(Role.ACCOUNT_MANAGER)}
    return list_page(request, ORGANIZATIONS, rows, template="customers/organizations.html", context=context)


def register(request: ActorRequest) -> HttpResponse:
    """GET and POST /organizations/new/"""
    require(request.actor.needs(Role.ACCOUNT_MANAGER))
    form = OrganizationForm(request.POST or None)
    form.limit_to(visible_organizations(request.actor), own_portfolios(request.actor))
    if request.method == "POST" and form.is_valid():
        done = perform(request, lambda: register_organization(actor=request.actor, at=now(), **form.cleaned_data), form)
        if done:
            flash(request, _("The organization is registered. Propose its sector category next."))
            return redirect("customers:organization", done.subject)
    duplicates = form.refusal.duplicates if isinstance(form.refusal, LooksLikeDuplicate) else []
    if duplicates:
        form.fields["anyway_reason"].required = True
    elif not form["anyway_reason"].data:
        form.without_reason()
    return form_page(request, "customers/organization_new.html", form, {"duplicates": duplicates})


def organization(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /organizations/<id>/"""
    try:
        found = visible_organization(request, public_id)
    except NotFound:
        # What was merged is found at the one it was merged into, under every address it ever had.
        survivor = survivor_of(public_id)
        if survivor is None or not sees_organization(request.actor, survivor):
            raise
        return redirect("customers:organization", survivor.public_id)
    at = now()
    claims = list(with_everything(found.claims.order_by("category__position", "-pk")))
    domains = [row["domain"] for row in found.domain_list]
    for claim in claims:
        claim.organization = found
    sheets = [claim_sheet(request.actor, claim, domains, at) for claim in claims]
    context = {
        "organization": found,
        "country": country_name(found.country),
        "parent": found.parent if found.parent and sees_organization(request.actor, found.parent) else None,
        "domains": [(display_domain(row["domain"]), row["controlled_at"]) for row in found.domain_list],
        "sheets": sheets,
        "picture": standing_picture(claims, at),
        "contacts": found.contact_list if sees_notes(request.actor, found) else [],
        "shows_contacts": sees_notes(request.actor, found),
        "inherited": inherited_claims(found, claims, at) if found.parent_id else [],
        "inheritance": found.inheritance_list[0] if found.inheritance_list else None,
        "may_decide_inheritance": found.parent_id is not None and may_decide_inheritance(request.actor, found) is None,
        "journal_url": journal_of(found) if request.actor.holds(Role.AUDITOR) else "",
        "history": organization_history(found, claims, sees_notes(request.actor, found)),
        "may_update": may_update_organization(request.actor, found) is None,
        "may_propose": may_propose_claim(request.actor, found) is None,
        "panels": organization_panels(request.actor, found),
    }
    return render(request, "customers/organization.html", context)


def change(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/<id>/change/"""
    found = visible_organization(request, public_id)
    require(may_update_organization(request.actor, found))
    form = OrganizationChangeForm(request.POST or None, initial=_as_form_values(found))
    form.limit_to(visible_organizations(request.actor), own_portfolios(request.actor), present=found)
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: update_organization(actor=request.actor, organization=found, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The changes are saved."))
            return redirect("customers:organization", done.subject)
    return form_page(request, "customers/organization_change.html", form, {"organization": found})


def visible_organization(request: ActorRequest, public_id: UUID) -> Any:
    """The organization with what its pages show. Raises `NeedsRole` and `NotFound`."""
    require(may_see_organizations(request.actor))
    found = with_particulars(request.actor).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _as_form_values(found: Any) -> dict[str, Any]:
    return {
        "row_version": found.row_version,
        "legal_name": found.legal_name,
        "country": found.country,
        "offer_type": found.offer_type,
        "customer_since": found.customer_since,
        "portfolio": found.portfolio.public_id,
        "domains": [row["domain"] for row in found.domain_list],
        "external_ids": [(row["kind"], row["value"]) for row in found.id_list],
        "aliases": found.aliases,
        "parent": str(found.parent.public_id) if found.parent else "",
    }
