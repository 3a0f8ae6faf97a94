"""Rows by the thousand: COPY as the application role, with keys drawn beforehand so that rows can name each other.

Every trigger and constraint of the tables applies, as it does to a single INSERT.
"""

import gc
import io
import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

NOTHING = r"\N"
CHUNK = 65_536  # characters sent to the database at a time
AT_ONCE = 500  # rows whose lines are made together


def draw_keys(model: type[models.Model], count: int) -> list[int]:
    """So many fresh primary keys of the model's table, ascending."""
    with connection.cursor() as cursor:
        # The sequence is looked for once, and not for each of its values.
        cursor.execute(
            "SELECT nextval(name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) AS found,"
            " generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def draw_numbers(sequence: str, count: int) -> list[int]:
    """So many values of a sequence, ascending."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [row[0] for row in cursor.fetchall()]


def number_rows(rows: Sequence[models.Model]) -> None:
    """Give unsaved rows of one model their keys, in their order."""
    if rows:
        for row, key in zip(rows, draw_keys(type(rows[0]), len(rows)), strict=True):
            row.pk = key


def copy_in(rows: Sequence[models.Model]) -> None:
    """Insert unsaved rows of one model, in their order. What has no key yet gets one from the database."""
    if rows:
        fields = [field for field in rows[0]._meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
        names = [field.attname for field in fields]
        copy_values(type(rows[0]), names, ([getattr(row, name) for name in names] for row in rows))


def copy_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same from plain values, for thin tables of many rows; `names` are the attributes, keys included (`by_id`)."""
    known = {field.attname: field for field in model._meta.concrete_fields}
    fields = [known[name] for name in names]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    writers = [_writer(field) for field in fields]
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN",
            _Lines(_lines(writers, iter(rows))),
            CHUNK,
        )


def _lines(writers: Sequence["_Writer"], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    # A column at a time, which takes a fraction of what a cell at a time would.
    while some := list(islice(rows, AT_ONCE)):
        columns = [write(column) for write, column in zip(writers, zip(*some, strict=True), strict=True)]
        yield "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


class _Lines(io.TextIOBase):
    """A file of lines that are made as they are asked for, so that the database works while the next are made."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._rest = ""

    def read(self, size: int | None = -1) -> str:
        """Up to `size` characters; all that is left without one."""
        wanted = sys.maxsize if size is None or size < 0 else size
        parts, length = [self._rest], len(self._rest)
        while length < wanted and (line := next(self._lines, "")):
            parts.append(line)
            length += len(line)
        text = "".join(parts)
        self._rest = text[wanted:]
        return text[:wanted]


def as_array(values: Collection[Any]) -> str:
    """Texts or whole numbers as PostgreSQL writes an array. As a parameter it is read in a fraction of the time that a
    list takes, which the driver spells out as an expression of so many parts."""
    written = "\0".join(map(str, values)).replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{written}"}}' if values else "{}"


@contextmanager
def collecting_later() -> Iterator[None]:
    """No search for unused objects meanwhile: among a million that are all in use it finds nothing, over and over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def set_columns(model: type[models.Model], columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Update many rows in one statement. `columns` maps names to types; each row is the key and then the values."""
    values: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    if not values:
        return
    table = model._meta.db_table
    names = ", ".join(columns)
    assignments = ", ".join(f"{name} = fresh.{name}" for name in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in ["bigint", *columns.values()])
    with connection.cursor() as cursor:
        # Names and types come from the caller's source, values are parameters.
        cursor.execute(
            f"UPDATE {table} AS r SET {assignments}"  # noqa: S608
            f" FROM unnest({arrays}) AS fresh(id, {names}) WHERE r.id = fresh.id",
            values,
        )


# --- how values are written: all those of a column, in lists of any length ---------------------------

_Writer = Callable[[Sequence[Any]], Iterable[str]]


def _writer(field: Any) -> _Writer:
    if isinstance(field, models.JSONField):
        return lambda values: [NOTHING if value is None else _escaped(json.dumps(value)) for value in values]
    if isinstance(field, ArrayField):
        return lambda values: [NOTHING if value is None else _escaped(as_array(value)) for value in values]
    return _plain


def _plain(values: Sequence[Any]) -> Iterable[str]:
    kinds = set(map(type, values))
    if kinds == {str}:
        # No text of the database holds the character that stands between them here.
        return _escaped("\0".join(values)).split("\0")
    return map(str, values) if kinds == {int} else map(_one, values)


def _one(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
