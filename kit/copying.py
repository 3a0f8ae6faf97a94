"""Rows by the thousand: COPY as the application role, with keys drawn beforehand so that rows can name each other.

Every trigger and constraint of the tables applies, as it does to a single INSERT.
"""

import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

NOTHING = r"\N"
CHUNK = 65_536  # characters sent to the database at a time


def draw_keys(model: type[models.Model], count: int) -> list[int]:
    """So many fresh primary keys of the model's table, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
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
    lines = ("\t".join([write(value) for write, value in zip(writers, row, strict=True)]) + "\n" for row in rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN", _Lines(lines), CHUNK
        )


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


def _writer(field: Any) -> Callable[[Any], str]:
    """How values of a field are written, chosen once for all rows: there may be millions."""
    if isinstance(field, models.JSONField):
        return lambda value: NOTHING if value is None else _escaped(json.dumps(value, ensure_ascii=False))
    if isinstance(field, ArrayField):
        return _array
    return _plain


def _plain(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _escaped(value)
    if kind is int:
        return str(value)
    if value is None:
        return NOTHING
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    return _escaped(str(value)) if isinstance(value, str) else str(value)


def _array(value: Any) -> str:
    if value is None:
        return NOTHING
    return _escaped("{" + ",".join(_quoted(str(item)) for item in value) + "}") if value else "{}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
