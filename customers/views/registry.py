"""What is done beside an organization: contact persons, inheritance, handing many to another portfolio."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from customers.access import may_decide_inheritance, may_update_organization, own_portfolios, visible_organizations
from customers.actions.assign_portfolio import Assigned, assign_portfolios
from customers.actions.decide_inheritance import NothingToInherit, decide_inheritance
from customers.actions.keep_contact import keep_contact, remove_contact
from customers.forms_registry import AssignForm, ContactForm, InheritanceForm
from customers.models import Contact
from customers.organization_page import inherited_claims
from customers.views.organizations import visible_organization
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.refusal import Invalid, NotFound, require
from users.http import ActorRequest
from users.roles import Role

MOST_AT_ONCE = 200


class NothingSelected(Invalid):
    """A bulk act needs its set and its aim."""

    code = "nothing_selected"
    message = gettext_lazy("Select the organizations, 200 at most, and the portfolio they go to.")


@require_POST
def assign(request: ActorRequest) -> HttpResponse:
    """POST /organizations/assign/: hand the selected organizations over, each by itself, with a result for each.

    Without a portfolio it shows the set and asks for one.
    """
    require(request.actor.needs(Role.ACCOUNT_MANAGER))
    form = AssignForm(request.POST if "portfolio" in request.POST else None)
    form.limit_to(own_portfolios(request.actor))
    try:
        ids = list(dict.fromkeys(UUID(text) for text in request.POST.getlist("selected")))
    except ValueError:
        ids = []
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise NothingSelected()
    if not form.is_valid():
        rows = visible_organizations(request.actor).filter(public_id__in=ids).select_related("portfolio")
        return form_page(request, "customers/assign.html", form, {"organizations": rows.order_by("sort_name", "pk")})
    portfolio = form.cleaned_data["portfolio"]
    done = perform(
        request,
        lambda: assign_portfolios(actor=request.actor, organization_ids=ids, portfolio=portfolio, at=now()),
    )
    result = done.value if done is not None else None
    if not isinstance(result, Assigned):
        # Sent once more: it was done the first time.
        return redirect("customers:organizations")
    if not result.refused:
        text = ngettext(
            "%(count)s organization handed over.", "%(count)s organizations handed over.", len(result.moved)
        )
        flash(request, text % {"count": len(result.moved)})
        return redirect("customers:organizations")
    return render(request, "customers/assigned.html", {"result": result, "portfolio": portfolio})


def contact(request: ActorRequest, public_id: UUID, contact_id: UUID | None = None) -> HttpResponse:
    """GET and POST /organizations/<id>/contacts/<id>/ and /new/"""
    organization = visible_organization(request, public_id)
    require(may_update_organization(request.actor, organization))
    known = _contact(organization, contact_id) if contact_id else None
    initial: dict[str, Any] = {"row_version": 1}
    if known is not None:
        names = ("row_version", "name", "role", "email", "phone", "language")
        initial = {name: getattr(known, name) for name in names}
    form = form_of(request, ContactForm, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        version = values.pop("row_version")
        done = perform(
            request,
            lambda: keep_contact(
                actor=request.actor,
                organization=organization,
                contact=known,
                row_version=version if known else None,
                at=now(),
                **values,
            ),
            form,
        )
        if done:
            flash(request, _("The contact person is saved."))
            return redirect("customers:organization", organization.public_id)
    return form_page(request, "customers/contact.html", form, {"organization": organization, "contact": known})


@require_POST
def erase_contact(request: ActorRequest, public_id: UUID, contact_id: UUID) -> HttpResponse:
    """POST /organizations/<id>/contacts/<id>/erase/"""
    organization = visible_organization(request, public_id)
    require(may_update_organization(request.actor, organization))
    known = _contact(organization, contact_id)
    perform(
        request,
        lambda: remove_contact(actor=request.actor, organization=organization, contact=known, at=now()),
    )
    flash(request, _("The contact person is erased."))
    return redirect("customers:organization", organization.public_id)


def inheritance(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/<id>/inheritance/"""
    organization = visible_organization(request, public_id)
    require(may_decide_inheritance(request.actor, organization))
    parent = organization.parent
    if parent is None:
        raise NothingToInherit(organization=organization.legal_name)
    form = form_of(request, InheritanceForm)
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: decide_inheritance(
                actor=request.actor, organization=organization, parent=parent, at=now(), **form.cleaned_data
            ),
            form,
        )
        if done:
            flash(request, _("The decision is saved; ranks follow within a minute."))
            return redirect("customers:organization", organization.public_id)
    at = now()
    own = list(organization.claims.all())
    context = {
        "organization": organization,
        "parent": parent,
        "inherited": inherited_claims(organization, own, at),
        "inheritance": organization.inheritance_list[0] if organization.inheritance_list else None,
    }
    return form_page(request, "customers/inheritance.html", form, context)


def _contact(organization: Any, contact_id: UUID) -> Contact:
    found = Contact.objects.filter(organization=organization, public_id=contact_id).first()
    if found is None:
        raise NotFound()
    return found
