"""Correct what is said about an organization."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_register_organization, may_update_organization, visible_organizations
from customers.actions.register_organization import UnknownParent
from customers.assurance.actions.review_renamed import review_renamed
from customers.models import Organization
from customers.organizations import (
    as_they_are,
    is_above,
    journal_facts,
    refuse_taken_ids,
    store_domains,
    store_external_ids,
    take_registration_lock,
)
from customers.particulars import check_particulars
from journal.record import record
from kit.refusal import Invalid, require, require_version
from users.access import Actor
from users.models import Portfolio


class ParentBelow(Invalid):
    """An organization cannot stand below itself."""

    code = "parent_below"
    message = _("The parent stands below this organization itself.")
    remedy = _("Choose another parent, or change that one first.")


def update_organization(
    *,
    actor: Actor,
    organization: Organization,
    row_version: int | None,
    portfolio: Portfolio,
    legal_name: str,
    country: str,
    offer_type: str,
    aliases: Iterable[str] = (),
    domains: Iterable[str] = (),
    external_ids: Iterable[Sequence[str]] = (),
    customer_since: date | None = None,
    parent: Organization | None = None,
    at: datetime,
) -> Organization:
    """Replace the particulars by these; a former legal name is kept as another name.

    Another name, and not only another spelling or legal form, lets a verifier look at its verifications again.
    `row_version` is the version the form was shown (None skips the check). Handing it to another
    portfolio needs both. Raises `StaleForm`, `CannotTakeParticulars`, `ExternalIdTaken`, `ParentBelow`.
    """
    with transaction.atomic():
        # One at a time: imports rely on it for ids, and two changes of parents could close a circle that neither sees.
        take_registration_lock()
        organization = (
            Organization.objects.select_for_update(of=("self",))
            .select_related("portfolio", "parent")
            .get(pk=organization.pk)
        )
        require(may_update_organization(actor, organization))
        if portfolio.pk != organization.portfolio_id:
            require(may_register_organization(actor, portfolio))
        if row_version is not None:
            require_version(organization, row_version)
        former, former_key = organization.legal_name, organization.name_key
        particulars = check_particulars(
            legal_name=legal_name,
            country=country,
            offer_type=offer_type,
            aliases=[*aliases, former],
            domains=domains,
            external_ids=external_ids,
            customer_since=customer_since,
            today=at.date(),
        )
        _check_parent(actor, organization, parent)
        refuse_taken_ids(actor, particulars, besides=organization)
        before = journal_facts(organization, as_they_are(organization))
        organization.legal_name = particulars.legal_name
        organization.aliases = list(particulars.aliases)
        organization.sort_name = particulars.sort_name
        organization.search_text = particulars.search_text
        organization.name_key = particulars.name_key
        organization.country = particulars.country
        organization.offer_type = particulars.offer_type
        organization.customer_since = particulars.customer_since
        organization.portfolio = portfolio
        organization.parent = parent
        after = journal_facts(organization, particulars)
        changed = [name for name in after if after[name] != before[name]]
        if not changed:
            return organization
        if {"name_sha256", "country", "domains"} & set(changed):
            organization.compared_at = None  # the background looks again who may be the same
        organization.row_version += 1
        organization.save()
        store_domains(organization, particulars.domains)
        store_external_ids(actor, organization, particulars)
        record(
            actor=actor,
            action="organization.updated",
            subject_type="organization",
            subject_id=organization.public_id,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            at=at,
        )
        if organization.name_key != former_key:
            review_renamed(actor=actor, organization=organization, former=former, name=organization.legal_name, at=at)
        return organization


def _check_parent(actor: Actor, organization: Organization, parent: Organization | None) -> None:
    if parent is None or parent.pk == organization.parent_id:
        return
    if not visible_organizations(actor).filter(pk=parent.pk).exists():
        raise UnknownParent({"parent": [UnknownParent.message]})
    if parent.pk == organization.pk or is_above(organization, parent):
        raise ParentBelow({"parent": [ParentBelow.message]})
