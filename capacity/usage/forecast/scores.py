"""How good forecasts were, as the M4 competition measures it (Makridakis et al. 2020).

Arrays are one series each: `actual` and `forecast` over the horizon, `history` before it. NaN in `actual` is left out.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SHARE_OUTSIDE = 0.05  # of intervals of 95 percent


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over series. sMAPE in percent; MASE and MSIS scaled by the seasonal naive error within the history; OWA
    against Naive2, whose value is 1."""

    smape: float
    mase: float
    owa: float
    coverage_95: float
    msis: float


def smape(actual: Values, forecast: Values) -> float:
    """The symmetric mean absolute error in percent; 0 where both are 0."""
    size = np.abs(actual) + np.abs(forecast)
    parts = np.divide(200 * np.abs(actual - forecast), size, out=np.zeros_like(size), where=size > 0)
    return float(np.nanmean(np.where(np.isnan(actual), np.nan, parts)))


def seasonal_scale(history: Values, season: int) -> float:
    """The mean error of repeating the last season within the history; NaN where it is 0 or too short."""
    if len(history) <= season:
        return float("nan")
    scale = float(np.nanmean(np.abs(history[season:] - history[:-season])))
    return scale if scale > 0 else float("nan")


def mase(actual: Values, forecast: Values, history: Values, season: int) -> float:
    """The mean absolute error in units of `seasonal_scale`."""
    return float(np.nanmean(np.abs(actual - forecast))) / seasonal_scale(history, season)


def coverage(actual: Values, low: Values, high: Values) -> float:
    """The share of known values within their interval."""
    known = ~np.isnan(actual)
    return float(np.mean((actual[known] >= low[known]) & (actual[known] <= high[known])))


def msis(actual: Values, low: Values, high: Values, history: Values, season: int) -> float:
    """The mean scaled interval score at 95 percent: width, and 40 times what lies outside, in units of the scale."""
    below = np.where(actual < low, low - actual, 0.0)
    above = np.where(actual > high, actual - high, 0.0)
    points = (high - low) + (below + above) * 2 / SHARE_OUTSIDE
    return float(np.nanmean(np.where(np.isnan(actual), np.nan, points))) / seasonal_scale(history, season)


def naive2(history: Values, horizon: int, season: int) -> Values:
    """The last value, seasonally adjusted where the series is seasonal: the competition's benchmark."""
    if not _is_seasonal(history, season):
        return np.full(horizon, history[-1])
    figure = _seasonal_figure(history, season)
    phases = np.arange(len(history) + horizon) % season
    return history[-1] / figure[phases[len(history) - 1]] * figure[phases[len(history) :]]


def seasonal_naive(history: Values, horizon: int, season: int) -> Values:
    """The last season again; an unknown value is looked for in the seasons before. NaN where none is known."""
    found = np.full(season, np.nan)
    for back in range(1, len(history) // season + 1):
        end = len(history) - (back - 1) * season
        found = np.where(np.isnan(found), history[end - season : end], found)
    return np.resize(found, horizon)


def _is_seasonal(history: Values, season: int) -> bool:
    """Whether the autocorrelation at the season is significant at 90 percent, as the competition tests it."""
    count = len(history)
    if count < 3 * season:
        return False
    centered = history - history.mean()
    power = float(centered @ centered)
    if power == 0:
        return False
    lags = np.array([float(centered[lag:] @ centered[:-lag]) / power for lag in range(1, season + 1)])
    limit = 1.645 / sqrt(count) * sqrt(1 + 2 * float(np.sum(lags[:-1] ** 2)))
    return bool(abs(lags[-1]) > limit)


def _seasonal_figure(history: Values, season: int) -> Values:
    """The multiplicative figure of classical decomposition, one factor a phase, mean 1."""
    kernel = np.ones(season + 1)
    kernel[[0, -1]] = 0.5
    half = season // 2
    if season % 2:
        kernel = np.ones(season)
    trend = np.convolve(history, kernel / season, mode="valid")
    ratio = history[half : half + len(trend)] / trend
    phases = np.arange(half, half + len(trend)) % season
    figure = np.array([ratio[phases == phase].mean() for phase in range(season)])
    return figure / figure.mean()
