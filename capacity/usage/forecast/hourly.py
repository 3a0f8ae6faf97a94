"""Two days ahead by the hour: one ridge regression on logarithms, shared by all series, bent toward each of them.

Every series lends its windows: the last weeks as inputs, the next 48 hours as outputs, both relative to the level of
the last week, so that a small pool teaches a large one. Two reweightings turn squared into absolute loss. A second,
shorter model is corrected by a ridge on what it left over in the series itself; the two are averaged. Lag lengths and
penalties were chosen on held-back training rows of M4's hourly series alone (see `docs/decisions/`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from capacity.usage.forecast.scores import Values, seasonal_naive

DAY, WEEK = 24, 168
HORIZON = 48
LONG, SHORT = 504, 336  # lags in hours: three weeks, two weeks
# Only the last sixty days teach: what came before was another season of the year.
RECENT = 1_440
STRIDE = 3
PENALTY = {LONG: 3e-4, SHORT: 1e-4}
OWN_PENALTY = 0.3
REWEIGHTINGS = 2
# More gaps than this in what a forecast reads, and it is no forecast of this method.
MOST_UNKNOWN = 0.1

Floats = NDArray[np.float32]


class Method(StrEnum):
    """How a forecast came about."""

    RIDGE = "ridge"
    SEASONAL_NAIVE = "seasonal_naive"
    NONE = "none"


@dataclass(frozen=True)
class HourlyModel:
    """What the series taught together: for each lag length a matrix of lags by hours ahead; empty if they were too
    short."""

    weights: dict[int, Floats]


@dataclass(frozen=True)
class Forecast:
    """Values ahead in the series' units and how they came about; NaN where even the fallback knows nothing."""

    values: Values
    method: Method


def fit_hourly(histories: Sequence[Values]) -> HourlyModel:
    """Learn from every series that is long enough; NaN are gaps, and windows with one are left out."""
    weights = {}
    for lags in (LONG, SHORT):
        found = [window for history in histories for window in _windows(history, lags)]
        if found:
            weights[lags] = _ridge(np.concatenate(found), lags)
    return HourlyModel(weights)


def forecast_hourly(model: HourlyModel, history: Values) -> Forecast:
    """The next 48 hours after the end of `history`: by the model, under three weeks of data by the same hour of the
    day or week before."""
    recent = history[-RECENT:]
    filled = fill_gaps(recent[-LONG:])
    known = len(recent) >= LONG and not np.isnan(filled).any()
    if not known or LONG not in model.weights or np.isnan(recent[-LONG:]).mean() > MOST_UNKNOWN:
        season = WEEK if len(recent) >= 2 * WEEK else DAY
        values = seasonal_naive(recent, HORIZON, season) if len(recent) >= DAY else np.full(HORIZON, np.nan)
        return Forecast(values, Method.NONE if np.isnan(values).all() else Method.SEASONAL_NAIVE)
    logs = _logs(filled, _floor(recent))
    level = logs[-WEEK:].mean()
    inputs = logs - level
    ahead = [inputs @ model.weights[LONG]]
    if SHORT in model.weights:
        ahead.append(_own(model.weights[SHORT], recent, inputs[-SHORT:]))
    return Forecast(np.exp(np.mean(ahead, axis=0) + level).astype(np.float64), Method.RIDGE)


def fill_gaps(values: Values) -> Values:
    """The values with each unknown one taken from a week or a day before, then after; NaN where all are unknown."""
    filled = values.copy()
    for step in (WEEK, DAY, -DAY, -WEEK):
        for at in np.flatnonzero(np.isnan(filled)):
            if 0 <= at - step < len(filled):
                filled[at] = filled[at - step]
    return filled


def _windows(history: Values, lags: int) -> Iterator[Floats]:
    """The windows of one series, lags and horizon in a row, as logarithms relative to the last week of the lags."""
    recent = history[-RECENT:]
    width = lags + HORIZON
    if len(recent) < width:
        return
    logs = _logs(recent, _floor(recent))
    rows = np.lib.stride_tricks.sliding_window_view(logs, width)[::-1][::STRIDE]
    rows = rows[~np.isnan(rows).any(axis=1)]
    if len(rows):
        yield rows - rows[:, lags - WEEK : lags].mean(axis=1, keepdims=True)


def _ridge(rows: Floats, lags: int) -> Floats:
    """The weights that least miss the outputs, in absolute terms relative to how much a series moves by itself."""
    inputs, outputs = rows[:, :lags], rows[:, lags:]
    moves = np.abs(inputs[:, DAY:] - inputs[:, :-DAY]).mean(axis=1) + np.float32(1e-3)
    weight = 1 / np.maximum(moves, np.float32(0.01)) ** 2
    solved = np.zeros((lags, HORIZON), dtype=np.float32)
    for turn in range(REWEIGHTINGS + 1):
        if turn:
            missed = np.abs(outputs - inputs @ solved).mean(axis=1)
            weight = 1 / (moves * np.maximum(missed, np.float32(1e-3)))
        weighted = inputs * (weight / weight.mean())[:, None]
        square = (weighted.T @ inputs).astype(np.float64)
        square[np.diag_indices(lags)] += PENALTY[lags] * np.trace(square) / lags + 1e-12
        solved = np.linalg.solve(square, (weighted.T @ outputs).astype(np.float64)).astype(np.float32)
    return solved


def _own(weights: Floats, recent: Values, inputs: Floats) -> Floats:
    """The shared forecast plus what a ridge on its own leftovers in this series adds; the kernel form, as a series has
    fewer windows than lags."""
    shared = inputs @ weights
    for rows in _windows(recent, SHORT):
        past, left = rows[:, :SHORT], rows[:, SHORT:] - rows[:, :SHORT] @ weights
        kernel = (past @ past.T).astype(np.float64)
        kernel[np.diag_indices(len(kernel))] += OWN_PENALTY * np.trace(kernel) / len(kernel) + 1e-12
        return shared + ((inputs @ past.T) @ np.linalg.solve(kernel, left)).astype(np.float32)
    return shared


def _floor(values: Values) -> float:
    """What stands for zero before a logarithm is taken: a thousandth of the mean."""
    mean = float(np.nanmean(np.abs(values))) if not np.isnan(values).all() else 0.0
    return max(mean / 1000, 1e-9)


def _logs(values: Values, floor: float) -> Floats:
    return np.log(np.maximum(values, floor)).astype(np.float32)
