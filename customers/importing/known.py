"""What is known already of many rows at once: one statement for each question, however many rows ask it.

A row is named by its place in the lists that are handed over; every answer tells of places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Known:
    """An organization that a row's question led to."""

    key: int
    legal_name: str
    aliases: tuple[str, ...]
    name_key: str
    country: str
    portfolio_id: int
    portfolio: str


_KNOWN = "o.id, o.legal_name, o.aliases, o.name_key, o.country, o.portfolio_id, p.name"


def holders(ids: Sequence[tuple[int, str, str]]) -> dict[int, dict[int, Known]]:
    """By place, the organizations that hold one of the row's ids; `ids` are (place, kind, value)."""
    found: dict[int, dict[int, Known]] = {}
    for place, *facts in _ask(
        """
        SELECT s.place, {known}
        FROM unnest(%s::int[], %s::text[], %s::text[]) AS s (place, kind, value)
        JOIN customers_externalid e ON e.kind = s.kind AND upper(e.value) = upper(s.value)
        JOIN customers_organization o ON o.id = e.organization_id
        JOIN users_portfolio p ON p.id = o.portfolio_id
        """,
        ids,
    ):
        one = _known(facts)
        found.setdefault(place, {})[one.key] = one
    return found


def same(rows: Sequence[tuple[int, str, str, str]], domains: Sequence[tuple[int, str]]) -> set[int]:
    """The places whose organization is there: same legal name and country and, where the row names domains, one of
    them. `rows` are (place, sort name, legal name, country), `domains` (place, domain)."""
    with_domains = {place for place, _domain in domains}
    bare = [row for row in rows if row[0] not in with_domains]
    found = {
        row[0]
        for row in _ask(
            """
            SELECT DISTINCT s.place FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[])
                AS s (place, sort_name, legal_name, country)
            JOIN customers_organization o
                ON o.sort_name = s.sort_name AND o.legal_name = s.legal_name AND o.country = s.country
            """,
            bare,
        )
    }
    names = {row[0]: row for row in rows}
    asked = [(place, domain, names[place][2], names[place][3]) for place, domain in domains if place in names]
    return found | {
        row[0]
        for row in _ask(
            """
            SELECT DISTINCT s.place FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[])
                AS s (place, domain, legal_name, country)
            JOIN customers_organizationdomain d ON d.domain = s.domain
            JOIN customers_organization o
                ON o.id = d.organization_id AND o.legal_name = s.legal_name AND o.country = s.country
            """,
            asked,
        )
    }


def with_the_name(rows: Sequence[tuple[int, str, str]]) -> dict[int, Known]:
    """By place, the first organization of the country whose name differs in form only; `rows` are (place, name key,
    country)."""
    # One answer a row: a name that many share ("Feuerwehr") would otherwise answer with all of them, for all of them.
    return {
        place: _known(facts)
        for place, *facts in _ask(
            """
            SELECT s.place, {known}
            FROM unnest(%s::int[], %s::text[], %s::text[]) AS s (place, name_key, country)
            CROSS JOIN LATERAL (
                SELECT * FROM customers_organization o
                WHERE o.name_key = s.name_key AND o.country = s.country ORDER BY o.id LIMIT 1
            ) o
            JOIN users_portfolio p ON p.id = o.portfolio_id
            """,
            rows,
        )
    }


def with_a_domain(domains: Sequence[tuple[int, str]]) -> dict[int, tuple[str, Known]]:
    """By place, a domain of the row that somebody has, and the first who has it; `domains` are (place, domain)."""
    return {
        place: (domain, _known(facts))
        for place, domain, *facts in _ask(
            """
            SELECT s.place, s.domain, {known}
            FROM unnest(%s::int[], %s::text[]) AS s (place, domain)
            CROSS JOIN LATERAL (
                SELECT d.organization_id FROM customers_organizationdomain d
                WHERE d.domain = s.domain ORDER BY d.organization_id LIMIT 1
            ) d
            JOIN customers_organization o ON o.id = d.organization_id
            JOIN users_portfolio p ON p.id = o.portfolio_id
            """,
            domains,
        )
    }


def _ask(statement: str, rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        # Statements are literals of this module; what people wrote goes in as arrays.
        cursor.execute(statement.replace("{known}", _KNOWN), [list(column) for column in zip(*rows, strict=True)])
        answers: list[tuple[Any, ...]] = cursor.fetchall()
    return answers


def _known(facts: Sequence[Any]) -> Known:
    key, legal_name, aliases, name_key, country, portfolio_id, portfolio = facts
    return Known(key, legal_name, tuple(aliases), name_key, country, portfolio_id, portfolio)
