"""Samples into the database: what is new by COPY, what is known by comparison, and the rollups of what moved."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from capacity.usage.samples import Samples

HOUR, DAY = 3_600_000_000, 86_400_000_000  # microseconds
# PostgreSQL counts from 2000.
_EPOCH = 946_684_800_000_000
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Stored:
    """What became of samples: new, other than what was known, the same; and the days (pool, day number) that moved."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    days: set[tuple[int, int]] = field(default_factory=set)


def open_months(samples: Samples, opened: set[date]) -> None:
    """Make the tables of the months that the samples are of; `opened` remembers which are known to be there."""
    for month in np.unique(samples.times.astype("datetime64[us]").astype("datetime64[M]")):
        first = month.astype("datetime64[D]").astype(object)
        if first not in opened:
            with connection.cursor() as cursor:
                cursor.execute("SELECT capacity_usage_open_month(%s)", [first])
            opened.add(first)


def store(samples: Samples, batch_id: int, stored: Stored) -> None:
    """Write samples, count what became of them and bring their hours up to date.

    A key that comes twice is taken as if the second came later. The caller holds the lock of every pool.
    """
    while len(samples):
        first, again = _first_of_each(samples)
        is_known, differs = _compared(first)
        changed = first.where(differs)
        if len(changed):
            _correct(changed, batch_id)
            _remake_hours(changed)
            _note_days(changed, stored)
        fresh = first.where(~is_known)
        if len(fresh):
            _copy(fresh, batch_id)
            _add_hours(fresh)
            _note_days(fresh, stored)
        stored.added += len(fresh)
        stored.corrected += len(changed)
        stored.unchanged += int(is_known.sum()) - len(changed)
        samples = again


def roll_up_days(days: Iterable[tuple[int, int]]) -> None:
    """Make these days again from their hours."""
    pools, numbers = _columns(days)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO capacity_usageday (pool_id, day, hours, count, sum, low, high, total)
            SELECT moved.pool_id, moved.day, count(*), sum(h.count), sum(h.sum), min(h.low), max(h.high), max(h.total)
              FROM (SELECT pool_id, DATE '1970-01-01' + number AS day
                      FROM unnest(%s::bigint[], %s::int[]) AS given(pool_id, number)) AS moved
              JOIN capacity_usagehour h ON h.pool_id = moved.pool_id
               AND h.hour >= moved.day::timestamp AT TIME ZONE 'UTC'
               AND h.hour < (moved.day + 1)::timestamp AT TIME ZONE 'UTC'
             GROUP BY moved.pool_id, moved.day ORDER BY moved.pool_id, moved.day
            ON CONFLICT (pool_id, day) DO UPDATE SET hours = excluded.hours, count = excluded.count,
                sum = excluded.sum, low = excluded.low, high = excluded.high, total = excluded.total
            """,
            [pools, numbers],
        )


def _first_of_each(samples: Samples) -> tuple[Samples, Samples]:
    """The samples in the order of the index, each key once, and those that repeat a key, still in their order."""
    order = np.lexsort((samples.times, samples.pools))
    pools, times = samples.pools[order], samples.times[order]
    repeats = np.zeros(len(order), bool)
    # The sort is stable: of equal keys the first that came stands first.
    repeats[1:] = (pools[1:] == pools[:-1]) & (times[1:] == times[:-1])
    return samples.where(order[~repeats]), samples.where(np.sort(order[repeats]))


def _compared(samples: Samples) -> tuple[Flags, Flags]:
    """Which of the samples, in the order of the index, are known already, and which of those with another value."""
    is_known, differs = np.zeros(len(samples), bool), np.zeros(len(samples), bool)
    pools, starts = np.unique(samples.pools, return_index=True)
    ends = np.append(starts[1:], len(samples)) - 1
    known = _stored(pools, samples.times[starts], samples.times[ends])
    if not len(known):
        return is_known, differs
    # One number for each pool and moment, in the same order as the index.
    earliest = int(samples.times.min())
    span = int(samples.times.max()) - earliest + 1
    ours = np.searchsorted(pools, samples.pools) * span + (samples.times - earliest)
    theirs = np.searchsorted(pools, known["pool"]) * span + (known["at"] + _EPOCH - earliest)
    place = np.minimum(np.searchsorted(theirs, ours), len(theirs) - 1)
    is_known = theirs[place] == ours
    used, total = known["used"][place], known["total"][place]
    same_total = (total == samples.total) | (np.isnan(total) & np.isnan(samples.total))
    differs = is_known & ~((used == samples.used) & same_total)
    return is_known, differs


def _stored(pools: Longs, firsts: Longs, lasts: Longs) -> NDArray[Any]:
    """The samples of each pool between two moments, in the order of the index, in PostgreSQL's binary form.

    A pool without any in reach costs one look into the index.
    """
    query = """
        COPY (SELECT s.pool_id, s.at, s.used, coalesce(s.total, 'NaN')
                FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS given(pool_id, first, last)
                CROSS JOIN LATERAL (SELECT * FROM capacity_usagesample s WHERE s.pool_id = given.pool_id
                                     AND s.at BETWEEN given.first AND given.last) AS s
               ORDER BY s.pool_id, s.at) TO STDOUT WITH (FORMAT binary)
    """
    answer = io.BytesIO()
    with connection.cursor() as cursor:
        driver = cursor.cursor
        cursor.copy_expert(driver.mogrify(query, [pools.tolist(), _moments(firsts), _moments(lasts)]), answer)
    body = answer.getvalue()[len(_HEAD) : -len(_TAIL)]
    rows: NDArray[Any] = np.frombuffer(body, dtype=_row_of(("pool", "at", "used", "total")))
    return rows


def _copy(samples: Samples, batch_id: int) -> None:
    """New rows in PostgreSQL's binary form, which neither side has to read as text."""
    for has_total in (True, False):
        chosen = ~np.isnan(samples.total) if has_total else np.isnan(samples.total)
        if not chosen.any():
            continue
        part = samples.where(chosen)
        rows = np.zeros(len(part), dtype=_row_of(("pool", "at", "used", "total", "batch"), has_total=has_total))
        rows["n"] = 5
        for name in ("pool", "at", "used", "batch"):
            rows[f"{name}_length"] = 8
        rows["total_length"] = 8 if has_total else -1
        rows["pool"], rows["at"], rows["used"] = part.pools, part.times - _EPOCH, part.used
        rows["batch"] = batch_id
        if has_total:
            rows["total"] = part.total
        with connection.cursor() as cursor:
            cursor.copy_expert(
                "COPY capacity_usagesample (pool_id, at, used, total, batch_id) FROM STDIN WITH (FORMAT binary)",
                io.BytesIO(_HEAD + rows.tobytes() + _TAIL),
                1 << 18,
            )


def _row_of(names: tuple[str, ...], *, has_total: bool = True) -> np.dtype[Any]:
    """A row in PostgreSQL's binary form: how many fields, then the length of each and its bytes; nothing is aligned."""
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for name in names:
        fields.append((f"{name}_length", ">i4"))
        if name != "total" or has_total:
            fields.append((name, ">f8" if name in ("used", "total") else ">i8"))
    return np.dtype(fields)


def _add_hours(samples: Samples) -> None:
    """Add new samples to their hours; they come in the order of the index."""
    hours = samples.times // HOUR
    starts = np.flatnonzero(np.r_[True, (np.diff(samples.pools) != 0) | (np.diff(hours) != 0)])
    counts = np.diff(np.append(starts, len(samples)))
    known = np.where(np.isnan(samples.total), -1, samples.total)
    totals = np.maximum.reduceat(known, starts)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO capacity_usagehour (pool_id, hour, count, sum, low, high, total)
            SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::float8[], %s::float8[],
                                 %s::float8[], %s::float8[])
            ON CONFLICT (pool_id, hour) DO UPDATE SET
                count = capacity_usagehour.count + excluded.count, sum = capacity_usagehour.sum + excluded.sum,
                low = least(capacity_usagehour.low, excluded.low),
                high = greatest(capacity_usagehour.high, excluded.high),
                total = greatest(capacity_usagehour.total, excluded.total)
            """,
            [
                samples.pools[starts].tolist(),
                _moments(hours[starts] * HOUR),
                counts.tolist(),
                np.add.reduceat(samples.used, starts).tolist(),
                np.minimum.reduceat(samples.used, starts).tolist(),
                np.maximum.reduceat(samples.used, starts).tolist(),
                [None if total < 0 else total for total in totals.tolist()],
            ],
        )


def _correct(samples: Samples, batch_id: int) -> None:
    """Give known samples another value, and keep what they said before."""
    given = "unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[]) AS given(pool_id, at, used, total)"
    values = [
        samples.pools.tolist(),
        _moments(samples.times),
        samples.used.tolist(),
        [None if math.isnan(total) else total for total in samples.total.tolist()],
    ]
    with connection.cursor() as cursor:
        # Names stand here; every value is a parameter.
        cursor.execute(
            "INSERT INTO capacity_usagecorrection (pool_id, at, used, total, batch_id, corrected_by_id)"  # noqa: S608
            f" SELECT s.pool_id, s.at, s.used, s.total, s.batch_id, %s FROM {given}"
            " JOIN capacity_usagesample s USING (pool_id, at)",
            [batch_id, *values],
        )
        cursor.execute(
            f"UPDATE capacity_usagesample s SET used = given.used, total = given.total, batch_id = %s FROM {given}"  # noqa: S608
            " WHERE s.pool_id = given.pool_id AND s.at = given.at",
            [batch_id, *values],
        )


def _remake_hours(samples: Samples) -> None:
    """Make the hours of these samples again from everything that is known of them."""
    keys = np.unique(np.stack([samples.pools, samples.times // HOUR]), axis=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO capacity_usagehour (pool_id, hour, count, sum, low, high, total)
            SELECT given.pool_id, given.hour, count(*), sum(s.used), min(s.used), max(s.used), max(s.total)
              FROM unnest(%s::bigint[], %s::timestamptz[]) AS given(pool_id, hour)
              JOIN capacity_usagesample s ON s.pool_id = given.pool_id AND s.at >= given.hour
               AND s.at < given.hour + interval '1 hour'
             GROUP BY given.pool_id, given.hour ORDER BY given.pool_id, given.hour
            ON CONFLICT (pool_id, hour) DO UPDATE SET count = excluded.count, sum = excluded.sum,
                low = excluded.low, high = excluded.high, total = excluded.total
            """,
            [keys[0].tolist(), _moments(keys[1] * HOUR)],
        )


def _note_days(samples: Samples, stored: Stored) -> None:
    keys = np.unique(np.stack([samples.pools, samples.times // DAY]), axis=1)
    stored.days.update(zip(keys[0].tolist(), keys[1].tolist(), strict=True))


def _columns(pairs: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    ordered = sorted(pairs)
    return [one for one, _other in ordered], [other for _one, other in ordered]


def _moments(times: Longs) -> list[datetime]:
    return [moment.replace(tzinfo=UTC) for moment in times.astype("datetime64[us]").astype(object)]
