"""Rosters from a file, row by row: what each row says, or what is wrong with it."""

import re
from datetime import date
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from capacity.staffing.actions.file_rosters import Problem, Rostered
from kit.csvfiles import CsvRow, read_csv

COLUMNS = ("datacenter", "date", "shift", "role", "rostered")
# Every datacenter, shift and role for three weeks is some 16,000 rows.
MAX_ROWS = 50_000
MAX_BYTES = 5 * 1024 * 1024
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_rosters(file: IO[bytes]) -> tuple[list[Rostered], list[Problem]]:
    """The rows that can be read, and the problems of the others. Raises `kit.csvfiles.CannotReadFile`."""
    rows: list[Rostered] = []
    problems: list[Problem] = []
    for row in read_csv(file, required=COLUMNS, max_bytes=MAX_BYTES, max_rows=MAX_ROWS):
        found = _read(row)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            rows.append(found)
    return rows, problems


def _read(row: CsvRow) -> Rostered | Problem:
    if row.problem:
        return Problem(row.number, row.problem)
    day, people = _day(row.values["date"]), _people(row.values["rostered"])
    if day is None:
        return Problem(row.number, _shown(_("“%(text)s” is no day; write it as 2020-03-26."), row.values["date"]))
    if people is None:
        # "NA" is not zero, and neither is an empty cell.
        return Problem(
            row.number,
            _shown(_("“%(text)s” is no number of people; write digits alone, such as 4."), row.values["rostered"]),
        )
    return Rostered(
        datacenter=row.values["datacenter"].casefold(),
        date=day,
        shift=row.values["shift"].casefold(),
        role=row.values["role"].casefold(),
        rostered=people,
        row=row.number,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _people(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _shown(message: Any, text: str) -> Any:
    return message % {"text": text[:40]}
