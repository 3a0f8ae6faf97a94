"""Samples on their way in: rows as they were sent, checked one by one, as arrays for the database.

Pure but for the words: no database and no clock. A row is refused by itself and with its reason; the rest goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

COLUMNS = ("region", "resource", "at", "used")
OPTIONAL = ("total",)
MOST = 1e15
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Clocks of sources run a little ahead.
AHEAD = timedelta(minutes=5)

# Region, resource, at, used, total, as they were sent.
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, by its number in the file (the header is row 1), and why."""

    row: int
    problem: str


@dataclass(slots=True)
class Samples:
    """Samples in the order in which they came: pool keys, microseconds since 1970 (UTC), used and total (NaN where
    the source does not say), each as long as the others."""

    pools: NDArray[np.int64]
    times: NDArray[np.int64]
    used: NDArray[np.float64]
    total: NDArray[np.float64]
    refused: list[Refused] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.pools)

    def where(self, chosen: NDArray[Any]) -> "Samples":
        """Those that a mask or an index chooses."""
        return Samples(self.pools[chosen], self.times[chosen], self.used[chosen], self.total[chosen])


@dataclass(frozen=True)
class Pools:
    """Which pool a region and resource stand for, which regions the sender may speak for (None: all), and from when."""

    keys: Mapping[tuple[str, str], int]
    reach: frozenset[str] | None = None
    # What was before was dropped, and does not come in again.
    since: datetime = EARLIEST

    @property
    def reachable(self) -> dict[tuple[str, str], int]:
        """The pools that the sender may speak for."""
        return {name: key for name, key in self.keys.items() if self.reach is None or name[0] in self.reach}


def read_rows(rows: Sequence[Row], *, first_row: int, pools: Pools, at: datetime) -> Samples:
    """The samples among rows of (region, resource, at, used, total), texts as they were sent.

    A block in which everything is right is read as a whole, which is ten times as fast; otherwise each row by itself.
    """
    return _read_block(rows, pools, at) or _read_each(rows, first_row, pools, at)


def _read_block(rows: Sequence[Row], pools: Pools, at: datetime) -> Samples | None:
    """All rows at once; None as soon as anything in them is not as it should be."""
    if not rows:
        return Samples(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    regions, resources, moments, used, total = zip(*rows, strict=True)
    known = pools.reachable
    try:
        keys = np.fromiter(map(known.__getitem__, zip(regions, resources, strict=True)), np.int64, len(rows))
        # Many pools are measured at the same moment, which is then read once.
        read = {text: _microseconds(text) for text in set(moments)}
        stamps = np.fromiter(map(read.__getitem__, moments), np.int64, len(rows))
        amounts = np.fromiter(map(float, used), np.float64, len(rows))
        # A pool's total seldom changes.
        wholes = {text: float(text or "nan") for text in set(total)}
        totals = np.fromiter(map(wholes.__getitem__, total), np.float64, len(rows))
    except (KeyError, ValueError):
        return None
    given = np.fromiter(map(bool, total), bool, len(rows))
    is_right = (
        (amounts >= 0).all()
        and (amounts <= MOST).all()
        and (~given | ((totals >= amounts) & (totals <= MOST))).all()
        and stamps.min() >= _since_epoch(pools.since)
        and stamps.max() <= _since_epoch(at + AHEAD)
        and "_" not in "".join(used)
        and "_" not in "".join(wholes)
    )
    return Samples(keys, stamps, amounts, totals) if is_right else None


def _read_each(rows: Sequence[Row], first_row: int, pools: Pools, at: datetime) -> Samples:
    taken: list[tuple[int, int, float, float]] = []
    refused = []
    for number, row in enumerate(rows, start=first_row):
        try:
            taken.append(_read(row, pools, at))
        except _Problem as problem:
            refused.append(Refused(number, str(problem)))
    columns = np.array(taken, dtype=object).reshape(-1, 4).T
    return Samples(
        columns[0].astype(np.int64),
        columns[1].astype(np.int64),
        columns[2].astype(np.float64),
        columns[3].astype(np.float64),
        refused,
    )


class _Problem(Exception):
    """What is wrong with a row, in the active language."""


def _read(row: Row, pools: Pools, at: datetime) -> tuple[int, int, float, float]:
    region, resource, moment, used, total = row
    key = pools.keys.get((region, resource))
    if key is None:
        raise _Problem(
            gettext("There is no pool of “%(resource)s” in “%(region)s”.")
            % {"resource": resource[:40], "region": region[:40]}
        )
    if pools.reach is not None and region not in pools.reach:
        raise _Problem(gettext("You do not look after “%(region)s”.") % {"region": region[:40]})
    stamp = _moment(moment, at, pools.since)
    amount = _amount("used", used)
    whole = _amount("total", total) if total else float("nan")
    if whole < amount:
        raise _Problem(
            gettext("More is used (%(used)s) than there is in all (%(total)s).") % {"used": used, "total": total}
        )
    return key, stamp, amount, whole


def _moment(text: str, at: datetime, since: datetime) -> int:
    try:
        stamp = _microseconds(text)
    except _NoZone:
        raise _Problem(
            gettext("“%(text)s” does not say its time zone; write it as 2020-03-21T08:00:00Z.") % {"text": text[:40]}
        ) from None
    except ValueError:
        raise _Problem(
            gettext("“%(text)s” is no moment; write it as 2020-03-21T08:00:00Z.") % {"text": text[:40]}
        ) from None
    if stamp > _since_epoch(at + AHEAD):
        raise _Problem(gettext("%(text)s is in the future.") % {"text": text[:40]})
    if stamp < _since_epoch(EARLIEST):
        raise _Problem(gettext("Nothing is kept from before %(year)s.") % {"year": EARLIEST.year})
    if stamp < _since_epoch(since):
        raise _Problem(
            gettext("%(text)s: samples from before %(since)s were dropped at the end of their time.")
            % {"text": text[:40], "since": f"{since:%Y-%m-%d}"}
        )
    return stamp


def _amount(column: str, text: str) -> float:
    words = {"column": column, "text": text[:40]}
    if text.strip().lower() in ("", "na", "n/a", "nan", "null", "none", "-"):
        raise _Problem(gettext("%(column)s is unknown (“%(text)s”): leave the row out, a gap is no zero.") % words)
    try:
        if "_" in text:
            raise ValueError
        amount = float(text)
    except ValueError:
        raise _Problem(
            gettext("%(column)s: “%(text)s” is no number; write it with a point and without separators.") % words
        ) from None
    if not 0 <= amount <= MOST:
        raise _Problem(gettext("%(column)s: “%(text)s” is negative or beyond anything that a pool holds.") % words)
    return amount


class _NoZone(ValueError):
    """A moment without its zone could be any of 38."""


def _microseconds(text: str) -> int:
    """Microseconds since 1970 of an ISO moment with its zone; a later change of clocks cannot move it."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise _NoZone
    return round(moment.timestamp() * 1_000_000)


def _since_epoch(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def texts_of(items: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Rows of JSON as texts, so that they pass the same checks; what is not there is an empty text."""
    return [
        (
            _text(item.get("region")),
            _text(item.get("resource")),
            _text(item.get("at")),
            _text(item.get("used")),
            _text(item.get("total")),
        )
        for item in items
    ]


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return value if isinstance(value, str) else repr(value)
