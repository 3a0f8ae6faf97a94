"""Exports carry what the list shows, in every format, and never a formula (quality B6, C12)."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from kit import exports
from kit.exports import ExportColumn, TooManyRows, UnknownFormat, disarm, export
from tests.kit.rows import Row, create_table

STARTS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212"]
LEADS = ["", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", '"', "'", "x;", "x\t", "x\n", "x; ", "\u202e"]
BODIES = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("https://example.org","open")', "IMPORTXML(A1)", "SUM(1;1)*cmd"]
PAYLOADS = [f"{lead}{start}{body}" for lead in LEADS for start in STARTS for body in BODIES]
INVISIBLE = "".join(map(chr, [*range(33), 0x22, 0xA0, *range(0x200B, 0x2010), *range(0x2028, 0x202F), 0xFEFF]))
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

COLUMNS = [
    ExportColumn("number", gettext_lazy("Number"), lambda row: row.number),
    ExportColumn("name", "=Name", lambda row: row.name),
    ExportColumn("due", "Due", lambda row: row.due_date),
    ExportColumn("filed", "Filed", lambda row: row.filed_at),
    ExportColumn("badge", "Badge", lambda row: format_html("<b>{}</b>", row.name)),
]


def starts_formula(cell):
    """What a spreadsheet would take for a formula, read generously."""
    return cell.lstrip(INVISIBLE).startswith(tuple(STARTS))


def cells_of(response):
    """The cells of the first sheet as (type, text, has_formula)."""
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as book:
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        assert not any("externalLink" in name or "connections" in name for name in book.namelist())
    return [
        [
            (
                c.get("t"),
                "".join(t.text or "" for t in c.iter(f"{SHEET}t")) or c.findtext(f"{SHEET}v"),
                c.find(f"{SHEET}f"),
            )
            for c in row.iter(f"{SHEET}c")
        ]
        for row in tree.iter(f"{SHEET}row")
    ]


@pytest.fixture
def rows(db):
    create_table()

    def make(names, **fields):
        Row.objects.bulk_create(Row(number=number, name=name, **fields) for number, name in enumerate(names))
        return Row.objects.order_by("pk")

    return make


def test_there_are_enough_payloads():
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_of_a_csv_starts_a_formula_however_it_is_split(rows, delimiter):
    body = b"".join(export("csv", name="rows", columns=COLUMNS, queryset=rows(PAYLOADS))).decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter))
    assert len(table) > len(PAYLOADS)
    assert [cell for line in table for cell in line if starts_formula(cell) and not cell.lstrip("-").isdigit()] == []


def test_every_text_of_a_spreadsheet_is_text(rows):
    table = cells_of(export("xlsx", name="rows", columns=COLUMNS, queryset=rows(PAYLOADS)))
    assert len(table) == len(PAYLOADS) + 1
    for line, payload in zip(table[1:], PAYLOADS, strict=True):
        assert all(formula is None for _type, _text, formula in line)
        kind, text, _formula = line[1]
        assert kind == "inlineStr"
        assert text.replace("_x000D_", "\r").split() == payload.split()


@given(st.text(max_size=30))
def test_disarming_adds_apostrophes_and_takes_nothing_away(text):
    guarded = disarm(text)
    assert not starts_formula(guarded)
    assert guarded.replace("'", "") == text.replace("'", "")
    assert disarm(guarded) == guarded


def test_ordinary_text_stays_as_it_is():
    for text in ["Klinikum Süd", "a = b", "vCPU, GiB", "5 - 3", "(none)", "a-b", "x@example.org"]:
        assert disarm(text) == text


def test_formats_carry_the_same_values(rows):
    filed = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    queryset = rows(["Ärztehaus <b> & Söhne", 'two\nlines, "quoted"'], due_date=date(2026, 4, 1), filed_at=filed)
    with translation.override("en"):
        text = b"".join(export("csv", name="rows", columns=COLUMNS, queryset=queryset)).decode("utf-8-sig")
        lines = b"".join(export("jsonl", name="rows", columns=COLUMNS, queryset=queryset)).decode().splitlines()
        sheet = cells_of(export("xlsx", name="rows", columns=COLUMNS, queryset=queryset))
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert table[0] == ["Number", "'=Name", "Due", "Filed", "Badge"]
    assert table[1] == [
        "0",
        "Ärztehaus <b> & Söhne",
        "2026-04-01",
        "2026-03-01T12:30:00+00:00",
        "Ärztehaus <b> & Söhne",
    ]
    assert table[2][1] == 'two\nlines, "quoted"'
    assert json.loads(lines[0]) == {
        "number": 0,
        "name": "Ärztehaus <b> & Söhne",
        "due": "2026-04-01",
        "filed": "2026-03-01T12:30:00+00:00",
        "badge": "Ärztehaus <b> & Söhne",
    }
    assert [text for _type, text, _formula in sheet[1]][:2] == ["0", "Ärztehaus <b> & Söhne"]
    assert float(sheet[1][3][1]) == pytest.approx(46082.520833333336)


def test_odd_values_are_written_not_dropped(rows):
    odd = [None, True, 10**15, Decimal("1.50"), float("nan"), date(1850, 1, 1), [1, "=a"], "x" * 40_000, "\x01"]
    columns = [ExportColumn(f"c{n}", "c", lambda row, value=value: value) for n, value in enumerate(odd)]
    queryset = rows(["a"])
    for file_format in exports.FORMATS:
        assert b"".join(export(file_format, name="rows", columns=columns, queryset=queryset))
    _head, line = cells_of(export("xlsx", name="rows", columns=columns, queryset=queryset))
    assert [text for _type, text, _formula in line][:6] == [
        "1",
        "1000000000000000",
        "1.50",
        "nan",
        "1850-01-01",
        "1, =a",
    ]
    assert all(formula is None for _type, _text, formula in line)


def test_a_long_spreadsheet_is_refused_and_a_long_stream_is_not(rows, monkeypatch):
    monkeypatch.setattr(exports, "MAX_SPREADSHEET_ROWS", 3)
    queryset = rows(["a"] * 4)
    with pytest.raises(TooManyRows) as refused:
        export("xlsx", name="rows", columns=COLUMNS, queryset=queryset)
    assert refused.value.values["most"] == "3"
    assert len(b"".join(export("csv", name="rows", columns=COLUMNS, queryset=queryset)).splitlines()) == 5
    with pytest.raises(UnknownFormat):
        export("pdf", name="rows", columns=COLUMNS, queryset=queryset)


def test_a_stream_reads_through_one_cursor_in_the_language_of_the_request(rows):
    queryset = rows(["a"] * 2_500)
    with translation.override("en"):
        response = export(
            "csv",
            name="rows",
            columns=[ExportColumn("n", "n", lambda r: translation.get_language())],
            queryset=queryset,
        )
    with translation.override("de"), CaptureQueriesContext(connection) as captured:
        pieces = list(response.streaming_content)
    assert len(pieces) == 4
    assert b"de" not in b"".join(pieces)
    assert len([query for query in captured.captured_queries if "SELECT" in query["sql"]]) <= 1
    assert response["Content-Disposition"] == 'attachment; filename="rows.csv"'
