"""Write many new organizations in a handful of statements, with the journal entry of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from customers.models import ExternalId, Organization, OrganizationDomain
from customers.organizations import journal_facts
from journal.record import record_alike
from kit.copying import copy_values, draw_keys
from kit.ids import uuid7_texts
from users.access import Actor
from users.models import Portfolio

if TYPE_CHECKING:
    from customers.importing.known import Known
    from customers.importing.organizations import Row

_COLUMNS = (
    "id",
    "public_id",
    "row_version",
    "legal_name",
    "aliases",
    "sort_name",
    "search_text",
    "name_key",
    "compared_at",
    "country",
    "offer_type",
    "customer_since",
    "is_internal",
    "parent_id",
    "portfolio_id",
    "registered_by_id",
    "registered_at",
)


@dataclass(frozen=True)
class _New:
    """What the journal asks of an organization besides its particulars."""

    portfolio: Portfolio
    parent: "Known | None" = None
    is_internal: bool = False


def register(actor: Actor, rows: Sequence["Row"], at: datetime) -> None:
    """Register the organizations of these rows, which somebody checked and compared under the registration lock.

    They wait to be compared by letter groups as well, which the background does.
    """
    keys = draw_keys(Organization, len(rows))
    public_ids = list(islice(uuid7_texts(), len(rows)))
    copy_values(Organization, _COLUMNS, _organizations(actor, rows, keys, public_ids, at))
    copy_values(
        OrganizationDomain,
        ("organization_id", "domain"),
        ((key, domain) for key, row in zip(keys, rows, strict=True) for domain in row.particulars.domains),
    )
    copy_values(
        ExternalId,
        ("organization_id", "kind", "value"),
        ((key, *pair) for key, row in zip(keys, rows, strict=True) for pair in row.particulars.external_ids),
    )
    record_alike(
        actor=actor,
        action="organization.registered",
        subject_type="organization",
        told=_told(rows, public_ids),
        at=at,
    )


def _organizations(
    actor: Actor, rows: Sequence["Row"], keys: Sequence[int], public_ids: Sequence[Any], at: datetime
) -> Iterator[tuple[Any, ...]]:
    moment = at.isoformat()
    for key, public_id, row in zip(keys, public_ids, rows, strict=True):
        facts = row.particulars
        yield (
            key,
            public_id,
            1,
            facts.legal_name,
            facts.aliases,
            row.sort_name,
            row.search_text,
            row.name_key,
            # Where somebody says why it is another one, it was compared.
            moment if row.different_because else None,
            facts.country,
            facts.offer_type,
            facts.customer_since,
            False,
            row.parent and row.parent.key,
            row.portfolio.pk,
            actor.user_id,
            moment,
        )


def _told(rows: Sequence["Row"], public_ids: Sequence[Any]) -> Iterator[tuple[Any, str, None, dict[str, Any]]]:
    subjects = {row.portfolio.pk: _New(row.portfolio) for row in rows}
    for public_id, row in zip(public_ids, rows, strict=True):
        reason = row.different_because if row.warning else ""
        subject = _New(row.portfolio, row.parent) if row.parent else subjects[row.portfolio.pk]
        yield public_id, reason, None, journal_facts(subject, row.particulars)
