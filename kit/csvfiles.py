"""Reading CSV that people send: bounded, with a clear sentence about whatever is wrong, and where.

A file that cannot be read as a whole raises `CannotReadFile`; a row that is wrong by itself is
handed on with its problem, so that an import can report every row and not only the first.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid

MAX_BYTES = 20 * 1024 * 1024
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 20_000
# In one line of text, quoted ones included.
MAX_SEPARATORS = 100_000
DELIMITERS = (",", ";", "\t")


class CannotReadFile(Invalid):
    """The file as a whole is not what was asked for; subclasses say why."""

    code = "cannot_read_file"
    message = _("This file cannot be read.")


class FileTooLarge(CannotReadFile):
    code = "file_too_large"
    message = _("The file is larger than %(most)s MB.")
    remedy = _("Split it and send the parts one after the other.")


class FileIsEmpty(CannotReadFile):
    code = "file_is_empty"
    message = _("The file is empty.")


class NotText(CannotReadFile):
    code = "file_not_text"
    message = _("The file is not text in UTF-8: byte %(position)s, in line %(line)s, does not belong there.")
    remedy = _("Save it as “CSV UTF-8” and send it again.")


class WrongHeader(CannotReadFile):
    code = "wrong_header"
    message = _("The first row must name the columns. Missing: %(missing)s. Unknown: %(unknown)s. Twice: %(twice)s.")
    remedy = _("Columns are: %(known)s.")


class TooManyColumns(CannotReadFile):
    code = "too_many_columns"
    message = _("A row has %(columns)s columns; at most %(most)s are read.")


class TooManyFileRows(CannotReadFile):
    code = "too_many_file_rows"
    message = _("The file has more than %(most)s rows.")
    remedy = _("Split it and send the parts one after the other.")


class BrokenQuotes(CannotReadFile):
    code = "broken_quotes"
    message = _("The row that begins in line %(line)s cannot be split into columns.")
    remedy = _("Check its quotation marks, and whether the file is complete.")


@dataclass(frozen=True)
class CsvRow:
    """One row below the header.

    `number` counts as a spreadsheet does, the header being row 1; `line` is where it ends in the
    text. `values` maps column names to stripped texts; `problem` says why they cannot be used.
    """

    number: int
    line: int
    values: dict[str, str]
    problem: str = ""


def read_csv(
    file: IO[bytes], *, required: Sequence[str], optional: Sequence[str] = (), max_bytes: int = MAX_BYTES, max_rows: int
) -> Iterator[CsvRow]:
    """The rows of a CSV file with these columns, in any order.

    The text is UTF-8, with or without a mark; columns are separated by comma, semicolon or tab,
    whichever fits the first row. The whole file is checked for size and encoding, and its header,
    before this returns. Raises `CannotReadFile`, also while iterating; blank lines are skipped.
    """
    text = _decode(_read(file, max_bytes))
    delimiter = _delimiter(text, [*required, *optional])
    reader = csv.reader(_lines(text, delimiter), delimiter=delimiter, strict=True)
    header = _header(reader, required, optional)
    return _rows(reader, header, max_rows)


def _read(file: IO[bytes], max_bytes: int) -> bytes:
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise FileTooLarge(most=_shown(max_bytes // (1024 * 1024)))
    if not data.strip():
        raise FileIsEmpty()
    return data


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind the mark.
        position = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        raise _not_text(data, position) from error
    if "\0" in text:
        raise _not_text(data, data.index(b"\0"))
    return text


def _not_text(data: bytes, position: int) -> NotText:
    line = data.count(b"\n", 0, position) + 1
    return NotText(position=_shown(position + 1), line=_shown(line))


def _delimiter(text: str, columns: Sequence[str]) -> str:
    """The separator under which the first line names most of the columns; comma in doubt."""
    first = text.lstrip().split("\n", 1)[0][: MAX_COLUMNS * 100]
    known = {column.casefold() for column in columns}

    def named(delimiter: str) -> int:
        return len({part.strip().strip('"').casefold() for part in first.split(delimiter)} & known)

    return max(DELIMITERS, key=named)


def _lines(text: str, delimiter: str) -> Iterator[str]:
    """The lines of the text; one that would split into a huge row is refused before it does."""
    for line in io.StringIO(text, newline=""):
        columns = line.count(delimiter) + 1
        if columns > MAX_SEPARATORS:
            raise TooManyColumns(columns=_shown(columns), most=_shown(MAX_COLUMNS))
        yield line


def _header(reader: Any, required: Sequence[str], optional: Sequence[str]) -> list[str]:
    try:
        row: list[str] = next((row for row in reader if any(cell.strip() for cell in row)), [])
    except csv.Error as error:
        raise BrokenQuotes(line=_shown(1)) from error
    if len(row) > MAX_COLUMNS:
        raise TooManyColumns(columns=_shown(len(row)), most=_shown(MAX_COLUMNS))
    known = {column.casefold(): column for column in (*required, *optional)}
    names = [cell.strip() for cell in row]
    keys = [name.casefold() for name in names]
    missing = [column for column in required if column.casefold() not in keys]
    unknown = [name[:60] for name, key in zip(names, keys, strict=True) if key not in known]
    twice = sorted({name for name, key in zip(names, keys, strict=True) if keys.count(key) > 1 and key in known})
    if missing or unknown or twice:
        nothing = gettext("none")
        raise WrongHeader(
            missing=", ".join(missing) or nothing,
            unknown=", ".join(f"“{name}”" for name in unknown[:10]) or nothing,
            twice=", ".join(twice) or nothing,
            known=", ".join((*required, *optional)),
        )
    return [known[key] for key in keys]


def _rows(reader: Any, header: list[str], max_rows: int) -> Iterator[CsvRow]:
    number = 1
    line = reader.line_num
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BrokenQuotes(line=_shown(line + 1)) from error
        line = reader.line_num
        number += 1
        if not any(cell.strip() for cell in row):
            continue
        if number > max_rows + 1:
            raise TooManyFileRows(most=_shown(max_rows))
        yield CsvRow(number, line, *_values(header, row))


def _values(header: list[str], row: list[str]) -> tuple[dict[str, str], str]:
    if len(row) != len(header):
        problem = gettext("This row has %(columns)s columns, the first row has %(expected)s; it may be cut off.")
        return {}, problem % {"columns": _shown(len(row)), "expected": _shown(len(header))}
    values = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    long = [name for name, cell in values.items() if len(cell) > MAX_CELL_CHARACTERS]
    if long:
        problem = gettext("The value of “%(column)s” is longer than %(most)s characters.")
        return {}, problem % {"column": long[0], "most": _shown(MAX_CELL_CHARACTERS)}
    return values, ""


def _shown(number: int) -> str:
    return number_format(number, force_grouping=True)
