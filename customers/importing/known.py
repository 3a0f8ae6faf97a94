"""What is known already of many rows at once: one statement for each question, however many rows ask it.

A row is named by its place in the lists that are handed over; every answer tells of places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from kit.copying import as_array


@dataclass(frozen=True, slots=True)
class Known:
    """An organization that a row's question led to."""

    key: int
    public_id: UUID
    legal_name: str
    aliases: tuple[str, ...]
    name_key: str
    country: str
    portfolio_id: int
    portfolio: str


_KNOWN = "o.id, o.public_id, o.legal_name, o.aliases, o.name_key, o.country, o.portfolio_id, p.name"


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


def with_the_name(rows: Sequence[tuple[int, str, str, str]]) -> dict[int, Known]:
    """By place, an organization of the country whose name differs in form only, first of all one with the very same;
    `rows` are (place, name key, legal name, country)."""
    # One answer a row: a name that many share ("Feuerwehr") would otherwise answer with all of them, for all of them.
    return {
        place: _known(facts)
        for place, *facts in _ask(
            """
            SELECT s.place, {known}
            FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS s (place, name_key, legal_name, country)
            CROSS JOIN LATERAL (
                SELECT * FROM customers_organization o
                WHERE o.name_key = s.name_key AND o.country = s.country AND o.merged_into_id IS NULL
                ORDER BY o.legal_name <> s.legal_name, o.id LIMIT 1
            ) o
            JOIN users_portfolio p ON p.id = o.portfolio_id
            """,
            rows,
        )
    }


def with_a_domain(rows: Sequence[tuple[int, str, str, str]]) -> dict[int, list[tuple[str, Known]]]:
    """By place, for each domain of the row that somebody has one who has it, first of all one with the row's name and
    country; `rows` are (place, domain, legal name, country)."""
    found: dict[int, list[tuple[str, Known]]] = {}
    for place, domain, *facts in _ask(
        """
        SELECT s.place, s.domain, {known}
        FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS s (place, domain, legal_name, country)
        CROSS JOIN LATERAL (
            SELECT o.* FROM customers_organizationdomain d
            JOIN customers_organization o ON o.id = d.organization_id
            WHERE d.domain = s.domain
            ORDER BY o.legal_name <> s.legal_name OR o.country <> s.country, o.id LIMIT 1
        ) o
        JOIN users_portfolio p ON p.id = o.portfolio_id
        """,
        rows,
    ):
        found.setdefault(place, []).append((domain, _known(facts)))
    return found


def _ask(statement: str, rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        # Statements are literals of this module; what people wrote goes in as arrays.
        cursor.execute(statement.replace("{known}", _KNOWN), [as_array(column) for column in zip(*rows, strict=True)])
        answers: list[tuple[Any, ...]] = cursor.fetchall()
    return answers


def _known(facts: Sequence[Any]) -> Known:
    key, public_id, legal_name, aliases, name_key, country, portfolio_id, portfolio = facts
    return Known(key, public_id, legal_name, tuple(aliases), name_key, country, portfolio_id, portfolio)
