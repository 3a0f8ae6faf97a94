"""Read a file of customers: each row is registered by itself, and a known one stays as it is."""

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from customers.access import own_portfolios
from customers.actions.register_organization import register_organization
from customers.importing.runs import Outcome, RowResult
from customers.models import ExternalId, Organization, OrganizationDomain
from customers.names import BadDomain, normalize_domain, sort_key
from kit.csvfiles import CsvRow, read_csv
from kit.refusal import Refusal
from users.access import Actor
from users.models import Portfolio

REQUIRED = ("legal_name", "country", "offer_type", "portfolio")
OPTIONAL = ("customer_since", "domains", "external_ids", "aliases", "different_because")
MAX_ROWS = 100_000
BETWEEN = "|"  # between several values in one cell


class _WouldBeRegistered(Exception):
    """Undoes a dry run's row."""


def import_organizations(
    *,
    actor: Actor,
    content: bytes,
    is_dry_run: bool,
    at: datetime,
    on_row: Callable[[RowResult], None],
    on_total: Callable[[int], None] = lambda total: None,
) -> None:
    """Register the organizations of a CSV file through the same action as the form.

    Several domains, aliases and ids (`kind:value`) are separated by "|". A row is known, and left as
    it is, where an organization has one of its ids, or its name and country and one of its domains.
    One that only looks like another is refused unless `different_because` says why it is not the
    same. Every row is its own transaction, so a run that was cut off is simply run again. Raises
    `CannotReadFile` before anything is written.
    """
    rows = list(read_csv(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL, max_rows=MAX_ROWS))
    on_total(len(rows))
    portfolios = {one.code: one for one in (Portfolio.objects.all() if actor.is_system else own_portfolios(actor))}
    for row in rows:
        on_row(_take(actor, row, portfolios, is_dry_run=is_dry_run, at=at))


def _take(
    actor: Actor, row: CsvRow, portfolios: Mapping[str, Portfolio], *, is_dry_run: bool, at: datetime
) -> RowResult:
    name = row.values.get("legal_name", "")
    if row.problem:
        return RowResult(row.number, name, Outcome.REFUSED, row.problem)
    portfolio = portfolios.get(row.values["portfolio"])
    if portfolio is None:
        message = gettext("portfolio: “%(code)s” is not a portfolio of yours.")
        return RowResult(row.number, name, Outcome.REFUSED, message % {"code": row.values["portfolio"][:60]})
    try:
        customer_since = _day(row.values.get("customer_since", ""))
    except ValueError:
        message = gettext("customer_since: write the day as 2020-03-21.")
        return RowResult(row.number, name, Outcome.REFUSED, message)
    external_ids = [_pair(text) for text in _several(row.values.get("external_ids", ""))]
    domains = _several(row.values.get("domains", ""))
    if _is_known(name, row.values["country"], domains, external_ids):
        return RowResult(row.number, name, Outcome.UNCHANGED)
    try:
        with transaction.atomic():
            register_organization(
                actor=actor,
                portfolio=portfolio,
                legal_name=name,
                country=row.values["country"],
                offer_type=row.values["offer_type"],
                aliases=_several(row.values.get("aliases", "")),
                domains=domains,
                external_ids=external_ids,
                customer_since=customer_since,
                anyway_reason=row.values.get("different_because", ""),
                at=at,
            )
            if is_dry_run:
                raise _WouldBeRegistered
    except _WouldBeRegistered:
        pass
    except Refusal as refusal:
        return RowResult(row.number, name, Outcome.REFUSED, str(refusal))
    return RowResult(row.number, name, Outcome.CREATED)


def _is_known(name: str, country: str, domains: list[str], external_ids: list[tuple[str, str]]) -> bool:
    for kind, value in external_ids:
        if ExternalId.objects.filter(kind=kind.lower(), value__iexact=value).exists():
            return True
    same = Organization.objects.filter(sort_name=sort_key(name), legal_name=name, country=country.upper()[:2])
    if not domains:
        return same.exists()
    return OrganizationDomain.objects.filter(organization__in=same, domain__in=_normalized(domains)).exists()


def _normalized(domains: list[str]) -> list[str]:
    found = []
    for text in domains:
        try:
            found.append(normalize_domain(text))
        except BadDomain:
            continue  # Registering says what is wrong with it.
    return found


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(BETWEEN) if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    kind, _colon, value = text.partition(":")
    return kind.strip(), value.strip()


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
