"""The parts of an organization that registering and correcting share."""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from customers.access import sees_organization
from customers.duplicates import holders_of
from customers.kinship import REGISTRATION_LOCK
from customers.models import ExternalId, Organization, OrganizationDomain
from customers.particulars import Particulars
from kit.refusal import Conflict
from users.access import Actor


class ExternalIdTaken(Conflict):
    """Another organization has this id in the same registry; an id names one organization only."""

    code = "external_id_taken"
    message = _("The id %(id)s belongs to another organization: %(organization)s.")
    remedy = _("Open that organization, or leave the id out.")


def take_registration_lock() -> None:
    """Let no other registration look for duplicates before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGISTRATION_LOCK])


def refuse_taken_ids(actor: Actor, particulars: Particulars, *, besides: Organization | None = None) -> None:
    """Raise `ExternalIdTaken` where another organization holds one of the ids."""
    for kind, value, holder in holders_of(particulars.external_ids, besides=besides):
        name = holder.legal_name
        if not sees_organization(actor, holder):
            name = str(_("one of the portfolio %(portfolio)s")) % {"portfolio": holder.portfolio.name}
        message = _("%(id)s belongs to another organization.") % {"id": f"{kind} {value}"}
        raise ExternalIdTaken({"external_ids": [message]}, id=f"{kind} {value}", organization=name)


def store_domains(organization: Organization, domains: Iterable[str]) -> None:
    """Make these the organization's domains; what stays keeps the moment its control was shown."""
    wanted = set(domains)
    organization.domains.exclude(domain__in=wanted).delete()
    known = set(organization.domains.values_list("domain", flat=True))
    OrganizationDomain.objects.bulk_create(
        OrganizationDomain(organization=organization, domain=domain) for domain in sorted(wanted - known)
    )


def store_external_ids(actor: Actor, organization: Organization, particulars: Particulars) -> None:
    """Make these the organization's ids. Raises `ExternalIdTaken` where another took one meanwhile."""
    wanted = {(kind, value.upper()): (kind, value) for kind, value in particulars.external_ids}
    known = {(row.kind, row.value.upper()): row.pk for row in organization.external_ids.all()}
    ExternalId.objects.filter(pk__in=[pk for key, pk in known.items() if key not in wanted]).delete()
    new = [ExternalId(organization=organization, kind=k, value=v) for key, (k, v) in wanted.items() if key not in known]
    try:
        with transaction.atomic():
            ExternalId.objects.bulk_create(new)
    except IntegrityError:
        refuse_taken_ids(actor, particulars, besides=organization)
        raise


def is_above(one: Organization, other: Organization) -> bool:
    """Whether `one` stands above `other`, at any distance; one statement for each step."""
    key: int | None = other.pk
    # By keys, and not by what an object remembers of its parents.
    while key := Organization.objects.filter(pk=key).values_list("parent", flat=True).first():
        if key == one.pk:
            return True
    return False


def as_they_are(organization: Organization) -> Particulars:
    """The particulars as they are stored; two statements."""
    return Particulars(
        legal_name=organization.legal_name,
        country=organization.country,
        offer_type=organization.offer_type,
        aliases=tuple(organization.aliases),
        domains=tuple(row.domain for row in organization.domains.all()),
        external_ids=tuple((row.kind, row.value) for row in organization.external_ids.all()),
        customer_since=organization.customer_since,
    )


def journal_facts(organization: Any, particulars: Particulars) -> dict[str, Any]:
    """What the journal keeps: facts as they are, names as hashes, because the journal holds no names.

    The former legal name stays readable as an alias, so a hash can be proven as long as it is kept.
    """
    return {
        "name_sha256": _hash(particulars.legal_name),
        "aliases_sha256": sorted(_hash(alias) for alias in particulars.aliases),
        "country": particulars.country,
        "offer_type": str(particulars.offer_type),
        "customer_since": particulars.customer_since and particulars.customer_since.isoformat(),
        "domains": sorted(particulars.domains),
        "external_ids": sorted(f"{kind} {value}" for kind, value in particulars.external_ids),
        "portfolio": organization.portfolio.code,
        "parent": str(organization.parent.public_id) if organization.parent else None,
        "is_internal": organization.is_internal,
    }


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
