"""How evenly something is shared: Jain's index and the Gini coefficient.

Pure. Both are 1 and 0 where everybody has the same. Where nobody has anything everybody has the same, too.
Sources: R. Jain, D. Chiu, W. Hawe, DEC-TR-301 (1984); C. Gini (1912), in the form over sorted values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def jain(shares: Sequence[float] | NDArray[np.float64]) -> float:
    """Between 1/n (one has everything) and 1 (all have the same); 1 for nobody. Shares are not negative."""
    values = np.asarray(shares, dtype=np.float64)
    squares = float((values**2).sum())
    return 1.0 if squares == 0 else float(values.sum()) ** 2 / (len(values) * squares)


def gini(shares: Sequence[float] | NDArray[np.float64]) -> float:
    """Between 0 (all have the same) and (n - 1)/n (one has everything); 0 for nobody. Shares are not negative."""
    values = np.sort(np.asarray(shares, dtype=np.float64))
    total, count = float(values.sum()), len(values)
    if total == 0:
        return 0.0
    places = np.arange(1, count + 1)
    return float(((2 * places - count - 1) * values).sum()) / (count * total)
