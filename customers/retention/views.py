"""How long personal data is kept, and erasing it on request."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.access import may_update_organization, visible_organizations
from customers.models import Organization
from customers.retention.actions.erase import erase_on_request
from customers.retention.actions.set_retention import set_retention
from customers.retention.forms import ErasureForm, RetentionForm
from customers.retention.kinds import KINDS
from customers.retention.models import Erasure
from customers.retention.rules import days_by_kind
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role

SHOWN = 20


def retention(request: ActorRequest) -> HttpResponse:
    """GET and POST /people/retention/: one form per kind."""
    require(request.actor.needs(Role.ADMINISTRATOR, Role.AUDITOR))
    form = form_of(request, RetentionForm)
    if form.is_valid():
        done = perform(request, lambda: set_retention(actor=request.actor, at=now(), **form.cleaned_data).kind, form)
        if done:
            flash(request, _("From now on it is kept that long."))
            return redirect("retention:retention")
    days = days_by_kind()
    rows = [
        {
            "kind": kind,
            "days": days[code],
            "kept": kind.rows().count(),
            "form": form if form.is_bound and form.data.get("kind") == code else _blank(code, days[code]),
        }
        for code, kind in KINDS.items()
    ]
    context = {
        "rows": rows,
        "may_change": request.actor.holds(Role.ADMINISTRATOR),
        "erasures": [(KINDS[one.kind].label, one) for one in Erasure.objects.select_related("by")[:SHOWN]],
    }
    return form_page(request, "retention/retention.html", form, context)


def _blank(code: str, days: int) -> RetentionForm:
    return RetentionForm(initial={"kind": code, "days": days, "shown_days": days})


def erasure(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /organizations/<id>/erasure/"""
    found = _organization(request, public_id)
    form = form_of(request, ErasureForm)
    if form.is_valid():
        done = perform(
            request,
            lambda: str(
                erase_on_request(actor=request.actor, organization_id=public_id, at=now(), **form.cleaned_data)
            ),
            form,
        )
        if done:
            count = int(done.subject)
            flash(
                request, ngettext("%(count)s item is erased.", "%(count)s items are erased.", count) % {"count": count}
            )
            return redirect(request.path)
    held: list[tuple[Any, int]] = [(kind.label, kind.about(kind.rows(), found).count()) for kind in KINDS.values()]
    erased = Erasure.objects.filter(organization_id=found.public_id).select_related("by")[:SHOWN]
    context = {
        "organization": found,
        "held": held,
        "erasures": [(KINDS[one.kind].label, one) for one in erased],
        "sees_organization": visible_organizations(request.actor).filter(pk=found.pk).exists(),
    }
    return form_page(request, "retention/erasure.html", form, context)


def _organization(request: ActorRequest, public_id: UUID) -> Organization:
    require(request.actor.needs(Role.ADMINISTRATOR, Role.ACCOUNT_MANAGER))
    is_administrator = request.actor.holds(Role.ADMINISTRATOR)
    rows = Organization.objects.all() if is_administrator else visible_organizations(request.actor)
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    if not is_administrator:
        require(may_update_organization(request.actor, found))
    return found
