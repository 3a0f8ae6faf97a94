"""Days ahead of one series as pages show them: the daily forecast, or three ways on while a surge lasts."""

from dataclasses import dataclass

import numpy as np

from capacity.usage.forecast.daily import forecast_daily
from capacity.usage.forecast.scores import Values
from capacity.usage.forecast.surge import DAILY, Alarm, Scenarios, detect, scenarios

# A surge that nobody saw the end of is one for so many days; then its level is the new season.
SURGE_DAYS = 28


@dataclass(frozen=True)
class Outlook:
    """What is expected, from tomorrow on; with a surge what demand could do beside it."""

    values: Values
    surge: Alarm | None = None
    ways: Scenarios | None = None


def surge_now(history: Values) -> Alarm | None:
    """The surge that is on after the last day of a history; None where demand is in its season."""
    alarms = detect(history, DAILY)
    return alarms[-1] if alarms and len(history) - 1 - alarms[-1].seen < SURGE_DAYS else None


def outlook(history: Values, days: int) -> Outlook:
    """The days after a history that begins with a known day; NaN where nothing can be said."""
    surge = surge_now(history)
    if surge is None:
        return Outlook(forecast_daily(history, days))
    # The season is frozen where the surge began; what came since only says how far demand stands above it.
    since = len(history) - surge.since
    frozen = forecast_daily(history[: surge.since], since + days)[since:]
    if np.isnan(frozen).any():
        return Outlook(frozen, surge)
    ways = scenarios(frozen, history, surge)
    return Outlook(ways.base, surge, ways)
