"""Rows as files: CSV and JSON Lines as a stream, spreadsheets up to a bound.

A file carries the rows, columns and order of the list it was asked for on. Texts that came from
people never become formulas: a spreadsheet cell is written as text, and in CSV, which knows no
types, a leading formula sign is disarmed by an apostrophe (OWASP, "CSV Injection").
"""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from math import isfinite
from typing import Any

import xlsxwriter
from django.db import models, transaction
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid

# A spreadsheet is written whole before its first byte leaves; beyond this a stream is the better file.
MAX_SPREADSHEET_ROWS = 20_000
# A cell holds at most this many characters (Excel specifications and limits).
MAX_CELL_CHARACTERS = 32_767
# Excel keeps 15 digits of a number and begins its calendar in 1900; what lies outside becomes text.
MAX_EXACT_NUMBER = 10**15
FIRST_SPREADSHEET_YEAR = 1900
ROWS_A_CHUNK = 1_000

# Signs that start a formula, in full width too, also behind blanks and invisible characters, at the
# start of a cell or after a separator that a spreadsheet in another locale may split the line at.
_FORMULA = re.compile(
    '(^|[;\t\r\n])([\\s\u0000-\u001f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"]*)'
    "([=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b])"
)
_LEADING_CONTROL = re.compile("^[\t\r\n]")


class TooManyRows(Invalid):
    """The list is too long for a spreadsheet."""

    code = "too_many_rows"
    message = _("A spreadsheet holds at most %(most)s rows here, and this list has more.")
    remedy = _("Export as CSV or narrow the filters.")


class UnknownFormat(Invalid):
    """No such file format."""

    code = "unknown_format"
    message = _("“%(format)s” is not a format that lists can be exported in.")
    remedy = _("Use one of: %(known)s.")


@dataclass(frozen=True)
class ExportColumn:
    """One column of a file: its key (JSON), its heading (tables) and how to read it from a row."""

    key: str
    label: Any
    value: Callable[[Any], Any]


def disarm(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet could take for a formula."""
    guarded = _FORMULA.sub(r"\1\2'\3", text)
    return f"'{guarded}" if _LEADING_CONTROL.match(guarded) else guarded


def export(
    file_format: str, *, name: str, columns: Sequence[ExportColumn], queryset: models.QuerySet[Any]
) -> HttpResponseBase:
    """The rows as a download. Raises `UnknownFormat`, `TooManyRows`."""
    if file_format not in FORMATS:
        raise UnknownFormat(format=file_format[:80], known=", ".join(FORMATS))
    return FORMATS[file_format](name, columns, queryset)


def plain(value: Any) -> Any:
    """A cell without markup, in types a file can hold: text, number, truth, date, moment, None."""
    if isinstance(value, SafeString):
        return unescape(strip_tags(value)).strip()
    if isinstance(value, float | Decimal) and not isfinite(value):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float | Decimal | date):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(plain(item)) for item in value)
    return str(value)


def _csv(name: str, columns: Sequence[ExportColumn], queryset: models.QuerySet[Any]) -> HttpResponseBase:
    line = csv.writer(_Echo())

    def lines(rows: Sequence[Any]) -> str:
        return "".join(line.writerow([_as_text(column.value(row)) for column in columns]) for row in rows)

    # The mark tells spreadsheets that what follows is UTF-8.
    head = "\ufeff" + line.writerow([disarm(str(column.label)) for column in columns])
    return _stream(_chunks(queryset, lines, head=head), f"{name}.csv", "text/csv; charset=utf-8")


def _jsonl(name: str, columns: Sequence[ExportColumn], queryset: models.QuerySet[Any]) -> HttpResponseBase:
    def lines(rows: Sequence[Any]) -> str:
        return "".join(
            json.dumps({column.key: _as_json(column.value(row)) for column in columns}, ensure_ascii=False) + "\n"
            for row in rows
        )

    return _stream(_chunks(queryset, lines), f"{name}.jsonl", "application/x-ndjson")


def _xlsx(name: str, columns: Sequence[ExportColumn], queryset: models.QuerySet[Any]) -> HttpResponseBase:
    if queryset.order_by().values("pk")[: MAX_SPREADSHEET_ROWS + 1].count() > MAX_SPREADSHEET_ROWS:
        raise TooManyRows(most=number_format(MAX_SPREADSHEET_ROWS, force_grouping=True))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    workbook = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    sheet = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    moment = workbook.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"'})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(columns) - 1, 0), 18)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, str(column.label), bold)
    # One more than counted may have come meanwhile; the bound holds all the same.
    for number, row in enumerate(queryset[:MAX_SPREADSHEET_ROWS].iterator(ROWS_A_CHUNK), start=1):
        for place, column in enumerate(columns):
            value = plain(column.value(row))
            if isinstance(value, bool):
                sheet.write_boolean(number, place, value)
            elif isinstance(value, int | float | Decimal) and -MAX_EXACT_NUMBER < value < MAX_EXACT_NUMBER:
                sheet.write_number(number, place, value)
            elif isinstance(value, datetime) and value.year > FIRST_SPREADSHEET_YEAR:
                sheet.write_datetime(number, place, value.astimezone(UTC).replace(tzinfo=None), moment)
            elif isinstance(value, date) and value.year > FIRST_SPREADSHEET_YEAR:
                sheet.write_datetime(number, place, value, day)
            elif value is not None:
                text = _iso(value) if isinstance(value, date) else str(value)
                sheet.write_string(number, place, text[:MAX_CELL_CHARACTERS])
    workbook.close()
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


FORMATS: dict[str, Callable[[str, Sequence[ExportColumn], models.QuerySet[Any]], HttpResponseBase]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}


class _Echo:
    """A file that hands back what is written, so that the CSV writer formats and we stream."""

    def write(self, text: str) -> str:
        return text


def _chunks(
    queryset: models.QuerySet[Any], lines: Callable[[Sequence[Any]], str], *, head: str = ""
) -> Iterator[bytes]:
    """The file piece by piece, from one server-side cursor, so that it is one moment's truth.

    Runs after the middleware has put the request's language and time zone away, so each piece is
    written under those of the request again.
    """
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def pieces() -> Iterator[bytes]:
        if head:
            yield head.encode()
        # Inside a transaction the cursor streams; outside, the server would first store all rows.
        with transaction.atomic():
            for rows in _batches(queryset.iterator(ROWS_A_CHUNK)):
                with translation.override(language), timezone.override(zone):
                    piece = lines(rows)
                yield piece.encode("utf-8", "replace")

    return pieces()


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_A_CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def _stream(pieces: Iterator[bytes], filename: str, content_type: str) -> HttpResponseBase:
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, filename)
    return response


def _as_text(value: Any) -> str:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return _iso(value) if isinstance(value, date) else disarm(str(value))


def _as_json(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, Decimal):
        return str(value)
    return _iso(value) if isinstance(value, date) else str(value) if isinstance(value, Promise) else value


def _iso(value: date) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()
