"""How far off a forecast may be: split-conformal bands, a series' own errors shrunk to those of all series.

Errors are log ratios of what came to what was forecast, on stretches that the model had not seen. They are gathered
into buckets of the horizon; within one, a series' own quantile is drawn toward the pool's (in units of the series'
mean error) the more the fewer origins it has. How many should fall outside is then corrected by how many did
(adaptive conformal inference, Gibbs and Candès 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.usage.forecast.scores import Values

# How fast the share outside is corrected after each origin.
RATE = 0.02
# A series is believed as much as the pool when it has this many origins.
SHRINK = 6.0
LEAST_MISS, MOST_MISS = 0.005, 0.4

# One array a series: origins (oldest first) by steps ahead; NaN where it is not known.
Errors = Sequence[NDArray[np.float64]]


@dataclass(frozen=True)
class Bands:
    """The half width of each series' band as a log ratio, series by steps ahead; `miss` is the share that they were
    set to leave outside after adapting."""

    widths: NDArray[np.float64]
    miss: float

    def around(self, series: int, values: Values) -> tuple[Values, Values]:
        """The bounds around a forecast of this series, in its units."""
        factor = np.exp(self.widths[series])
        return values / factor, values * factor


def calibrate(errors: Errors, buckets: Sequence[slice], *, miss: float = 0.05) -> Bands:
    """Bands that leave `miss` of the values outside; a series without errors gets the pool's. Raises ValueError
    where no series has any."""
    origins = max((len(rows) for rows in errors), default=0)
    if not any(np.isfinite(rows).any() for rows in errors):
        raise ValueError("no errors to calibrate on")
    aimed = miss
    for seen in range(1, origins):
        widths = _widths([rows[:seen] for rows in errors], buckets, aimed)
        aimed = adapted(aimed, miss, _outside([rows[seen : seen + 1] for rows in errors], widths))
    return Bands(_widths(errors, buckets, aimed), aimed)


def adapted(aimed: float, miss: float, outside: float | None) -> float:
    """The share to aim at next, after `outside` of the last values fell outside; unchanged where none is known."""
    if outside is None:
        return aimed
    return min(max(aimed + RATE * (miss - outside), LEAST_MISS), MOST_MISS)


def _widths(errors: Errors, buckets: Sequence[slice], miss: float) -> NDArray[np.float64]:
    steps = max(rows.shape[1] for rows in errors if rows.ndim == 2)
    widths = np.zeros((len(errors), steps))
    for bucket in buckets:
        if not any(np.isfinite(rows[:, bucket]).any() for rows in errors):
            continue  # nothing has come that far ahead yet; the bucket before it speaks
        sizes = [_known(rows[:, bucket]) for rows in errors]
        means = np.array([size.mean() if len(size) else np.nan for size in sizes])
        typical = float(np.nanmedian(means))
        means = np.where(np.isnan(means), typical, np.maximum(means, typical / 1e3 + 1e-9))
        pooled = np.concatenate([size / mean for size, mean in zip(sizes, means, strict=True)])
        shared = conformal_quantile(pooled, miss)
        for at, size in enumerate(sizes):
            trust = len(errors[at]) / (len(errors[at]) + SHRINK) if len(size) else 0.0
            own = conformal_quantile(size, miss) if len(size) else 0.0
            widths[at, bucket] = trust * own + (1 - trust) * shared * means[at]
    # Farther ahead nobody is surer than nearer by.
    return np.maximum.accumulate(widths, axis=1)


def conformal_quantile(sizes: NDArray[np.float64], miss: float) -> float:
    """The size that a new one exceeds with probability `miss` at most, if they are exchangeable: the
    ceil((n + 1)(1 - miss))-th of n, the largest where n is too small for that."""
    rank = int(np.ceil((len(sizes) + 1) * (1 - miss)))
    return float(np.sort(sizes)[min(rank, len(sizes)) - 1])


def _outside(errors: Errors, widths: NDArray[np.float64]) -> float | None:
    shares = [
        np.mean(np.abs(rows[known]) > np.broadcast_to(widths[at], rows.shape)[known])
        for at, rows in enumerate(errors)
        if (known := np.isfinite(rows)).any()
    ]
    return float(np.mean(shares)) if shares else None


def _known(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes: NDArray[np.float64] = np.abs(rows[np.isfinite(rows)])
    return sizes
