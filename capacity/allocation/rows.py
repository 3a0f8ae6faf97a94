"""Each request of a simulated queue, before and after: compressed columns, read back by the page and the file."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]
# `request` is the primary key; places count from 1 in the whole order; regions are indexes into the result's codes, -1
# for none; shares are permille of what was asked.
COLUMNS = (
    "request",
    "tier_before",
    "tier_after",
    "place_before",
    "place_after",
    "region_before",
    "region_after",
    "share_before",
    "share_after",
)


def packed(columns: Mapping[str, Column]) -> bytes:
    """The columns as bytes."""
    target = io.BytesIO()
    kept = {name: columns[name].astype(np.int64 if name == "request" else np.int32) for name in COLUMNS}
    np.savez_compressed(target, allow_pickle=False, **kept)
    return target.getvalue()


def unpacked(data: bytes) -> dict[str, Column]:
    """The columns as they were packed."""
    with np.load(io.BytesIO(data), allow_pickle=False) as columns:
        return {name: columns[name].astype(np.int64) for name in COLUMNS}
