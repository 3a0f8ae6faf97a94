"""Lists of regions as files: our own, and the table that Azure's regions are published in.

A list is read row by row; what is wrong with a row is said of the row, and the rest is read on.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kit.csvfiles import MAX_BYTES, read_csv

OWN_LIST = Path(__file__).parent / "data" / "regions.csv"
MAX_ROWS = 2_000

OWN_COLUMNS = (
    "code", "name", "geography", "geography_group", "place", "iso3", "latitude", "longitude", "pair", "time_zone",
    "size",
)  # fmt: skip
OWN_OPTIONAL = ("subdivision",)
# How the published table names the same things.
AZURE_COLUMNS = {
    "name": "code",
    "display_name": "name",
    "geography": "geography",
    "geography_group": "geography_group",
    "physical_location": "place",
    "iso3": "iso3",
    "latitude": "latitude",
    "longitude": "longitude",
    "paired_region": "pair",
}
AZURE_OPTIONAL = ("category", "zones", "oxcgrt_region", "in_list_2019_06", "in_list_2021_01")

# How many datacenters stand in a region of each size; also the key of the sample supply.
DATACENTERS = {"large": 3, "medium": 2, "small": 1}

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Z]{3}")
_SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_LENGTHS = {"code": 40, "name": 80, "geography": 60, "geography_group": 60, "place": 80, "pair": 40}


@dataclass(frozen=True)
class RegionFacts:
    """A region as a list describes it; coordinates in degrees, `size` large, medium or small.

    `subdivision` is the state, nation or Land in ISO 3166-2; empty where the list does not say.
    """

    code: str
    name: str
    geography: str
    geography_group: str
    place: str
    country: str
    latitude: Decimal | None
    longitude: Decimal | None
    paired_code: str
    time_zone: str
    size: str
    subdivision: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a list: its facts, or that it is not for customers, or what is wrong with it."""

    number: int
    code: str
    facts: RegionFacts | None = None
    problem: str = ""

    @property
    def is_dropped(self) -> bool:
        """Whether the row is fine but names no region that customers can use."""
        return self.facts is None and not self.problem


def read_own_list() -> Iterator[Line]:
    """The project's own list of 58 regions."""
    with OWN_LIST.open("rb") as file:
        yield from read_list(file)


def read_list(file: IO[bytes]) -> Iterator[Line]:
    """The rows of a list in our own format or in the published one, told apart by the header.

    Canary, stage and logical regions of the published table are dropped. Raises
    `kit.csvfiles.CannotReadFile` for a file that is no such list.
    """
    data = file.read(MAX_BYTES + 1)
    is_published = b"display_name" in data[:2_000].split(b"\n", 1)[0]
    required = tuple(AZURE_COLUMNS) if is_published else OWN_COLUMNS
    seen: set[str] = set()
    for row in read_csv(
        BytesIO(data), required=required, optional=AZURE_OPTIONAL if is_published else OWN_OPTIONAL, max_rows=MAX_ROWS
    ):
        values = {AZURE_COLUMNS.get(k, k): v for k, v in row.values.items()} if is_published else row.values
        line = _line(row.number, values, row.problem, is_published)
        if line.facts and line.code in seen:
            line = Line(row.number, line.code, problem=_("This region stands in the list twice."))
        seen.add(line.code)
        yield line


def _line(number: int, values: dict[str, str], problem: str, is_published: bool) -> Line:
    code = values.get("code", "")[:60]
    if problem:
        return Line(number, code, problem=problem)
    if is_published and _is_not_for_customers(values):
        return Line(number, code)
    problem = _problem(values)
    if problem:
        return Line(number, code, problem=problem)
    longitude = _degrees(values["longitude"], 180)
    own = _own_facts().get(code, {})
    facts = RegionFacts(
        code=code,
        name=values["name"],
        geography=values["geography"],
        geography_group=values["geography_group"],
        place=values["place"],
        country=values["iso3"],
        latitude=_degrees(values["latitude"], 90),
        longitude=longitude,
        paired_code=values["pair"],
        time_zone=values.get("time_zone") or own.get("time_zone") or _zone_at(longitude),
        size=values.get("size") or own.get("size") or _size_by_zones(values.get("zones", "")),
        subdivision=values.get("subdivision") or own.get("subdivision", ""),
    )
    return Line(number, code, facts=facts)


def _is_not_for_customers(values: dict[str, str]) -> bool:
    is_for_tests = values["geography"].startswith(("Canary", "Stage")) or values["code"].endswith(("euap", "stg"))
    is_logical = not values["latitude"] and not values["place"]
    return is_for_tests or is_logical


def _problem(values: dict[str, str]) -> str:
    """The first thing that is wrong with a row; empty where nothing is."""
    if not _CODE.fullmatch(values["code"]):
        return _("The code “%(code)s” is not made of small letters and digits.") % {"code": values["code"][:60]}
    for column in ("name", "geography", "geography_group"):
        if not values[column]:
            return _("The column “%(column)s” is empty.") % {"column": column}
    for column, most in _LENGTHS.items():
        if len(values[column]) > most:
            return _("The column “%(column)s” holds more than %(most)s characters.") % {"column": column, "most": most}
    if values["pair"] and not _CODE.fullmatch(values["pair"]):
        return _("The code “%(code)s” is not made of small letters and digits.") % {"code": values["pair"]}
    if not _COUNTRY.fullmatch(values["iso3"]):
        return _("“%(country)s” is not the three letters of a country.") % {"country": values["iso3"][:60]}
    for column, most in (("latitude", 90), ("longitude", 180)):
        if values[column] and _degrees(values[column], most) is None:
            return _("“%(value)s” is no %(column)s in degrees.") % {"value": values[column][:60], "column": column}
    if values.get("size", "small") not in DATACENTERS:
        return _("The size is large, medium or small.")
    if values.get("subdivision") and not _SUBDIVISION.fullmatch(values["subdivision"]):
        return _("“%(code)s” is not a subdivision such as US-VA.") % {"code": values["subdivision"][:60]}
    if "time_zone" in values and not _is_zone(values["time_zone"]):
        return _("“%(zone)s” is not a time zone.") % {"zone": values["time_zone"][:60]}
    return ""


def _degrees(text: str, most: int) -> Decimal | None:
    try:
        value = Decimal(text)
        return value.quantize(Decimal("0.0001")) if abs(value) <= most else None
    except InvalidOperation:
        return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _zone_at(longitude: Decimal | None) -> str:
    """The nautical zone of a longitude; its name has the sign turned round, as POSIX wants it."""
    hours = round((longitude or 0) / 15)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _size_by_zones(zones: str) -> str:
    return "medium" if zones.isdecimal() and int(zones) >= 3 else "small"


@cache
def _own_facts() -> dict[str, dict[str, str]]:
    with OWN_LIST.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}
