"""Take samples of usage in: each row by itself, all of what is right in one transaction with its rollups."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import get_language, override

from capacity.pools.models import Pool
from capacity.usage.access import may_report_usage
from capacity.usage.models import DroppedMonth, UsageBatch
from capacity.usage.samples import EARLIEST, Pools, Refused, Row, Samples, read_rows
from capacity.usage.storing import Stored, open_months, roll_up_days, store
from journal.record import record
from kit.copying import draw_keys
from kit.refusal import require
from users.access import Actor
from users.roles import Role

# Together with a pool's key it names who writes samples of that pool.
USAGE_LOCK = 7_304_997
# So many refused rows are told one by one; the rest is counted.
MOST_TOLD = 1_000


@dataclass(slots=True)
class Ingested:
    """What became of the rows. `refused` holds the first thousand with their reasons; `refused_count` is all."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    refused_count: int = 0
    refused: list[Refused] = field(default_factory=list)


def ingest_samples(
    *, actor: Actor, blocks: Iterable[tuple[int, list[Row]]], source: str, name: str = "", at: datetime
) -> Ingested:
    """Take rows of (region, resource, at, used, total) in; a second time changes nothing.

    `blocks` are rows with the number of their first. A sample that is known with another value is corrected, and what
    it said before is kept; rows that are wrong by themselves are refused and told. Raises what reading the blocks
    raises; then nothing is written.
    """
    found = Ingested()
    with transaction.atomic():
        require(may_report_usage(actor))
        pools = _pools(actor)
        batch_id = draw_keys(UsageBatch, 1)[0]
        stored, opened, locked = Stored(), set[date](), set[int]()
        for samples in _ahead(_checked(blocks, pools, at, get_language())):
            found.refused_count += len(samples.refused)
            found.refused += samples.refused[: MOST_TOLD - len(found.refused)]
            if len(samples):
                _lock(samples, locked)
                open_months(samples, opened)
                store(samples, batch_id, stored)
        roll_up_days(stored.days)
        found.added, found.corrected, found.unchanged = stored.added, stored.corrected, stored.unchanged
        if found.added or found.corrected:
            _keep_batch(actor, batch_id, source, name, found, at)
    return found


def _pools(actor: Actor) -> Pools:
    keys = {
        (region, resource): key
        for key, region, resource in Pool.objects.values_list("pk", "region__code", "resource__code")
    }
    return Pools(keys, None if actor.is_system else actor.regions_of(Role.REGION_OPERATOR), _since())


def _since() -> datetime:
    """From when on samples are taken: what was dropped would count twice in the hours that are left of it."""
    last = DroppedMonth.objects.aggregate(last=Max("month"))["last"]
    return datetime(last.year + last.month // 12, last.month % 12 + 1, 1, tzinfo=UTC) if last else EARLIEST


def _checked(
    blocks: Iterable[tuple[int, list[Row]]], pools: Pools, at: datetime, language: str | None
) -> Iterator[Samples]:
    for first_row, rows in blocks:
        # Read in a thread of its own, which knows nothing of the reader's language.
        with override(language):
            samples = read_rows(rows, first_row=first_row, pools=pools, at=at)
        yield samples


def _ahead(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The same blocks; while the database works on one, the next is read."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = reader.submit(next, blocks, None)
            yield block


def _lock(samples: Samples, locked: set[int]) -> None:
    """Let nobody else write samples of these pools meanwhile, so that comparing and writing are one."""
    fresh = sorted(set(samples.pools.tolist()) - locked)
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, key::int) FROM unnest(%s::bigint[]) AS key", [USAGE_LOCK, fresh]
            )
        locked.update(fresh)


def _keep_batch(actor: Actor, batch_id: int, source: str, name: str, found: Ingested, at: datetime) -> None:
    batch = UsageBatch.objects.create(
        pk=batch_id,
        source=source,
        name=name[:200],
        by_id=actor.user_id,
        received_at=at,
        added=found.added,
        corrected=found.corrected,
        unchanged=found.unchanged,
        refused=found.refused_count,
    )
    record(
        actor=actor,
        action="samples.received",
        subject_type="usage_batch",
        subject_id=batch.public_id,
        after={
            "source": source,
            "name": batch.name,
            "added": found.added,
            "corrected": found.corrected,
            "refused": found.refused_count,
        },
        at=at,
    )
