"""Told exhaustion against what came: every week a series is asked again, and sees nothing that came later.

A capacity is invented for each series: so much above the mean of the four weeks before the first question, and the
same from then on, so that growth and surges run into it and nothing of the future decides it. Questions of one series
lean on each other; their number says less than that of independent ones would.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capacity.usage.forecast.daily import WEEK, daily_moves
from capacity.usage.forecast.exhaustion import demand_paths, exhaustion_of
from capacity.usage.forecast.outlook import outlook
from capacity.usage.forecast.scores import Values

HEADROOMS = (0.05, 0.10, 0.20, 0.30)
FIRST_QUESTION = 84  # days of history
LEVEL_DAYS = 28
HORIZON = 90
# The edges of the reliability table.
EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


@dataclass(frozen=True)
class Told:
    """One answer: how likely it was told that the pool runs out within the lead time, and whether it did."""

    likely: float
    came: bool


@dataclass(frozen=True)
class Bin:
    """A row of the reliability table: answers between two probabilities, their mean, and how often it came."""

    low: float
    high: float
    answers: int
    told: float
    came: float


@dataclass(frozen=True)
class ExhaustionScores:
    """How good the answers were. `base_rate` is the share that came; `brier_base` what always telling it would score.

    `exhaustions` are real ones at least a lead time after the first question, `announced` those for which half of
    the paths or more ran out within the horizon when it was asked last before the lead time began. `warnings` are
    answers of that kind of which the outcome is known, `warnings_right` those after which it came within the horizon.
    """

    series: int
    lead_days: int
    answers: int
    base_rate: float
    brier: float
    brier_base: float
    reliability: tuple[Bin, ...]
    exhaustions: int
    announced: int
    too_early: int
    warnings: int
    warnings_right: int


def backtest_exhaustion(series: Mapping[str, Values], *, lead_days: int) -> ExhaustionScores:
    """Ask every series once a week. Raises ValueError where none is long enough to be asked."""
    answers: list[Told] = []
    counts = dict.fromkeys(("exhaustions", "announced", "too_early", "warnings", "warnings_right"), 0)
    asked = 0
    for values in series.values():
        if len(values) < FIRST_QUESTION + lead_days:
            continue
        asked += 1
        _ask(values, lead_days, answers, counts)
    if not answers:
        raise ValueError("no series is long enough to be asked")
    likely = np.array([one.likely for one in answers])
    came = np.array([one.came for one in answers], float)
    base = float(came.mean())
    return ExhaustionScores(
        series=asked,
        lead_days=lead_days,
        answers=len(answers),
        base_rate=base,
        brier=float(np.mean((likely - came) ** 2)),
        brier_base=base * (1 - base),
        reliability=_reliability(likely, came),
        **counts,
    )


def _ask(values: Values, lead_days: int, answers: list[Told], counts: dict[str, int]) -> None:
    """All questions about one series; its forecast is made once a week for every headroom."""
    level = float(np.nanmean(values[FIRST_QUESTION - LEVEL_DAYS : FIRST_QUESTION]))
    supplies = [level * (1 + headroom) for headroom in HEADROOMS]
    ends = [_first_above(values, supply, FIRST_QUESTION) for supply in supplies]
    # Whether the last question at least a lead time ahead of the end announced it; None before there was one.
    last: list[bool | None] = [None] * len(supplies)
    for origin in range(FIRST_QUESTION, len(values), WEEK):
        open_ones = [at for at, end in enumerate(ends) if end is None or end >= origin]
        if not open_ones:
            break
        history = values[:origin]
        expected = outlook(history, HORIZON).values
        if np.isnan(expected).any():
            continue
        paths = demand_paths(expected, daily_moves(history))
        for at in open_ones:
            found = exhaustion_of(paths, np.full(HORIZON, supplies[at]), lead_days)
            end = ends[at]
            if origin + lead_days <= len(values):
                answers.append(Told(found.within_lead, end is not None and end < origin + lead_days))
            is_warning = found.p50 is not None
            if is_warning and (origin + HORIZON <= len(values) or end is not None):
                counts["warnings"] += 1
                counts["warnings_right"] += end is not None and end < origin + HORIZON
            if end is not None and end >= origin + lead_days:
                last[at] = is_warning
    for end, announced in zip(ends, last, strict=True):
        if end is None:
            continue
        counts["too_early" if announced is None else "exhaustions"] += 1
        counts["announced"] += bool(announced)


def _first_above(values: Values, supply: float, since: int) -> int | None:
    above = np.flatnonzero(values[since:] > supply)
    return since + int(above[0]) if len(above) else None


def _reliability(likely: Values, came: Values) -> tuple[Bin, ...]:
    rows = []
    for low, high in itertools.pairwise(EDGES):
        chosen = (likely >= low) & ((likely < high) | (high == EDGES[-1]))
        if chosen.any():
            rows.append(Bin(low, high, int(chosen.sum()), float(likely[chosen].mean()), float(came[chosen].mean())))
    return tuple(rows)


def invented(count: int, days: int, seed: int) -> dict[str, Values]:
    """Daily series from a seed: a level that drifts at a pace of its own which changes twice, weekends, heavy-tailed
    noise that leans on itself, and in a third of them a surge. Nothing of it was fitted to the forecast."""
    source = np.random.default_rng(seed)
    return {f"series-{number}": _invented(source, days) for number in range(1, count + 1)}


def _invented(source: np.random.Generator, days: int) -> Values:
    at = np.arange(days)
    bends = np.sort(source.integers(60, days - 30, 2))
    pace = source.normal(0.0012, 0.002, 3)[np.searchsorted(bends, at, side="right")]
    weekend = source.uniform(0.0, 0.15) * np.isin(at % WEEK, (5, 6))
    shocks = source.standard_t(5, days) * source.uniform(0.005, 0.02)
    lean = source.uniform(0.2, 0.7)
    noise = np.zeros(days)
    for day in range(1, days):
        noise[day] = lean * noise[day - 1] + shocks[day]
    surge = np.zeros(days)
    if source.random() < 1 / 3:
        begin = int(source.integers(100, days - 40))
        surge = np.log1p(source.uniform(0.1, 0.5)) * np.clip((at - begin) / 7, 0, 1)
    values: Values = 1000 * np.exp(np.cumsum(pace) - weekend + noise + surge)
    return values
