"""Files of samples, CSV or a JSON object a line, in blocks that fit into memory."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext_lazy as _

from capacity.usage.samples import COLUMNS, OPTIONAL, Row, texts_of
from kit.csvfiles import BrokenQuotes, CannotReadFile, NotText, WrongHeader

# Rows at a time: large enough for arrays to pay, small enough to wait for.
BLOCK = 200_000
# The longest row that can be one; a file without line ends is not read into memory.
MAX_LINE = 100_000


class NoSuchFile(CannotReadFile):
    """Nothing is there, or it cannot be opened."""

    code = "no_such_file"
    message = _("%(path)s cannot be read: %(why)s")


class UnknownKind(CannotReadFile):
    """Only two forms are known."""

    code = "unknown_file_kind"
    message = _("%(path)s is neither .csv nor .ndjson, packed (.gz) or not.")


def read_blocks(path: Path) -> Iterator[tuple[int, list[Row]]]:
    """The rows of a file in blocks, each with the number of its first row as a spreadsheet counts.

    Raises `CannotReadFile`, also while iterating.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in (".csv", ".ndjson", ".jsonl"):
        raise UnknownKind(path=path.name)
    with _opened(path) as file:
        try:
            yield from _csv_blocks(file) if kind == ".csv" else _json_blocks(file)
        except UnicodeDecodeError as error:
            raise NotText(position=error.start + 1, line="–") from error
        except (EOFError, OSError) as error:
            raise NoSuchFile(path=path.name, why=str(error)) from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        raw = gzip.open(path) if path.suffix == ".gz" else path.open("rb", buffering=1 << 20)  # noqa: SIM115 - below
    except OSError as error:
        raise NoSuchFile(path=path.name, why=error.strerror or str(error)) from error
    with raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        yield file


def _csv_blocks(file: TextIO) -> Iterator[tuple[int, list[Row]]]:
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        unknown = [name[:60] for name in header if name not in COLUMNS + OPTIONAL]
        twice = sorted({name for name in header if header.count(name) > 1})
        if missing or unknown or twice:
            raise WrongHeader(
                missing=", ".join(missing) or "–",
                unknown=", ".join(unknown) or "–",
                twice=", ".join(twice) or "–",
                known=", ".join(COLUMNS + OPTIONAL),
            )
        order = [header.index(name) if name in header else None for name in (*COLUMNS, *OPTIONAL)]
        number = 2
        while rows := list(islice(reader, BLOCK)):
            yield number, _in_order(rows, order, len(header))
            number += len(rows)
    except csv.Error as error:
        raise BrokenQuotes(line=reader.line_num) from error


def _in_order(rows: list[list[str]], order: list[int | None], width: int) -> list[Row]:
    """The rows with their columns as we name them. One of another width has its cells lost, and is refused for it."""
    if order == [0, 1, 2, 3, 4] and set(map(len, rows)) == {width}:
        return rows  # type: ignore[return-value] # as they are: ten million copies would take seconds
    blank = ("", "", "", "", "")
    return [
        tuple("" if at is None else row[at].strip() for at in order) if len(row) == width else blank for row in rows
    ]


def _json_blocks(file: TextIO) -> Iterator[tuple[int, list[Row]]]:
    number = 1
    while lines := list(islice(iter(lambda: file.readline(MAX_LINE), ""), BLOCK)):
        yield number, texts_of(_object(line) for line in lines)
        number += len(lines)


def _object(line: str) -> dict[str, object]:
    """The object of a line; an empty one where it is none, which is then refused for what it lacks."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
