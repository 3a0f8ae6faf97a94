"""Rows by the thousand: COPY as the application role, with keys drawn beforehand so that rows can name each other.

Every trigger and constraint of the tables applies, as it does to a single INSERT.
"""

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

BATCH = 10_000


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
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            lines = (_line(row, fields) for row in rows[start : start + BATCH])
            cursor.copy_expert(
                f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN",
                io.StringIO("".join(lines)),
            )


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


def _line(row: models.Model, fields: Sequence[Any]) -> str:
    return "\t".join([_text(field, getattr(row, field.attname)) for field in fields]) + "\n"


def _text(field: Any, value: Any) -> str:
    if value is None:
        return r"\N"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(field, models.JSONField):
        return _escaped(json.dumps(value, ensure_ascii=False))
    if isinstance(field, ArrayField):
        return _escaped("{" + ",".join(_quoted(str(item)) for item in value) + "}")
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    return _escaped(text) if isinstance(value, str) else text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
