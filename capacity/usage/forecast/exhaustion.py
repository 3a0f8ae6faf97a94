"""When a pool runs out: paths of demand from blocks of past errors, against supply with its dated deliveries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.usage.forecast.scores import Values

PATHS = 1_000
BLOCK = 7  # days, so that a bad week stays a bad week
# Fractions of square roots of primes fill the unit cube evenly, so that paths need no random numbers.
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103)


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Days from now until demand first exceeds supply (1 is tomorrow), for 10, 50 and 90 percent of the paths; None
    where so many do not within the horizon. `within_lead` is the share that does within the lead time."""

    p10: int | None
    p50: int | None
    p90: int | None
    within_lead: float
    horizon: int


def days_to_exhaustion(forecast: Values, errors: Values, supply: Values, lead_days: int) -> Exhaustion:
    """How soon demand exceeds supply.

    `forecast` and `supply` are daily, from tomorrow on, in the same units and equally long; deliveries count in
    `supply` from their day on. `errors` are past one-day log errors, oldest first. Raises ValueError for a
    forecast with gaps or lengths that differ.
    """
    if len(forecast) != len(supply) or np.isnan(forecast).any() or np.isnan(supply).any():
        raise ValueError("forecast and supply must be as long as each other and known throughout")
    return exhaustion_of(demand_paths(forecast, errors), supply, lead_days)


def exhaustion_of(paths: NDArray[np.float64], supply: Values, lead_days: int) -> Exhaustion:
    """The same from paths of demand, one a row, as `demand_paths` lays them."""
    horizon = len(supply)
    exceeds = paths > supply
    first = np.where(exceeds.any(axis=1), exceeds.argmax(axis=1) + 1, horizon + 1)
    return Exhaustion(
        p10=_day_by(first, 0.1, horizon),
        p50=_day_by(first, 0.5, horizon),
        p90=_day_by(first, 0.9, horizon),
        within_lead=float(np.mean(first <= lead_days)),
        horizon=horizon,
    )


def demand_paths(forecast: Values, errors: Values) -> NDArray[np.float64]:
    """Paths of demand, one a row: errors are drawn in blocks, summed up day by day and laid over the forecast.

    Errors lose their mean, so that the forecast stays the middle. Without enough of them every path is the forecast.
    """
    known = errors[~np.isnan(errors)]
    if len(known) < BLOCK:
        return np.tile(forecast, (PATHS, 1))
    known = known - known.mean()
    blocks = -(-len(forecast) // BLOCK)
    starts = _starts(blocks, len(known) - BLOCK + 1)
    drawn = known[starts[:, :, None] + np.arange(BLOCK)].reshape(PATHS, -1)[:, : len(forecast)]
    paths: NDArray[np.float64] = forecast * np.exp(np.cumsum(drawn, axis=1))
    return paths


def _starts(blocks: int, choices: int) -> NDArray[np.int64]:
    """Where each path's blocks begin, paths by blocks, evenly spread over the choices."""
    path = np.arange(1, PATHS + 1)[:, None]
    primes = np.array([_PRIMES[at % len(_PRIMES)] for at in range(blocks)], dtype=np.float64)
    # A prime that comes round again is moved on, or two blocks of a path would always agree.
    turns = np.array([at // len(_PRIMES) for at in range(blocks)], dtype=np.float64)
    fractions = (path * np.sqrt(primes) + turns * (0.5 + path * np.sqrt(primes + 0.5))) % 1
    return np.minimum((fractions * choices).astype(np.int64), choices - 1)


def _day_by(first: NDArray[np.int64], share: float, horizon: int) -> int | None:
    day = int(np.sort(first)[int(np.ceil(share * len(first))) - 1])
    return day if day <= horizon else None
