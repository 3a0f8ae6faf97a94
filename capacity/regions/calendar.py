"""A year of a region's conditions, day by day and week by week. Pure: no Django, no clock. Days are those of UTC."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from capacity.regions.thresholds import NORMAL, SEVERITY


@dataclass(frozen=True)
class Spell:
    """A condition that was in force from a moment to another; without an end it still is."""

    condition: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Day:
    """The worst condition of a day; empty for days that are still to come."""

    date: date
    condition: str


def days_of(year: int, spells: Iterable[Spell], today: date) -> list[Day]:
    """Every day of a year with the worst condition in force on it; normal where none was declared.

    A spell that ends on a day counts on that day, too, unless it ended at its midnight.
    """
    first, count = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
    worst = [NORMAL] * count
    for spell in spells:
        begins = (spell.since.astimezone(UTC).date() - first).days
        last = (_last_day(spell.until) if spell.until else today) - first
        for at in range(max(begins, 0), min(last.days, count - 1) + 1):
            if SEVERITY[spell.condition] > SEVERITY[worst[at]]:
                worst[at] = spell.condition
    return [
        Day(day, condition if day <= today else "")
        for day, condition in ((first + timedelta(days=at), condition) for at, condition in enumerate(worst))
    ]


def weeks_of(days: Sequence[Day]) -> list[Day]:
    """The worst of every seven days from the first of January on; the last one is short."""
    weeks = (days[at : at + 7] for at in range(0, len(days), 7))
    return [Day(week[0].date, max((day.condition for day in week), key=_severity)) for week in weeks]


def counts_of(days: Iterable[Day]) -> dict[str, int]:
    """How many days each condition held, the harshest first; days to come and conditions without a day left out."""
    counts = Counter(day.condition for day in days if day.condition)
    return {condition: counts[condition] for condition in sorted(counts, key=_severity, reverse=True)}


def _severity(condition: str) -> int:
    return SEVERITY.get(condition, -1)


def _last_day(until: datetime) -> date:
    return (until.astimezone(UTC) - timedelta(microseconds=1)).date()
