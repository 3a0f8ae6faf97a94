"""Which condition the readings of a region speak for. Pure: no Django, no clock.

A threshold says where a condition begins and where it ends again, and it ends only well on the milder side of where
it began; between the two everything stays as it is. What is spoken for must hold for a while before anybody is asked
(`is_due`). So a reading that trembles around a bound proposes nothing twice. Three properties hold for any readings:
worse ones never speak for a milder condition, what is not known never eases, and constrained and critical end
through recovering.

Shares are in permille. Conditions are the values of `Condition`; a person declares, this only proposes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

NORMAL, WATCH, RECOVERING, CONSTRAINED, CRITICAL = "normal", "watch", "recovering", "constrained", "critical"
# From the mildest to the harshest.
SEVERITY: Mapping[str, int] = {NORMAL: 0, WATCH: 1, RECOVERING: 2, CONSTRAINED: 3, CRITICAL: 4}
# What a threshold can speak for; normal is where none does, and recovering is how the last two end.
BOUNDED = (WATCH, CONSTRAINED, CRITICAL)


class Measure(StrEnum):
    """What is read."""

    FREE = "free"  # permille of a pool's supply that is not promised
    EXHAUSTION = "exhaustion"  # permille of the paths that exhaust a pool within the lead time
    STAFFING = "staffing"  # of a datacenter: 0 above minimum, 1 at minimum, 2 below
    TIER1 = "tier1"  # permille of its mark that tier 1 holds of a pool
    SURGE = "surge"  # permille by which a pool's usage stands above its season; 0 while it is in season


@dataclass(frozen=True)
class Reading:
    """One value now; None is not known. What nobody ever measured has no reading at all."""

    measure: str
    subject: str
    value: int | None
    names: Mapping[str, str] = field(default_factory=dict, compare=False)  # of the subject, by language


@dataclass(frozen=True)
class Threshold:
    """A condition begins where a reading reaches `enters` and has ended where it is back at `leaves`."""

    measure: str
    condition: str
    enters: int
    leaves: int

    def is_entered(self, value: int | None) -> bool:
        """Whether a value is bad enough to begin the condition."""
        return value is not None and self.badness(value) >= self.badness(self.enters)

    def holds(self, value: int | None) -> bool:
        """Whether a value is too bad for the condition to end. What is not known lets nothing end."""
        return value is None or self.badness(value) > self.badness(self.leaves)

    @property
    def has_band(self) -> bool:
        """Whether it ends on the milder side of where it begins."""
        return self.badness(self.leaves) < self.badness(self.enters)

    def badness(self, value: int) -> int:
        """A value so that more is worse."""
        return -value if self.measure == Measure.FREE else value


@dataclass(frozen=True)
class Rules:
    """The thresholds, and for how long readings must hold before a worse or a milder condition is proposed."""

    thresholds: tuple[Threshold, ...]
    worse_after: timedelta
    milder_after: timedelta


# What an installation begins with, until it sets others.
FIRST_RULES = Rules(
    thresholds=(
        Threshold(Measure.FREE, WATCH, 200, 250),
        Threshold(Measure.FREE, CONSTRAINED, 80, 120),
        Threshold(Measure.FREE, CRITICAL, 20, 50),
        Threshold(Measure.EXHAUSTION, WATCH, 200, 100),
        Threshold(Measure.EXHAUSTION, CONSTRAINED, 500, 300),
        Threshold(Measure.EXHAUSTION, CRITICAL, 900, 750),
        Threshold(Measure.STAFFING, CONSTRAINED, 2, 0),
        Threshold(Measure.TIER1, WATCH, 800, 700),
        Threshold(Measure.TIER1, CONSTRAINED, 1000, 900),
        Threshold(Measure.SURGE, WATCH, 1, 0),
    ),
    worse_after=timedelta(minutes=10),
    milder_after=timedelta(hours=24),
)


@dataclass(frozen=True)
class Standing:
    """What a region's readings speak for (`condition`) beside the condition in force (`against`).

    `since` is when they began to speak for at least that much, `changed_at` when they came to this very condition.
    """

    condition: str
    against: str
    since: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Reason:
    """A reading beside the bound that it reached (`is_entered`), has not left, or has left (`has_left`)."""

    reading: Reading
    condition: str
    bound: int
    is_entered: bool
    has_left: bool


def indicated(current: str, readings: Sequence[Reading], thresholds: Iterable[Threshold], before: str = "") -> str:
    """The condition that the readings speak for while `current` is in force.

    `before` is what they spoke for last: a worse condition is not let go within its band either.
    """
    thresholds = list(thresholds)
    now = SEVERITY[current]
    entered = _worst(one.condition for one in thresholds for reading in _of(one, readings) if one.is_entered(reading))
    if is_unknown(readings):
        held = SEVERITY[CRITICAL]
    else:
        held = _worst(one.condition for one in thresholds for reading in _of(one, readings) if one.holds(reading))
    if before in BOUNDED and SEVERITY[before] <= held:
        entered = max(entered, SEVERITY[before])
    if entered > now:
        return _named(entered)
    if held >= now:
        return current
    if current in (CONSTRAINED, CRITICAL):
        return CONSTRAINED if held == SEVERITY[CONSTRAINED] else RECOVERING
    return _named(held)


def is_unknown(readings: Sequence[Reading]) -> bool:
    """Whether something that is measured is not known now, or nothing says how much is free."""
    return any(reading.value is None for reading in readings) or all(one.measure != Measure.FREE for one in readings)


def look(current: str, readings: Sequence[Reading], rules: Rules, before: Standing | None, at: datetime) -> Standing:
    """How the readings stand at a moment, after how they stood at the last look."""
    was = _departure(before.condition, before.against) if before else 0
    # Only what was spoken for beside the condition in force has a band of its own; the one in force has its.
    found = indicated(current, readings, rules.thresholds, before.condition if before and was > 0 else "")
    if before is None:
        return Standing(found, current, at, at)
    side = _departure(found, current)
    # Having spoken for something farther off, they spoke for this all along.
    goes_on = side * was > 0 and abs(side) <= abs(_departure(before.condition, current))
    is_the_same = found == before.condition and (side == 0) == (was == 0) and side * was >= 0
    return Standing(
        found,
        current,
        before.since if goes_on or (is_the_same and side == 0) else at,
        before.changed_at if is_the_same else at,
    )


def is_due(standing: Standing, rules: Rules, at: datetime) -> bool:
    """Whether the readings have spoken for another condition for long enough to ask people."""
    side = _departure(standing.condition, standing.against)
    if side == 0:
        return False
    return at - standing.since >= (rules.worse_after if side > 0 else rules.milder_after)


def still_fits(proposed: str, standing: Standing) -> bool:
    """Whether an open proposal is still spoken for: by just this, or by more that has not held for long enough."""
    side, asked = _departure(standing.condition, standing.against), _departure(proposed, standing.against)
    return side * asked > 0 and abs(asked) <= abs(side)


def reasons_of(standing: Standing, readings: Sequence[Reading], thresholds: Iterable[Threshold]) -> list[Reason]:
    """What speaks for the condition: every reading that carries a worse one, or how far each measure has eased."""
    wanted = SEVERITY[standing.condition]
    if wanted > SEVERITY[standing.against]:
        return [
            Reason(reading, one.condition, one.enters if entered else one.leaves, entered, has_left=False)
            for one in thresholds
            if one.condition == standing.condition
            for reading in readings
            if reading.measure == one.measure and reading.value is not None and one.holds(reading.value)
            for entered in (one.is_entered(reading.value),)
        ]
    found = []
    for measure in Measure:
        above = [one for one in thresholds if one.measure == measure and SEVERITY[one.condition] > wanted]
        known = [one for one in readings if one.measure == measure and one.value is not None]
        if above and known:
            mildest = min(above, key=lambda one: SEVERITY[one.condition])
            worst = max(known, key=lambda one: mildest.badness(one.value or 0))
            found.append(Reason(worst, mildest.condition, mildest.leaves, is_entered=False, has_left=True))
    return found


def problems_of(rules: Rules) -> list[tuple[str, Threshold | None]]:
    """What is wrong with rules, as (code, threshold): the codes of `actions.set_thresholds.PROBLEMS`."""
    found: list[tuple[str, Threshold | None]] = []
    by_measure: dict[str, dict[str, Threshold]] = {}
    for one in rules.thresholds:
        if one.measure not in set(Measure) or one.condition not in BOUNDED:
            found.append(("unknown", one))
            continue
        if one.enters < 0 or one.leaves < 0:
            found.append(("negative", one))
        if not one.has_band:
            found.append(("no_band", one))
        if by_measure.setdefault(one.measure, {}).setdefault(one.condition, one) is not one:
            found.append(("doubled", one))
    for of_measure in by_measure.values():
        in_order = [of_measure[condition] for condition in BOUNDED if condition in of_measure]
        for milder, harsher in pairwise(in_order):
            if milder.badness(milder.enters) >= harsher.badness(harsher.enters) or milder.badness(
                milder.leaves
            ) > harsher.badness(harsher.leaves):
                found.append(("not_harsher", harsher))
    if Measure.FREE not in by_measure:
        found.append(("no_free", None))
    if not timedelta(0) < rules.worse_after <= rules.milder_after <= timedelta(days=30):
        found.append(("wait", None))
    return found


def _of(threshold: Threshold, readings: Sequence[Reading]) -> list[int]:
    return [one.value for one in readings if one.measure == threshold.measure and one.value is not None]


def _worst(conditions: Iterable[str]) -> int:
    return max((SEVERITY[condition] for condition in conditions), default=0)


def _named(severity: int) -> str:
    return next(condition for condition, one in SEVERITY.items() if one == severity)


def _departure(condition: str, current: str) -> int:
    """How far a condition lies from the one in force: positive is worse."""
    return SEVERITY[condition] - SEVERITY[current]
