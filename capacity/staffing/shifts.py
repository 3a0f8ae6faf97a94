"""When shifts begin and end. Pure: no database, no clock.

A day has two shifts of twelve hours, counted in the datacenter's own time; the night belongs to the
day on which it begins. Where clocks change, a shift is an hour shorter or longer.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = "day"
NIGHT = "night"
SHIFTS = (DAY, NIGHT)
# As planned; a change of clocks is not counted.
HOURS = 12
STARTS = {DAY: time(6), NIGHT: time(18)}
# A crew has this long to report after its shift began; until then the report before it counts.
REPORT_WITHIN = timedelta(minutes=30)


def starts_at(day: date, shift: str, zone: ZoneInfo) -> datetime:
    """The moment a shift begins, in UTC. Raises KeyError for an unknown shift."""
    # In UTC, because Python subtracts times of one zone without looking at its clock changes.
    return datetime.combine(day, STARTS[shift], tzinfo=zone).astimezone(UTC)


def current(at: datetime, zone: ZoneInfo) -> tuple[date, str]:
    """The shift that is on at a moment: the day it began, and which."""
    local = at.astimezone(zone)
    if local.time() < STARTS[DAY]:
        return local.date() - timedelta(days=1), NIGHT
    return local.date(), (DAY if local.time() < STARTS[NIGHT] else NIGHT)


def following(day: date, shift: str) -> tuple[date, str]:
    """The shift after this one."""
    return (day, NIGHT) if shift == DAY else (day + timedelta(days=1), DAY)


def fresh_until(day: date, shift: str, worked: Collection[str], zone: ZoneInfo) -> datetime:
    """Until when a report of a shift says how things stand: until its successor's crew had time to report.

    `worked` are the shifts in which the role works at all, so a role of the day alone stays fresh over night.
    """
    nexts = following(day, shift)
    if nexts[1] not in worked and shift in worked:
        nexts = following(*nexts)
    return starts_at(*nexts, zone) + REPORT_WITHIN
