"""Register an organization, once."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_register_organization, visible_organizations
from customers.duplicates import Duplicate, possible_duplicates
from customers.models import Organization
from customers.organizations import (
    journal_facts,
    refuse_taken_ids,
    store_domains,
    store_external_ids,
    take_registration_lock,
)
from customers.particulars import check_particulars
from journal.record import record
from kit.refusal import Conflict, Invalid, NotAllowed, require
from users.access import Actor
from users.models import Portfolio


class LooksLikeDuplicate(Conflict):
    """One or more organizations may be the same; registering anyway takes a reason."""

    code = "looks_like_duplicate"
    message = _("This may be registered already: %(labels)s.")
    remedy = _("Use the existing organization, or register anyway and say why it is another one.")

    def __init__(self, duplicates: list[Duplicate]) -> None:
        self.duplicates = duplicates
        super().__init__(labels="; ".join(duplicate.label for duplicate in duplicates))


class UnknownParent(Invalid):
    """The parent does not exist, or the actor may not know it."""

    code = "unknown_parent"
    message = _("The parent organization is not one you can see.")


class InternalIsNotForSale(NotAllowed):
    """The provider's own services are set up by the system, not by account managers."""

    code = "internal_organization"
    message = _("An internal organization is set up with the installation, not registered by people.")


def register_organization(
    *,
    actor: Actor,
    portfolio: Portfolio,
    legal_name: str,
    country: str,
    offer_type: str,
    aliases: Iterable[str] = (),
    domains: Iterable[str] = (),
    external_ids: Iterable[Sequence[str]] = (),
    customer_since: date | None = None,
    parent: Organization | None = None,
    is_internal: bool = False,
    anyway_reason: str = "",
    at: datetime,
) -> Organization:
    """Register one organization into a portfolio.

    `external_ids` are pairs of kind and value; `customer_since` None means a new customer. Raises
    `CannotTakeParticulars` (fields), `ExternalIdTaken`, and `LooksLikeDuplicate` with the organizations
    in question unless `anyway_reason` says why it is another one.
    """
    with transaction.atomic():
        require(may_register_organization(actor, portfolio))
        if is_internal and not actor.is_system:
            raise InternalIsNotForSale()
        particulars = check_particulars(
            legal_name=legal_name,
            country=country,
            offer_type=offer_type,
            aliases=aliases,
            domains=domains,
            external_ids=external_ids,
            customer_since=customer_since,
            today=at.date(),
        )
        if parent is not None and not visible_organizations(actor).filter(pk=parent.pk).exists():
            raise UnknownParent({"parent": [UnknownParent.message]})
        take_registration_lock()
        refuse_taken_ids(actor, particulars)
        reason = anyway_reason.strip()
        duplicates = possible_duplicates(actor, particulars)
        if duplicates and not reason:
            raise LooksLikeDuplicate(duplicates)
        organization = Organization.objects.create(
            legal_name=particulars.legal_name,
            aliases=list(particulars.aliases),
            sort_name=particulars.sort_name,
            search_text=particulars.search_text,
            name_key=particulars.name_key,
            compared_at=at,
            country=particulars.country,
            offer_type=particulars.offer_type,
            customer_since=particulars.customer_since,
            is_internal=is_internal,
            parent=parent,
            portfolio=portfolio,
            registered_by_id=actor.user_id,
            registered_at=at,
        )
        store_domains(organization, particulars.domains)
        store_external_ids(actor, organization, particulars)
        record(
            actor=actor,
            action="organization.registered",
            subject_type="organization",
            subject_id=organization.public_id,
            reason=reason if duplicates else "",
            after=journal_facts(organization, particulars),
            at=at,
        )
        return organization
