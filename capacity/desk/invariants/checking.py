"""What checks of invariants are made of: SQL whose rows are what was looked at, each in order or with its fault."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

# Yields a fault as a sentence, or None for a row that is in order.
Check = Callable[[], Iterator[str | None]]

# By name, in the order in which their modules are read.
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """A function that is one of the checks, under its own name."""
    CHECKS[function.__name__] = function
    return function


def rows(sql: str, *params: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement."""
    with connection.cursor() as cursor:
        # Without parameters a percent sign is itself, as PostgreSQL's format() wants it.
        cursor.execute(sql, params or None)
        yield from cursor.fetchall()


def told(sql: str, *params: Any) -> Iterator[str | None]:
    """Rows of (label, fault or null)."""
    for label, fault in rows(sql, *params):
        yield f"{label}: {fault}" if fault else None
