"""Public series about staffing risk as files: the measures of OxCGRT, and intensive care units in Germany.

Places are countries in ISO 3166-1 alpha-3 or subdivisions in ISO 3166-2. A file that breaks its own form is refused as
a whole, with the row: a series with holes that nobody sees would be worse than none.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from capacity.regions.listing import read_own_list
from capacity.staffing.risk import MOST_LEVEL, Measures, Units
from kit.csvfiles import CannotReadFile, CsvRow, FileTooLarge, read_csv

MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ROWS = 500_000

_LEVELS = ("c2_workplace", "c2_flag", "c6_stay_home", "c6_flag")
# The same in the files as printed at the time.
_PRINTED_LEVELS = ("c2", "c2_flag", "c6", "c6_flag")
_NATIONS = "national_daily.csv"
_PARTS = ("us_states_daily.csv", "uk_nations_daily.csv")
# OxCGRT names the nations of the United Kingdom in its own way.
_UK_NATIONS = {"UK_ENG": "GB-ENG", "UK_NIR": "GB-NIR", "UK_SCO": "GB-SCT", "UK_WAL": "GB-WLS"}

_UNITS = {
    "reporting": "anzahl_meldebereiche",
    "regular": "betriebssituation_regulaerer_betrieb",
    "partly_restricted": "betriebssituation_teilweise_eingeschraenkt",
    "restricted": "betriebssituation_eingeschraenkt",
    "no_answer": "betriebssituation_keine_angabe",
    "short_of_staff": "einschraenkung_personal",
}
# The Länder in the order of their official numbers, 01 to 16, with their ISO 3166-2 codes.
LAENDER_NAMES = {
    "DE-SH": "Schleswig-Holstein",
    "DE-HH": "Hamburg",
    "DE-NI": "Niedersachsen",
    "DE-HB": "Bremen",
    "DE-NW": "Nordrhein-Westfalen",
    "DE-HE": "Hessen",
    "DE-RP": "Rheinland-Pfalz",
    "DE-BW": "Baden-Württemberg",
    "DE-BY": "Bayern",
    "DE-SL": "Saarland",
    "DE-BE": "Berlin",
    "DE-BB": "Brandenburg",
    "DE-MV": "Mecklenburg-Vorpommern",
    "DE-SN": "Sachsen",
    "DE-ST": "Sachsen-Anhalt",
    "DE-TH": "Thüringen",
}
_LAENDER = {f"{number:02}": code for number, code in enumerate(LAENDER_NAMES, start=1)}


class NoSuchSeries(CannotReadFile):
    """The folder lacks a file."""

    code = "no_such_series"
    message = _("%(folder)s holds no %(name)s, packed (.gz) or not.")


class BrokenSeries(CannotReadFile):
    """A row of a series cannot be what it should be."""

    code = "broken_series"
    message = _("%(name)s, row %(row)s: %(problem)s")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region lies: its country, and the subdivision that has series of its own; empty for none."""

    country: str
    subdivision: str = ""


def own_places() -> dict[str, Place]:
    """Where each region of the project's own list lies, by its code."""
    return {
        line.code: Place(line.facts.country, line.facts.subdivision)
        for line in read_own_list()
        if line.facts is not None
    }


def read_measures(folder: Path, *, is_national_only: bool = False) -> dict[tuple[str, date], Measures]:
    """The measures of every country, state and nation that the folder holds, by place and day.

    With `is_national_only` the files of states and nations are not looked at. Raises `CannotReadFile`.
    """
    found: dict[tuple[str, date], Measures] = {}
    _add_measures(found, folder, _NATIONS, "iso3", _LEVELS)
    for name in () if is_national_only else _PARTS:
        _add_measures(found, folder, name, "region", _LEVELS)
    return found


def read_published_measures(folder: Path, as_of: date) -> dict[tuple[str, date], Measures] | None:
    """The measures of countries as they were printed on a day, before later corrections; None without such a file."""
    name = f"national_daily_as_published_{as_of.isoformat()}.csv"
    if not any((folder / f"{name}{suffix}").is_file() for suffix in (".gz", "")):
        return None
    found: dict[tuple[str, date], Measures] = {}
    _add_measures(found, folder, name, "iso3", _PRINTED_LEVELS)
    return found


def read_place_names(folder: Path) -> dict[str, str]:
    """What people call the places of a folder, as far as its files say; by place."""
    names: dict[str, str] = {}
    if any((folder / f"countries.csv{suffix}").is_file() for suffix in (".gz", "")):
        rows = read_csv(BytesIO(_unpacked(folder, "countries.csv")), required=("iso3", "name"), max_rows=MAX_ROWS)
        names |= {row.values["iso3"]: row.values["name"] for row in rows if not row.problem}
    for name in _PARTS:
        if any((folder / f"{name}{suffix}").is_file() for suffix in (".gz", "")):
            for row, place, _day in _placed(folder, name, "region", "date", ()):
                names[_place_of(place)] = row.values.get("name", "")
    return names


def _add_measures(
    found: dict[tuple[str, date], Measures], folder: Path, name: str, place_column: str, levels: tuple[str, ...]
) -> None:
    workplace, workplace_flag, stay_home, stay_home_flag = levels
    for row, place, day in _placed(folder, name, place_column, "date", levels):
        key = (_place_of(place), day)
        if key in found:
            raise BrokenSeries(name=name, row=row.number, problem=_("the same place and day stand in it twice."))
        found[key] = Measures(
            workplace=_level(row, name, workplace),
            stay_home=_level(row, name, stay_home),
            is_workplace_partial=_is_zero(row.values[workplace_flag]),
            is_stay_home_partial=_is_zero(row.values[stay_home_flag]),
        )


def read_units(folder: Path) -> dict[tuple[str, date], Units]:
    """The units of intensive care of the sixteen Länder, by place and day. Raises `CannotReadFile`."""
    name = "icu_bundeslaender_daily.csv"
    found: dict[tuple[str, date], Units] = {}
    for row, number, day in _placed(folder, name, "bundesland_id", "datum", tuple(_UNITS.values())):
        if number not in _LAENDER:
            raise BrokenSeries(name=name, row=row.number, problem=_("bundesland_id is 01 to 16."))
        key = (_LAENDER[number], day)
        if key in found:
            raise BrokenSeries(name=name, row=row.number, problem=_("the same place and day stand in it twice."))
        found[key] = Units(**{part: _count(row, name, column) for part, column in _UNITS.items()})
    return found


def followed_place(place: Place, known: set[str]) -> str:
    """The place whose series a region follows: its subdivision's own where there is one, otherwise its country's."""
    return place.subdivision if place.subdivision in known else place.country


def _placed(
    folder: Path, name: str, place: str, day: str, columns: tuple[str, ...]
) -> Iterator[tuple[CsvRow, str, date]]:
    """The rows of a file with the place and the day that they speak of."""
    data = _unpacked(folder, name)
    header = data[:10_000].split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip().split(",")
    required = (place, day, *columns)
    others = tuple(column for column in header if column not in required)
    for row in read_csv(
        BytesIO(data), required=required, optional=others, max_bytes=MAX_UNPACKED_BYTES, max_rows=MAX_ROWS
    ):
        if row.problem:
            raise BrokenSeries(name=name, row=row.number, problem=row.problem)
        try:
            yield row, row.values[place], date.fromisoformat(row.values[day])
        except ValueError as error:
            raise BrokenSeries(name=name, row=row.number, problem=_("write the day as 2020-03-21.")) from error


def _unpacked(folder: Path, name: str) -> bytes:
    for path, opener in ((folder / f"{name}.gz", gzip.open), (folder / name, Path.open)):
        if path.is_file():
            try:
                with opener(path, "rb") as file:
                    data: bytes = file.read(MAX_UNPACKED_BYTES + 1)
            except (OSError, EOFError) as error:
                raise BrokenSeries(name=path.name, row="–", problem=str(error)) from error
            if len(data) > MAX_UNPACKED_BYTES:
                raise FileTooLarge(most=MAX_UNPACKED_BYTES // 1024 // 1024)
            return data
    raise NoSuchSeries(folder=folder, name=name)


def _place_of(code: str) -> str:
    """A place as OxCGRT names it, in ISO codes."""
    return _UK_NATIONS.get(code) or code.replace("_", "-")


def _level(row: CsvRow, name: str, column: str) -> int | None:
    """A level, written as 2 or 2.00; empty is not known."""
    text = row.values[column]
    if not text:
        return None
    whole, _point, rest = text.partition(".")
    if not (whole.isdecimal() and int(whole) <= MOST_LEVEL and not rest.strip("0")):
        raise BrokenSeries(name=name, row=row.number, problem=_("%(column)s is 0 to 3.") % {"column": column})
    return int(whole)


def _is_zero(text: str) -> bool:
    """A flag of 0: the level held in part of the place only. Empty says nothing."""
    return bool(text) and not text.strip("0.")


def _count(row: CsvRow, name: str, column: str) -> int | None:
    """A count; NA is not known."""
    text = row.values[column]
    if text in ("NA", ""):
        return None
    if not text.isdecimal():
        raise BrokenSeries(
            name=name, row=row.number, problem=_("%(column)s is a whole number or NA.") % {"column": column}
        )
    return int(text)
