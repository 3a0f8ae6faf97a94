"""Possible duplicates: the list, and two side by side."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers import names
from customers.access import may_see_organizations, may_update_organization, visible_duplicates
from customers.actions.dismiss_duplicate import dismiss_duplicate
from customers.actions.merge_organizations import merge_organizations
from customers.countries import country_name
from customers.duplicates import sentence
from customers.forms_registry import DismissForm, MergeForm
from customers.lists import DUPLICATES
from customers.models import CLAIM_STANDING, Claim, Organization, PossibleDuplicate
from customers.sheets import with_particulars
from customers.signs import claim_sign
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest


@dataclass(frozen=True)
class Line:
    """One fact of both, and whether they differ in it."""

    label: Any
    one: Any
    other: Any

    @property
    def differs(self) -> bool:
        return bool(self.one != self.other)


def duplicates(request: ActorRequest) -> HttpResponseBase:
    """GET /organizations/duplicates/"""
    require(may_see_organizations(request.actor))
    rows = visible_duplicates(request.actor).select_related("one__portfolio", "other__portfolio")
    return list_page(request, DUPLICATES, rows, template="customers/duplicates.html")


def pair(request: ActorRequest, one_id: UUID, other_id: UUID) -> HttpResponse:
    """GET and POST /organizations/duplicates/<id>/<id>/: two organizations side by side, to be merged or kept apart."""
    require(may_see_organizations(request.actor))
    one, other = _two(request, one_id, other_id)
    may_merge = all(may_update_organization(request.actor, row) is None for row in (one, other))
    found = visible_duplicates(request.actor).filter(one__in=[one, other], other__in=[one, other]).first()
    may_dismiss = found is not None and any(may_update_organization(request.actor, row) is None for row in (one, other))
    is_dismissal = request.POST.get("act") == "dismiss"
    form = MergeForm(request.POST if request.method == "POST" and not is_dismissal else None, one=one, other=other)
    dismissal = DismissForm(request.POST if is_dismissal else None)
    if request.method == "POST":
        answer = _dismiss(request, found, dismissal) if is_dismissal else _merge(request, form)
        if answer is not None:
            return answer
    look = names.likeness(_identity(one), _identity(other))
    context = {
        "one": one,
        "other": other,
        "lines": _lines(one, other),
        "reasons": [sentence(reason) for reason in look.reasons],
        "may_merge": may_merge,
        "may_dismiss": may_dismiss,
        "dismissal": dismissal,
    }
    return form_page(
        request, "customers/duplicate.html", dismissal if is_dismissal else form, {**context, "merge": form}
    )


def _merge(request: ActorRequest, form: MergeForm) -> HttpResponse | None:
    if not form.is_valid():
        return None
    done = perform(request, lambda: merge_organizations(actor=request.actor, at=now(), **form.values()), form)
    if done is None:
        return None
    flash(request, _("They are one organization now. Both histories are kept."))
    return redirect("customers:organization", done.subject)


def _dismiss(request: ActorRequest, found: PossibleDuplicate | None, form: DismissForm) -> HttpResponse | None:
    if found is None:
        raise NotFound()
    if not form.is_valid():
        return None
    done = perform(
        request, lambda: dismiss_duplicate(actor=request.actor, pair=found, at=now(), **form.cleaned_data), form
    )
    if done is None:
        return None
    flash(request, _("They stay two, and are not shown as a pair again."))
    return redirect("customers:duplicates")


def _two(request: ActorRequest, one_id: UUID, other_id: UUID) -> tuple[Any, Any]:
    rows = {row.public_id: row for row in with_particulars(request.actor).filter(public_id__in=[one_id, other_id])}
    if len(rows) < 2:
        raise NotFound()
    claims = Claim.objects.filter(organization__in=list(rows.values()), state__in=CLAIM_STANDING)
    at = now()
    signs: dict[int, list[Any]] = {row.pk: [] for row in rows.values()}
    for claim in claims.select_related("category").order_by("category__position"):
        signs[claim.organization_id].append((claim, claim_sign(claim, at)))
    for row in rows.values():
        row.signs = signs[row.pk]
    return rows[one_id], rows[other_id]


def _identity(row: Any) -> names.Identity:
    return names.Identity(
        row.legal_name, tuple(row.aliases), row.country, tuple(entry["domain"] for entry in row.domain_list)
    )


def _lines(one: Any, other: Any) -> list[Line]:
    def domains(row: Any) -> str:
        return "\n".join(names.display_domain(entry["domain"]) for entry in row.domain_list)

    def ids(row: Any) -> str:
        return "\n".join(f"{entry['kind']} {entry['value']}" for entry in row.id_list)

    def since(row: Organization) -> Any:
        return date_format(row.customer_since) if row.customer_since else _("new customer")

    reads: list[tuple[Any, Any]] = [
        (_("Legal name"), lambda row: row.legal_name),
        (_("Other names"), lambda row: "\n".join(row.aliases)),
        (_("Country"), lambda row: country_name(row.country)),
        (_("Offer type"), lambda row: row.get_offer_type_display()),
        (_("Customer since"), since),
        (_("Portfolio"), lambda row: row.portfolio.name),
        (_("Domains"), domains),
        (_("Ids in registries"), ids),
        (_("Registered"), lambda row: date_format(row.registered_at)),
    ]
    return [Line(label, read(one), read(other)) for label, read in reads]
