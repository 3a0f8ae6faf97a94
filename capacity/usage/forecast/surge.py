"""When demand leaves its season: a one-sided CUSUM over standardized residuals, and what then stands for a forecast.

A residual is the log ratio of a value to the median of the same phase of the seasons before, standardized by the median
and MAD of the residuals before it, clipped, and summed up where it exceeds the slack. On an alarm the season is frozen:
what surges never becomes the new normal by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from capacity.usage.forecast.scores import Values

# What a standard deviation is of a normal spread's MAD.
MAD_TO_SIGMA = 1.4826
# A series that never moved would make every move infinite.
LEAST_SIGMA = 0.005


@dataclass(frozen=True, slots=True)
class Watch:
    """How a series is watched: steps a season, seasons looked back on, steps that standardize, slack and threshold in
    standard deviations, where residuals are clipped, and how many steps are needed before anything is said."""

    season: int
    seasons_back: int
    spread: int
    slack: float = 0.5
    threshold: float = 8.25
    clip: float = 4.0
    least: int = 28


# Calibrated to one false alarm per series and year under t5 noise with drift (decision core, section 7).
DAILY = Watch(season=7, seasons_back=4, spread=56)


# Monthly series are short: own threshold, for one false alarm in ten years of months.
MONTHS_BETWEEN_ALARMS = 120
DAY, WEEK = 24, 168
LEAST_WEEKS = 6
# A year of hours under independent noise; real hours lean on each other, so that real alarms come much sooner.
HOURS_BETWEEN_ALARMS = 8_760


@dataclass(frozen=True, slots=True)
class Alarm:
    """A surge: the step at which it was seen, the one at which it began, and how high demand then stood above its
    frozen season (1.4 is 40 percent more)."""

    seen: int
    since: int
    ratio: float


def calibrated(watch: Watch, steps_between_alarms: float) -> Watch:
    """The same watch with the least threshold that raises a false alarm that seldom, under t5 noise scaled by MAD."""
    low, high = 0.5, 60.0
    while high - low > 0.01:
        middle = (low + high) / 2
        if run_length(middle, watch.slack, watch.clip) < steps_between_alarms:
            low = middle
        else:
            high = middle
    return Watch(watch.season, watch.seasons_back, watch.spread, watch.slack, round(high, 2), watch.clip, watch.least)


def monthly() -> Watch:
    """How a monthly series is watched: against the same month of the year before, with a threshold of its own."""
    return calibrated(Watch(season=12, seasons_back=1, spread=36, least=12), MONTHS_BETWEEN_ALARMS)


def hourly(hours: int) -> Watch:
    """How an hourly series of this length is watched: against the same hour of the last weeks, or of the last days
    where there are not enough of them."""
    if hours >= LEAST_WEEKS * WEEK:
        watch = Watch(season=WEEK, seasons_back=3, spread=2 * WEEK, least=72)
    else:
        watch = Watch(season=DAY, seasons_back=5, spread=WEEK, least=48)
    return calibrated(watch, HOURS_BETWEEN_ALARMS)


@lru_cache(maxsize=256)
def run_length(threshold: float, slack: float, clip: float) -> float:
    """Steps until a false alarm on average, from a Markov chain over the sum's states (Brook and Evans 1972)."""
    states = 120
    width = threshold / states
    middles = (np.arange(states) + 0.5) * width
    # The sum moves by a residual less the slack; below zero it stays at zero.
    upper = (np.arange(states) + 1) * width
    moves = upper[None, :] - middles[:, None] + slack
    reach = _t5(np.where(moves >= clip, np.inf, np.where(moves < -clip, -np.inf, moves)))
    chain = np.diff(reach, axis=1, prepend=0.0)
    steps = np.linalg.solve(np.eye(states) - chain, np.ones(states))
    return float(steps[0])


def _t5(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distribution of Student's t with five degrees of freedom, scaled so that its MAD gives a sigma of 1."""
    # Its upper quartile is 0.7267, that of the normal distribution 0.6745.
    x = values * (0.7267 / 0.6745)
    root = np.sqrt(5.0)
    with np.errstate(invalid="ignore", over="ignore"):
        share = 1 + x * x / 5
        inner = np.where(np.isinf(x), 0.0, x / (root * share) * (1 + 2 / (3 * share)))
    return np.clip(0.5 + (np.arctan(x / root) + inner) / np.pi, 0.0, 1.0)


def residuals(values: Values, watch: Watch, *, frozen_at: int | None = None) -> Values:
    """The log ratio of each value to the median of its phase in the seasons before; NaN where either is unknown.

    From `frozen_at` on, the seasons before it are looked at and no later ones.
    """
    logs = np.log(np.where(values > 0, values, np.nan))
    found = np.full(len(logs), np.nan)
    for at in range(watch.season, len(logs)):
        first = at - watch.season
        if frozen_at is not None and at >= frozen_at:
            first = at - watch.season * ((at - frozen_at) // watch.season + 1)
        before = logs[
            [first - back * watch.season for back in range(watch.seasons_back) if first >= back * watch.season]
        ]
        before = before[~np.isnan(before)]
        if len(before):
            found[at] = logs[at] - np.median(before)
    return found


def standardized(found: Values, watch: Watch) -> Values:
    """Residuals in standard deviations of those before them, clipped; NaN until there are enough."""
    scores = np.full(len(found), np.nan)
    for at in range(len(found)):
        before = found[max(0, at - watch.spread) : at]
        before = before[~np.isnan(before)]
        if len(before) >= min(watch.least, watch.spread):
            center = float(np.median(before))
            sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(before - center))), LEAST_SIGMA)
            scores[at] = np.clip((found[at] - center) / sigma, -watch.clip, watch.clip)
    return scores


def detect(values: Sequence[float] | Values, watch: Watch = DAILY) -> list[Alarm]:
    """Every surge in a series, oldest first; after an alarm the sum starts anew once demand is back in its season."""
    series = np.asarray(values, dtype=np.float64)
    found = residuals(series, watch)
    scores = standardized(found, watch)
    alarms: list[Alarm] = []
    total, since, is_above = 0.0, 0, False
    for at, score in enumerate(scores):
        if np.isnan(score):
            continue
        if is_above:
            # Not another alarm a day while the same surge lasts.
            is_above = score > watch.slack
            continue
        if total == 0:
            since = at
        total = max(0.0, total + float(score) - watch.slack)
        if total > watch.threshold:
            held = residuals(series[: at + 1], watch, frozen_at=since)
            alarms.append(Alarm(at, since, float(np.exp(held[at]))))
            total, is_above = 0.0, True
    return alarms


@dataclass(frozen=True)
class Verdict:
    """Whether a forecast made at a step still holds: broken from a step on and why, or not. `proposal` is the region
    condition that people should confirm; it is never declared by itself."""

    is_broken: bool
    broken_at: int | None = None
    alarm: Alarm | None = None

    @property
    def proposal(self) -> str:
        return "watch" if self.is_broken else ""


def judge(values: Sequence[float] | Values, made_at: int, watch: Watch = DAILY) -> Verdict:
    """What became of a forecast made after `made_at` values, given all values known since."""
    for alarm in detect(values, watch):
        if alarm.seen >= made_at:
            return Verdict(True, alarm.seen, alarm)
    return Verdict(False)


@dataclass(frozen=True)
class Scenarios:
    """What replaces a broken forecast: demand goes back to its season, stays where it is, or goes on growing."""

    low: Values
    base: Values
    high: Values


# How long growth is thought to go on at most, in steps; nobody knows, so the highest scenario ends in a plateau.
GROWTH_STEPS = 14


def scenarios(forecast: Values, values: Sequence[float] | Values, alarm: Alarm, watch: Watch = DAILY) -> Scenarios:
    """Three ways on from an alarm. `forecast` continues the frozen season after the last of `values`."""
    series = np.asarray(values, dtype=np.float64)
    held = residuals(series, watch, frozen_at=alarm.since)[alarm.since :]
    known = held[~np.isnan(held)]
    level = float(np.median(known[-watch.season :])) if len(known) else float(np.log(alarm.ratio))
    level = max(level, 0.0)
    pace = max(level / max(len(known), 1), 0.0)
    ahead = np.arange(1, len(forecast) + 1)
    fading = level * 0.5 ** (ahead / watch.season)
    growing = level + pace * np.minimum(ahead, GROWTH_STEPS)
    return Scenarios(forecast * np.exp(fading), forecast * np.exp(level), forecast * np.exp(growing))
