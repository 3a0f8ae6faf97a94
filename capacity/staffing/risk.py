"""Staffing risk of a place, read off public measures and reports; replayed day by day.

Pure: no database, no clock. The first source are the rules of a country or state (OxCGRT indicators C2 and C6): crews
that may not leave home or whose workplaces are closed come in smaller numbers. The second are reports of
hospitals about their own staff, the nearest public twin of shift reports. What is not known is unknown, never normal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_LEVEL = 3


class Risk(StrEnum):
    """How much of a place's crews may be missing, least first; unknown last."""

    NORMAL = "normal"
    WATCH = "watch"
    REDUCED = "reduced"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measures:
    """What a place ordered on a day, each 0 to 3; None where the source does not say.

    `workplace` is OxCGRT C2 (1 recommended, 2 some sectors closed, 3 all but essential ones), `stay_home` C6 (1
    recommended, 2 required with exceptions, 3 with few). The flags say that it held in part of the place only.
    """

    workplace: int | None
    stay_home: int | None
    is_workplace_partial: bool = False
    is_stay_home_partial: bool = False

    def __post_init__(self) -> None:
        for level in (self.workplace, self.stay_home):
            if level is not None and not 0 <= level <= MOST_LEVEL:
                raise ValueError("a measure is 0 to 3")


def risk_of_measures(measures: Measures | None) -> Risk:
    """The risk that follows from a day's measures; unknown without the workplace level."""
    if measures is None or measures.workplace is None:
        return Risk.UNKNOWN
    workplace, stay_home = measures.workplace, measures.stay_home or 0
    if workplace == MOST_LEVEL and stay_home >= 2:
        return Risk.CRITICAL
    if workplace >= 2 or stay_home >= 2:
        return Risk.REDUCED
    return Risk.WATCH if workplace >= 1 or stay_home >= 1 else Risk.NORMAL


@dataclass(frozen=True, slots=True)
class Units:
    """How many reporting units of a place work how on a day; None where the source does not say.

    `short_of_staff` counts those restricted for lack of staff, whatever else restricts them.
    """

    reporting: int | None
    regular: int | None
    partly_restricted: int | None
    restricted: int | None
    no_answer: int | None
    short_of_staff: int | None

    @property
    def told(self) -> int | None:
        """The sum of the four states; None where one of them is missing."""
        states = (self.regular, self.partly_restricted, self.restricted, self.no_answer)
        return None if None in states else sum(state for state in states if state is not None)

    @property
    def adds_up(self) -> bool:
        """Whether the states are as many as the units that reported; what is missing contradicts nothing."""
        return self.told is None or self.told == self.reporting


# Shares of the answering units that lack staff, in percent: assumptions, there is no published scale.
SHORT_OF_STAFF = ((50, Risk.CRITICAL), (25, Risk.REDUCED), (10, Risk.WATCH))


def risk_of_units(units: Units) -> Risk:
    """The risk by the share of answering units that lack staff; unknown where nobody was asked or answered.

    Counts that do not add up are judged as they stand and never mended; `Units.adds_up` tells.
    """
    if units.short_of_staff is None or units.reporting is None:
        return Risk.UNKNOWN
    answering = units.reporting - (units.no_answer or 0)
    if answering <= 0:
        return Risk.UNKNOWN
    for percent, risk in SHORT_OF_STAFF:
        if 100 * units.short_of_staff >= percent * answering:
            return risk
    return Risk.NORMAL


@dataclass(frozen=True, slots=True)
class ReplayedDay:
    """One day of a replay: how many regions stood at each risk, and how many moved since the day before."""

    date: date
    counts: Mapping[Risk, int]
    changes: int


def replay(
    places: Iterable[str], measures: Mapping[tuple[str, date], Measures], first: date, last: date
) -> list[ReplayedDay]:
    """Every day from `first` to `last`, both included; `places` holds one place for each region.

    Changes are counted against the day before, on the first day too where the source knows the day before it.
    """
    followed = list(places)
    begins = min((day for _place, day in measures), default=first)

    def at(day: date) -> list[Risk]:
        return [risk_of_measures(measures.get((place, day))) for place in followed]

    before = at(first - timedelta(days=1)) if begins < first else at(first)
    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        now = at(day)
        days.append(
            ReplayedDay(
                date=day,
                counts={risk: now.count(risk) for risk in Risk},
                changes=sum(one is not other for one, other in zip(before, now, strict=True)),
            )
        )
        before = now
    return days
