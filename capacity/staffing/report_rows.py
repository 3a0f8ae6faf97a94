"""The rows of a file of shift reports: each read by itself, then gathered into the shifts that they report."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.actions.file_shift_report import MAX_PEOPLE, NOTE_LENGTH, Crew
from capacity.staffing.models import CrewRole
from kit.csvfiles import CsvRow

COUNTS = ("rostered", "present", "absent_planned", "absent_unplanned", "absent_travel")
REQUIRED = ("datacenter", "date", "shift", "role", *COUNTS)
OPTIONAL = ("note",)

_NUMBER = re.compile("[0-9]{1,9}")
_SEPARATED = re.compile(r"[0-9]{1,3}(?:[.,'\u2019\u00a0\u202f ][0-9]{3})+")
_NEGATIVE = re.compile("[-\u2212] ?[0-9]+")
_NO_NUMBER = {"", "na", "n/a", "n.a.", "nan", "null", "none", "-", "–", "k. a.", "k.a."}
# A day, a month and a year in some order that is not ours.
_OTHER_DAY = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{2,4})")


class RowProblem(Exception):
    """Why a row cannot be taken, as a sentence."""


@dataclass(frozen=True, slots=True)
class ShiftKey:
    """One shift of one datacenter."""

    datacenter: Datacenter
    date: date
    shift: str

    @property
    def label(self) -> str:
        """How results name it."""
        return f"{self.datacenter.code} {self.date.isoformat()} {self.shift}"


@dataclass(slots=True)
class ShiftRows:
    """What a file says of one shift: the number of each role's row, and its counts. Counts are people."""

    key: ShiftKey
    numbers: dict[str, int] = field(default_factory=dict)
    crews: dict[str, Crew] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        """The notes of its rows, each once."""
        return " ".join(dict.fromkeys(note for note in self.notes if note))


@dataclass(slots=True)
class FileRows:
    """What a file says: its shifts, those of which a row is wrong, and by row number a name and what is wrong."""

    shifts: dict[ShiftKey, ShiftRows] = field(default_factory=dict)
    spoiled: set[ShiftKey] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def gather(rows: Iterable[CsvRow], datacenters: Mapping[str, Datacenter]) -> FileRows:
    """Read rows that name one of these datacenters, by code; whatever is wrong with a row is kept beside it."""
    found = FileRows()
    for row in rows:
        values: Mapping[str, str] = defaultdict(str, row.values)
        label = " ".join(values[name][:40] for name in ("datacenter", "date", "shift", "role"))
        found.labels[row.number] = label.strip()
        key = None
        try:
            if row.problem:
                raise RowProblem(row.problem)
            key = _key(values, datacenters)
            _take(row.number, values, found.shifts.setdefault(key, ShiftRows(key)))
        except RowProblem as problem:
            found.problems[row.number] = str(problem)
            if key is not None:
                found.spoiled.add(key)
    return found


def _take(number: int, values: Mapping[str, str], shift: ShiftRows) -> None:
    role = values["role"]
    if role not in CrewRole.values:
        known = ", ".join(CrewRole.values)
        raise RowProblem(gettext("role: “%(role)s” is none of %(known)s.") % {"role": role[:40], "known": known})
    if role in shift.numbers:
        message = gettext("Row %(row)s reports the same role of the same shift.")
        raise RowProblem(message % {"row": shift.numbers[role]})
    note = values["note"]
    if len(note) > NOTE_LENGTH:
        raise RowProblem(gettext("note: at most %(most)s characters.") % {"most": NOTE_LENGTH})
    counts = {name: _count(name, values[name]) for name in COUNTS}
    shift.numbers[role] = number
    shift.crews[role] = Crew(**counts)
    shift.notes.append(note)


def _key(values: Mapping[str, str], datacenters: Mapping[str, Datacenter]) -> ShiftKey:
    datacenter = datacenters.get(values["datacenter"])
    if datacenter is None:
        message = gettext("datacenter: “%(code)s” is not a datacenter whose shifts you report.")
        raise RowProblem(message % {"code": values["datacenter"][:40]})
    day = _day(values["date"])
    if values["shift"] not in shifts.SHIFTS:
        raise RowProblem(gettext("shift: “%(shift)s” is neither day nor night.") % {"shift": values["shift"][:40]})
    return ShiftKey(datacenter, day, values["shift"])


def _day(text: str) -> date:
    try:
        if len(text) == len("2020-03-21"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    other = _OTHER_DAY.fullmatch(text)
    if other is None:
        raise RowProblem(gettext("date: “%(text)s” is no day. Write it as 2020-03-21.") % {"text": text[:40]})
    message = gettext("date: “%(text)s” can be read in two ways. Write the year first: %(example)s.")
    raise RowProblem(message % {"text": text, "example": _year_first(*other.groups()) or "2020-03-21"})


def _year_first(first: str, second: str, year: str) -> str:
    """The day as it was probably meant, day first; empty where that is none."""
    try:
        return date(int(year) if len(year) == 4 else 2000 + int(year), int(second), int(first)).isoformat()
    except ValueError:
        return ""


def _count(name: str, text: str) -> int:
    if _NUMBER.fullmatch(text):
        return int(text)
    values: dict[str, Any] = {"column": name, "text": text[:40]}
    if text.casefold() in _NO_NUMBER:
        problem = _("%(column)s: a number is needed. Unknown is not zero: leave the shift out until it is known.")
    elif _SEPARATED.fullmatch(text):
        values["plain"] = re.sub("[^0-9]", "", text)
        problem = _("%(column)s: write “%(text)s” without separators: %(plain)s.")
    elif _NEGATIVE.fullmatch(text):
        problem = _("%(column)s: counts of people are not negative.")
    elif text.isdigit() and text.isascii():
        values["most"] = MAX_PEOPLE
        problem = _("%(column)s: no crew here has more than %(most)s people.")
    else:
        problem = _("%(column)s: “%(text)s” is not a whole number.")
    raise RowProblem(str(problem) % values)
