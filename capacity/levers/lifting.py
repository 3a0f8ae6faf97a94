"""Whether lifting a lever is to be proposed, from figures alone.

Pure: no database, no clock. The condition must hold without a break for its days, and it is judged as if the lever
were lifted already: what the lever itself releases is no reason to lift it. Once it holds, headroom may fall a little
below its mark before the days begin anew, so that a figure that trembles around the mark does not flap.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

# Headroom may fall by so many permille below the mark without starting the days anew.
MARGIN_PERMILLE = 20
# After people kept the lever pulled, it is proposed again a day later at the earliest.
QUIET_AFTER_REFUSAL = timedelta(days=1)
PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """When to lift: `kind` is headroom, condition, date or judgment; `ends_date` is the lever's planned end."""

    kind: str
    permille: int = 0
    days: int = 0
    day: date | None = None
    ends_date: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """How things stand: the least headroom of the pools that count, in permille, as if the lever were lifted (None:
    there is no supply), and whether every region in reach is in normal condition."""

    headroom_permille: int | None
    is_normal: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`holds_since`: since when the condition has held; `grounds`: why lifting is proposed, empty where it is not."""

    holds_since: datetime | None
    grounds: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def is_due(self) -> bool:
        return bool(self.grounds)


def headroom(supply: int, released: int, committed: int) -> int | None:
    """What would be left of a pool without the lever's own release, in permille of the supply then; None without any.

    Negative where promises would exceed it.
    """
    without = supply - released
    return None if without <= 0 else (without - committed) * PERMILLE // without


def judge(
    condition: Condition, facts: Facts, *, holds_since: datetime | None, refused_at: datetime | None, at: datetime
) -> Verdict:
    """What the facts of this moment make of the condition; `holds_since` is what the last look gave."""
    since = (holds_since or at) if _holds(condition, facts, held=holds_since is not None, at=at) else None
    if refused_at is not None and at < refused_at + QUIET_AFTER_REFUSAL:
        return Verdict(since)
    if condition.ends_date is not None and at.date() >= condition.ends_date:
        return Verdict(since, {"why": "end", "date": condition.ends_date.isoformat()})
    begins = since if since is None or refused_at is None else max(since, refused_at)
    if begins is None or at < begins + timedelta(days=condition.days):
        return Verdict(since)
    grounds: dict[str, Any] = {"why": condition.kind, "since": since.isoformat() if since else ""}
    if condition.kind == "headroom":
        grounds |= {"permille": facts.headroom_permille, "mark": condition.permille}
    return Verdict(since, grounds)


def _holds(condition: Condition, facts: Facts, *, held: bool, at: datetime) -> bool:
    match condition.kind:
        case "headroom":
            mark = condition.permille - (MARGIN_PERMILLE if held else 0)
            return facts.headroom_permille is not None and facts.headroom_permille >= mark
        case "condition":
            return facts.is_normal
        case "date":
            return condition.day is not None and at.date() >= condition.day
        case _:
            return False
