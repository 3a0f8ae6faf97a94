"""Raw SQL in tests: as the application role, which must be refused, and as the owner, who may do much."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from tests.conftest import owner_connection


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Runs SQL as the application role; the rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def refused(sql: str, *values: Any) -> str:
    """Runs SQL as the application role and gives the database's refusal; fails where there is none."""
    with pytest.raises(DatabaseError) as found, transaction.atomic():
        run(sql, *values)
    return str(found.value)


@contextmanager
def owner() -> Iterator[Any]:
    """A cursor with the owner's rights, outside the transaction of the test."""
    made = owner_connection()
    try:
        with made.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
            yield cursor
    finally:
        made.close()


def owner_refused(sql: str) -> str:
    """Runs SQL as the owner and gives the database's refusal; fails where there is none."""
    with owner() as cursor, pytest.raises(psycopg2.Error) as found:
        cursor.execute(sql)
    return str(found.value)
