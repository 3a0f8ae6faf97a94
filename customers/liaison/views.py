"""The liaison log: the list, a new contact, one item with its steps."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from customers.access import visible_organizations
from customers.liaison.access import WRITERS, may_log_contact, may_move_item, may_see_liaison, visible_items
from customers.liaison.actions.log_contact import log_contact
from customers.liaison.actions.move_item import move_item
from customers.liaison.forms import ContactForm, MoveForm
from customers.liaison.lists import LIAISON, item_rows, step_badge
from customers.liaison.models import LiaisonItem
from customers.models import Organization
from journal.queries import timeline_of
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest


def items(request: ActorRequest) -> HttpResponseBase:
    """GET /liaison/"""
    require(may_see_liaison(request.actor))
    context = {"may_log": request.actor.holds(*WRITERS)}
    return list_page(
        request, LIAISON, item_rows(visible_items(request.actor)), template="liaison/items.html", context=context
    )


def log(request: ActorRequest) -> HttpResponse:
    """GET and POST /liaison/new/, or /liaison/new/?organization=<id>"""
    organization = _organization(request)
    require(may_log_contact(request.actor, organization))
    form = form_of(request, ContactForm, with_organization=organization is not None)
    if form.is_valid():
        done = perform(
            request,
            lambda: log_contact(
                actor=request.actor,
                organization=organization.public_id if organization else None,
                at=now(),
                **form.cleaned_data,
            ),
            form,
        )
        if done:
            flash(request, _("The contact is written down."))
            return redirect("liaison:item", done.subject)
    return form_page(request, "liaison/new.html", form, {"organization": organization})


def item(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /liaison/<id>/: what was said, and moving it along."""
    found = _visible(request, public_id)
    form = form_of(request, MoveForm, initial={"row_version": found.row_version})
    if form.is_valid():
        done = perform(
            request,
            lambda: move_item(actor=request.actor, item_id=found.public_id, at=now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The item is moved along."))
            return redirect("liaison:item", found.public_id)
    context = {
        "item": found,
        "badge": step_badge(found),
        "steps": found.steps.select_related("owner", "by").order_by("-pk"),
        "may_move": found.closed_at is None and may_move_item(request.actor, found) is None,
        "history": timeline_of("liaison", found.public_id),
    }
    return form_page(request, "liaison/item.html", form, context)


def _visible(request: ActorRequest, public_id: UUID) -> LiaisonItem:
    require(may_see_liaison(request.actor))
    rows = visible_items(request.actor).select_related("organization", "owner", "written_by", "closed_by")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _organization(request: ActorRequest) -> Organization | None:
    asked = request.GET.get("organization", "")
    if not asked:
        return None
    try:
        found = visible_organizations(request.actor).filter(public_id=UUID(asked)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found
