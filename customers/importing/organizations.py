"""Read a file of customers: every row is checked by itself, then all are compared and written in one transaction."""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from customers.access import own_portfolios, sees_portfolio
from customers.importing import known, writing
from customers.importing.known import Known
from customers.importing.runs import Outcome, RowResult
from customers.names import display_domain, is_free_mail
from customers.organizations import take_registration_lock
from customers.particulars import CannotTakeParticulars, Particulars, check_particulars
from kit.copying import collecting_later
from kit.csvfiles import CsvRow, read_csv
from users.access import Actor
from users.models import Portfolio

REQUIRED = ("legal_name", "country", "offer_type", "portfolio")
OPTIONAL = ("customer_since", "domains", "external_ids", "aliases", "parent", "different_because")
MAX_ROWS = 100_000
BETWEEN = "|"  # between several values in one cell
STEP = 5_000  # rows between two reports of progress


@dataclass(slots=True)
class Row:
    """A row whose values are good, and what follows from them. `warning` tells of who looks like it."""

    number: int
    particulars: Particulars
    portfolio: Portfolio
    different_because: str
    sort_name: str
    name_key: str
    search_text: str
    parent_id: tuple[str, str] | None = None
    parent: Known | None = None
    warning: str = ""

    @property
    def told_domains(self) -> list[str]:
        """The domains that say something about who it is."""
        return [domain for domain in self.particulars.domains if not is_free_mail(domain)]


def import_organizations(
    *,
    actor: Actor,
    content: bytes,
    is_dry_run: bool,
    at: datetime,
    keep: Callable[[Sequence[RowResult]], None],
    on_total: Callable[[int], None] = lambda total: None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Register the organizations of a CSV file, by the rules of the form.

    Several domains, aliases and ids (`kind:value`) are separated by "|". A row is known, and left as
    it is, where one organization has its id, name and country, or, for rows without a known id, its
    name and country and one of its domains. Rows that contradict what is known, or each other, are
    refused one by one. A row that only looks like somebody is taken in with a warning, unless
    `different_because` says why it is another one. `parent` is an id of an organization that is
    registered already; whose is not is refused.

    `keep` is handed the results of all rows, in the transaction that writes: a run that is cut off
    leaves nothing, and is simply run again. Raises `CannotReadFile` before anything is written.
    """
    read = list(read_csv(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL, max_rows=MAX_ROWS))
    on_total(len(read))
    portfolios = {one.code: one for one in (Portfolio.objects.all() if actor.is_system else own_portfolios(actor))}
    rows, results = check_rows(read, portfolios, at.date(), on_progress)
    take_rows(actor, rows, results, is_dry_run=is_dry_run, at=at, keep=keep)
    on_progress(len(read))


@collecting_later()
def check_rows(
    read: Iterable[CsvRow], portfolios: Mapping[str, Portfolio], today: date, on_progress: Callable[[int], None]
) -> tuple[list[Row], list[RowResult]]:
    """The rows whose values are good, and the results of those that are refused for what they say."""
    rows: list[Row] = []
    results: list[RowResult] = []
    for place, line in enumerate(read, start=1):
        checked = _checked(line, portfolios, today)
        if isinstance(checked, Row):
            rows.append(checked)
        else:
            results.append(checked)
        if place % STEP == 0:
            on_progress(place)
    return rows, results


@collecting_later()
def take_rows(
    actor: Actor,
    rows: list[Row],
    results: list[RowResult],
    *,
    is_dry_run: bool,
    at: datetime,
    keep: Callable[[Sequence[RowResult]], None],
) -> None:
    """Compare the good rows with each other and with what is there, write the new ones, and keep all results."""
    results = list(results)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # The planner's figures are those of before: where the table was empty, it would look through all of it
            # for each of the rows and for each foreign key.
            cursor.execute("SET LOCAL enable_seqscan = off")
            # Words wait in one long list, to be sorted in at once by the vacuum that follows within a minute.
            cursor.execute("SET LOCAL gin_pending_list_limit = '64MB'")
        if not is_dry_run:
            take_registration_lock()
        rows = _without_contradictions(rows, results)
        rows = _without_known(actor, rows, results)
        rows = _with_parents(actor, rows, results)
        _warn_of_each_other(rows)
        if not is_dry_run:
            writing.register(actor, rows, at)
        results += [RowResult(row.number, row.particulars.legal_name, Outcome.CREATED, row.warning) for row in rows]
        results.sort(key=lambda result: result.number)
        keep(results)


# --- each row by itself ----------------------------------------------------------------------------


def _checked(row: CsvRow, portfolios: Mapping[str, Portfolio], today: date) -> Row | RowResult:
    values = row.values
    name = values.get("legal_name", "")
    if row.problem:
        return RowResult(row.number, name, Outcome.REFUSED, row.problem)
    portfolio = portfolios.get(values["portfolio"])
    if portfolio is None:
        message = gettext("portfolio: “%(code)s” is not a portfolio of yours.")
        return RowResult(row.number, name, Outcome.REFUSED, message % {"code": values["portfolio"][:60]})
    try:
        customer_since = _day(values.get("customer_since", ""))
    except ValueError:
        message = gettext("customer_since: write the day as 2020-03-21.")
        return RowResult(row.number, name, Outcome.REFUSED, message)
    try:
        particulars = check_particulars(
            legal_name=name,
            country=values["country"],
            offer_type=values["offer_type"],
            aliases=_several(values.get("aliases", "")),
            domains=_several(values.get("domains", "")),
            external_ids=[_pair(text) for text in _several(values.get("external_ids", ""))],
            customer_since=customer_since,
            today=today,
        )
    except CannotTakeParticulars as refusal:
        return RowResult(row.number, name, Outcome.REFUSED, str(refusal))
    reason = values.get("different_because", "")
    # While its words are at hand.
    found_by = (particulars.sort_name, particulars.name_key, particulars.search_text)
    parent = values.get("parent", "")
    return Row(row.number, particulars, portfolio, reason, *found_by, _pair(parent) if parent else None)


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(BETWEEN) if part.strip()] if text else []


def _pair(text: str) -> tuple[str, str]:
    kind, _colon, value = text.partition(":")
    return kind.strip(), value.strip()


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


# --- the rows among themselves ---------------------------------------------------------------------


def _without_contradictions(rows: list[Row], results: list[RowResult]) -> list[Row]:
    """Refuse all rows that claim one id together, because nobody can tell which is right, and every row that names
    the organization of an earlier one once more."""
    claimants: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        for kind, value in row.particulars.external_ids:
            claimants[kind, value.upper()].append(row.number)
    shared = {key: numbers for key, numbers in claimants.items() if len(numbers) > 1}
    first: dict[Any, int] = {}
    left = []
    for row in rows:
        facts = row.particulars
        doubled = next((pair for pair in facts.external_ids if (pair[0], pair[1].upper()) in shared), None)
        if doubled is not None:
            message = gettext("Several rows claim the id %(id)s: %(rows)s. An id names one organization.")
            numbers = ", ".join(map(str, shared[doubled[0], doubled[1].upper()][:10]))
            message %= {"id": " ".join(doubled), "rows": numbers}
            results.append(RowResult(row.number, facts.legal_name, Outcome.REFUSED, message))
            continue
        identities = [(facts.legal_name, facts.country, domain) for domain in facts.domains or ("",)]
        earlier = next((first[identity] for identity in identities if identity in first), None)
        if earlier is not None:
            message = gettext("Row %(row)s names the same organization.") % {"row": earlier}
            results.append(RowResult(row.number, facts.legal_name, Outcome.REFUSED, message))
            continue
        for identity in identities:
            first[identity] = row.number
        left.append(row)
    return left


def _warn_of_each_other(rows: list[Row]) -> None:
    """Say of a row without a warning that an earlier one looks like it."""
    first: dict[Any, int] = {}
    for row in rows:
        marks = [(row.name_key, row.particulars.country), *row.told_domains]
        if not row.warning:
            earlier = next((first[mark] for mark in marks if mark in first), None)
            if earlier is not None:
                row.warning = gettext("May be the same as row %(row)s: name or domain agree.") % {"row": earlier}
        for mark in marks:
            first.setdefault(mark, row.number)


# --- the rows and what is known --------------------------------------------------------------------


def _without_known(actor: Actor, rows: list[Row], results: list[RowResult]) -> list[Row]:
    """Leave out the rows whose organization is there, refuse those that contradict it, and say of the others who
    looks like them."""
    facts = [row.particulars for row in rows]
    holders = known.holders([(place, *pair) for place, one in enumerate(facts) for pair in one.external_ids])
    names = known.with_the_name(
        [(place, row.name_key, row.particulars.legal_name, row.particulars.country) for place, row in enumerate(rows)]
    )
    domains = known.with_a_domain(
        [(place, domain, one.legal_name, one.country) for place, one in enumerate(facts) for domain in one.domains]
    )
    left = []
    for place, row in enumerate(rows):
        held = holders.get(place)
        sharing = domains.get(place, [])
        if held and (contradiction := _contradiction(actor, row, list(held.values()))):
            results.append(RowResult(row.number, row.particulars.legal_name, Outcome.REFUSED, contradiction))
        elif there := next(iter(held.values())) if held else _there(row.particulars, names.get(place), sharing):
            message = gettext("Known as %(organization)s. A file changes nothing that is known.")
            message %= {"organization": _label(actor, there)}
            results.append(RowResult(row.number, row.particulars.legal_name, Outcome.UNCHANGED, message))
        else:
            row.warning = _warning(actor, names.get(place), sharing)
            left.append(row)
    return left


def _with_parents(actor: Actor, rows: list[Row], results: list[RowResult]) -> list[Row]:
    """Look up the parents that rows name, and refuse the rows whose parent is not known to the actor."""
    wanted = [(place, *row.parent_id) for place, row in enumerate(rows) if row.parent_id]
    found = known.holders(wanted)
    unknown = set()
    for place, kind, value in wanted:
        row, parents = rows[place], list(found.get(place, {}).values())
        if parents and sees_portfolio(actor, parents[0].portfolio_id):
            row.parent = parents[0]
        else:
            unknown.add(row.number)
            message = gettext("parent: no organization that you can see has the id %(id)s.")
            message %= {"id": f"{kind} {value}"[:80]}
            results.append(RowResult(row.number, row.particulars.legal_name, Outcome.REFUSED, message))
    return [row for row in rows if row.number not in unknown] if unknown else rows


def _there(facts: Particulars, named: Known | None, sharing: list[tuple[str, Known]]) -> Known | None:
    """The one with the same legal name and country and, where the row names domains, one of them."""
    likely = [one for _domain, one in sharing] if facts.domains else [named] if named else []
    said = (facts.legal_name, facts.country)
    return next((one for one in likely if (one.legal_name, one.country) == said), None)


def _warning(actor: Actor, named: Known | None, sharing: list[tuple[str, Known]]) -> str:
    if named is not None:
        message = gettext("May be the same as %(organization)s: the names agree.")
        return message % {"organization": _label(actor, named)}
    for domain, other in sharing:
        if not is_free_mail(domain):
            message = gettext("May be the same as %(organization)s: both have the domain %(domain)s.")
            return message % {"organization": _label(actor, other), "domain": display_domain(domain)}
    return ""


def _contradiction(actor: Actor, row: Row, found: list[Known]) -> str:
    if len(found) > 1:
        message = gettext("Its ids belong to different organizations: %(organizations)s.")
        return message % {"organizations": "; ".join(_label(actor, one) for one in found)}
    for one in found:
        is_named_so = row.name_key == one.name_key or row.particulars.legal_name in one.aliases
        if not is_named_so or row.particulars.country != one.country:
            message = gettext("Its id belongs to %(organization)s, whose name or country is another.")
            return message % {"organization": _label(actor, one)}
    return ""


def _label(actor: Actor, one: Known) -> str:
    """How an organization is called in front of the actor, who may not see every one."""
    if sees_portfolio(actor, one.portfolio_id):
        return one.legal_name
    return gettext("an organization of the portfolio %(portfolio)s") % {"portfolio": one.portfolio}
