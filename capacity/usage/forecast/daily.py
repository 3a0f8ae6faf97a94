"""Weeks ahead by the day: the mean of a damped trend, the theta method and last week again.

Hardly anything beats last week on daily demand, so the line is a plain combination and the band says what it is worth.
All three work on logarithms without the weekday figure, so that growth is a ratio and nothing goes below zero.
"""

from collections.abc import Sequence

import numpy as np

from capacity.usage.forecast.bands import Bands, calibrate
from capacity.usage.forecast.scores import Values, seasonal_naive

WEEK = 7
RECENT = 365
DAMPING = 0.95
SMOOTHING = (0.1, 0.3, 0.5, 0.8)
TREND_SMOOTHING = (0.02, 0.1, 0.3)
LEAST_DAYS = 28
# Tomorrow to next week, the month, and beyond.
BUCKETS = (slice(0, 7), slice(7, 28), slice(28, None))


def forecast_daily(history: Values, horizon: int) -> Values:
    """The days after the end of `history`, in its units; last week again under four weeks of data, NaN without one.

    Unknown days are bridged between their neighbors for the smoothing alone.
    """
    recent = history[-RECENT:]
    known = ~np.isnan(recent) & (recent > 0)
    naive = seasonal_naive(recent, horizon, WEEK) if len(recent) >= WEEK else np.full(horizon, np.nan)
    if known.sum() < LEAST_DAYS:
        return naive
    days = np.arange(len(recent))
    logs = np.interp(days, days[known], np.log(recent[known]))
    figure = _weekday_figure(logs)
    level = logs - figure[days % WEEK]
    ahead = figure[np.arange(len(recent), len(recent) + horizon) % WEEK]
    parts = [_damped(level, horizon) + ahead, _theta(level, horizon) + ahead]
    if not np.isnan(naive).any() and (naive > 0).all():
        parts.append(np.log(naive))
    combined: Values = np.exp(np.mean(parts, axis=0))
    return combined


def past_errors(history: Values, horizon: int, *, every: int = WEEK, most: int = 12) -> np.ndarray:
    """What the forecast would have missed from earlier origins, as log ratios; origins, oldest first, by days ahead.

    Days that have not come yet, or are unknown, are NaN.
    """
    rows = []
    for back in range(most * every, 0, -every):
        end = len(history) - back
        if end < LEAST_DAYS:
            continue
        ahead = forecast_daily(history[:end], horizon)
        came = np.full(horizon, np.nan)
        known = history[end : end + horizon]
        came[: len(known)] = known
        with np.errstate(divide="ignore", invalid="ignore"):
            rows.append(np.where((came > 0) & (ahead > 0), np.log(came / ahead), np.nan))
    return np.array(rows) if rows else np.full((0, horizon), np.nan)


def calibrate_daily(histories: Sequence[Values], horizon: int, *, miss: float = 0.05) -> Bands:
    """Bands for every series from its own past errors and all others'. Raises ValueError where nobody has any."""
    return calibrate([past_errors(history, horizon) for history in histories], BUCKETS, miss=miss)


def daily_moves(history: Values, days: int = 56) -> Values:
    """How the level moved from day to day without the weekday figure, as log ratios: the steps that paths are made of.

    NaN from and to an unknown day; empty under four weeks of data.
    """
    recent = history[-RECENT:]
    known = ~np.isnan(recent) & (recent > 0)
    if known.sum() < LEAST_DAYS:
        return np.zeros(0)
    at = np.arange(len(recent))
    logs = np.interp(at, at[known], np.log(recent[known]))
    level = np.where(known, logs - _weekday_figure(logs)[at % WEEK], np.nan)
    return np.diff(level)[-days:]


def _weekday_figure(logs: Values) -> Values:
    """How each weekday differs from the week around it, mean 0; phases count from the first day."""
    trend = np.convolve(logs, np.ones(WEEK) / WEEK, mode="valid")
    off = logs[WEEK // 2 : WEEK // 2 + len(trend)] - trend
    phases = np.arange(WEEK // 2, WEEK // 2 + len(trend)) % WEEK
    figure = np.array([np.median(off[phases == phase]) for phase in range(WEEK)])
    centered: Values = figure - figure.mean()
    return centered


def _damped(level: Values, horizon: int) -> Values:
    """Holt's damped trend; the smoothing that missed least one day ahead is chosen from a small grid."""
    grid = [(alpha, beta) for alpha in SMOOTHING for beta in TREND_SMOOTHING]
    alphas, betas = np.array(grid).T
    at, slope, missed = np.full(len(grid), level[0]), np.zeros(len(grid)), np.zeros(len(grid))
    for value in level[1:]:
        expected = at + DAMPING * slope
        off = value - expected
        missed += np.abs(off)
        at = expected + alphas * off
        slope = DAMPING * slope + alphas * betas * off
    best = int(missed.argmin())
    return at[best] + slope[best] * np.cumsum(DAMPING ** np.arange(1, horizon + 1))


def _theta(level: Values, horizon: int) -> Values:
    """Simple smoothing plus half the slope of the straight line (Assimakopoulos and Nikolopoulos 2000)."""
    alphas = np.array(SMOOTHING)
    at, missed = np.full(len(alphas), level[0]), np.zeros(len(alphas))
    for value in level[1:]:
        off = value - at
        missed += np.abs(off)
        at = at + alphas * off
    slope = np.polyfit(np.arange(len(level)), level, 1)[0] / 2
    return at[int(missed.argmin())] + slope * np.arange(1, horizon + 1)
