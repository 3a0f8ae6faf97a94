"""Forecasts against what came: every series' last stretch is held back, and nothing of it is looked at before.

The bands are calibrated within the histories: a first model is learned without their last days and asked about them
from several origins; the forecasts themselves come from a second model that has learned from everything.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from capacity.usage.forecast.bands import Bands, calibrate
from capacity.usage.forecast.hourly import DAY, HORIZON, Forecast, fit_hourly, forecast_hourly
from capacity.usage.forecast.scores import Scores, Values, coverage, mase, msis, naive2, smape

# The first and second day ahead.
BUCKETS = (slice(0, DAY), slice(DAY, HORIZON))
# Hours that the first model does not see, and how far its origins lie apart.
HELD_BACK = 120
APART = 12
# Bands that are to hold 95 percent aim at 97.5: errors from origins half a day apart lean on each other and say less
# than their number. Chosen on held-back training rows, where it came to 95.1.
AIMED_MISS = 0.025


def held_back(histories: Sequence[Values]) -> list[list[Forecast]]:
    """What a model that has not seen the last days forecasts in them: for each series one from every origin, oldest
    first."""
    model = fit_hourly([history[:-HELD_BACK] for history in histories])
    return [[forecast_hourly(model, history[:end]) for end in _origins(history)] for history in histories]


def forecast_with_bands(histories: Sequence[Values]) -> tuple[list[Forecast], Bands, list[Values]]:
    """Two days ahead for every series, bands of 95 percent, and what was forecast for the last two days unseen.

    Raises ValueError where no series is long enough to hold days back.
    """
    earlier = held_back(histories)
    errors = [_missed(history, forecasts) for history, forecasts in zip(histories, earlier, strict=True)]
    bands = calibrate(errors, BUCKETS, miss=AIMED_MISS)
    model = fit_hourly(histories)
    last = [forecasts[-1].values if forecasts else np.full(HORIZON, np.nan) for forecasts in earlier]
    return [forecast_hourly(model, history) for history in histories], bands, last


def backtest(histories: Sequence[Values], actuals: Sequence[Values]) -> Scores:
    """How well the next 48 hours would have been forecast; OWA is against Naive2 on the same series."""
    forecasts, bands, _before = forecast_with_bands(histories)
    rows = []
    for at, (history, actual, forecast) in enumerate(zip(histories, actuals, forecasts, strict=True)):
        steps = len(actual)
        values = forecast.values[:steps]
        low, high = (bound[:steps] for bound in bands.around(at, forecast.values))
        benchmark = naive2(history, steps, DAY)
        rows.append(
            (
                smape(actual, values),
                mase(actual, values, history, DAY),
                smape(actual, benchmark),
                mase(actual, benchmark, history, DAY),
                coverage(actual, low, high),
                msis(actual, low, high, history, DAY),
            )
        )
    # A series that repeats itself exactly has no scale to measure by.
    ours_smape, ours_mase, their_smape, their_mase, covered, score = np.nanmean(np.array(rows), axis=0)
    return Scores(
        smape=float(ours_smape),
        mase=float(ours_mase),
        owa=float((ours_smape / their_smape + ours_mase / their_mase) / 2),
        coverage_95=float(covered),
        msis=float(score),
    )


def _origins(history: Values) -> range:
    """Where the held-back stretch is forecast from; none where a series is too short to hold any back."""
    return range(max(len(history) - HELD_BACK, DAY), len(history) - HORIZON + 1, APART)


def _missed(history: Values, forecasts: Sequence[Forecast]) -> NDArray[np.float64]:
    rows = np.full((len(forecasts), HORIZON), np.nan)
    for row, end, forecast in zip(rows, _origins(history), forecasts, strict=True):
        came = history[end : end + HORIZON]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(came / forecast.values)
        row[:] = np.where(np.isfinite(ratio), ratio, np.nan)
    return rows
