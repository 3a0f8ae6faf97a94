"""A CSV file is read row by row, or refused with a sentence that says what is wrong and where."""

import io

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kit.csvfiles import (
    BrokenQuotes,
    CannotReadFile,
    FileIsEmpty,
    FileTooLarge,
    NotText,
    TooManyColumns,
    TooManyFileRows,
    WrongHeader,
    read_csv,
)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def read(data, **bounds):
    data = data.encode() if isinstance(data, str) else data
    bounds = {"required": ["name", "country"], "optional": ["domain"], "max_rows": 1_000, **bounds}
    return list(read_csv(io.BytesIO(data), **bounds))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(delimiter, encoding, newline):
    lines = [["Country", " NAME "], ["DE", '"Ärzte, Haus; ""Süd"""'], ["", ""], ["FR", "Hôpital"]]
    text = newline.join(delimiter.join(line) for line in lines)
    rows = read(text.encode(encoding))
    assert [row.values for row in rows] == [
        {"country": "DE", "name": 'Ärzte, Haus; "Süd"'},
        {"country": "FR", "name": "Hôpital"},
    ]
    assert [row.number for row in rows] == [2, 4]


def test_a_row_that_is_wrong_by_itself_does_not_stop_the_others():
    rows = read("name,country\na,DE\nb\nc,DE,x\n" + "d" * 20_001 + ",DE\ne,DE\nlast,D")
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False, False]
    assert rows[1].problem == "This row has 1 columns, the first row has 2; it may be cut off."
    assert rows[3].problem == "The value of “name” is longer than 20,000 characters."
    assert rows[1].values == {}


@pytest.mark.parametrize(
    ("data", "refusal", "values"),
    [
        (b"", FileIsEmpty, {}),
        (b" \n\r\n", FileIsEmpty, {}),
        (b"name,country\na,\xe4\n", NotText, {"position": "16", "line": "2"}),
        (b"\xef\xbb\xbfname\n\xff", NotText, {"position": "9", "line": "2"}),
        ("name,country\nä,ö".encode("utf-16"), NotText, {"position": "1", "line": "1"}),
        (b"name,country\na\0,b", NotText, {"position": "15", "line": "2"}),
        (b"PK\x03\x04\x14\x00\x06\x00", NotText, {"position": "6"}),
        (b"name,land\n", WrongHeader, {"missing": "country", "unknown": "“land”", "twice": "none"}),
        (b"name,country,NAME\n", WrongHeader, {"missing": "none", "twice": "NAME, name"}),
        (b"\xed\xa0\x80", NotText, {"position": "1"}),
        (b"a" + b"," * 300, TooManyColumns, {"columns": "301", "most": "200"}),
        (b'name,country\na,DE\n"b,DE\n', BrokenQuotes, {"line": "3"}),
        (b'name,country\na,"DE"x\n', BrokenQuotes, {"line": "2"}),
        (b'"name,country\n', BrokenQuotes, {"line": "1"}),
        (b'name,country\na,"' + b"x" * 200_000 + b'"\n', BrokenQuotes, {"line": "2"}),
        (b"name,country\n" + b"," * 1_000_000, TooManyColumns, {"columns": "1,000,001"}),
        (b"name,country\n" + b"a,DE\n" * 1_001, TooManyFileRows, {"most": "1,000"}),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(data, refusal, values):
    with pytest.raises(CannotReadFile) as refused:
        read(data)
    assert type(refused.value) is refusal
    assert values.items() <= refused.value.values.items()
    assert refused.value.status == 400
    assert "%(" not in str(refused.value)


def test_a_large_file_is_refused_before_it_is_read_whole():
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size=-1):
            assert size > 0
            self.taken += size
            return b"x" * size

    endless = Endless()
    with pytest.raises(FileTooLarge):
        list(read_csv(endless, required=["name"], max_rows=1))
    assert endless.taken == 20 * 1024 * 1024 + 1


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"name,country\n{text}".encode(errors="replace"))
)
def test_nothing_but_a_refusal_comes_out_of_any_bytes(data):
    try:
        rows = read(data)
    except CannotReadFile:
        return
    assert all(row.problem or set(row.values) <= {"name", "country", "domain"} for row in rows)
