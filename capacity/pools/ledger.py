"""The ledger of promises: hold, grant, release. Inserting an entry is the whole operation.

The database moves the pool with a guarded UPDATE as the entry is inserted (`ledger.sql`), so no
caller, isolation level or race can promise more than the supply in force. Entries are never
edited; a release is a new entry that names what it releases.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from capacity.pools import arithmetic
from capacity.pools.models import LedgerEntry, LedgerKind, Level, Pool
from kit.refusal import Conflict
from users.access import Actor

POOL_IS_FULL = "VR001"  # raised by ledger.sql


class PoolIsFull(Conflict):
    """The pool does not hold the quantity at this level any more."""

    code = "pool_is_full"
    message = _("%(region)s has only %(left)s %(unit)s left for this request; %(quantity)s are asked for.")
    remedy = _("Grant a smaller part, another region, or put it on the waiting list.")


class AlreadyReleased(Conflict):
    """The entry was released before."""

    code = "already_released"
    message = _("This was released already.")


@dataclass(frozen=True)
class Posting:
    """One line to post: quantity in whole units of the pool's resource.

    `subject` is an opaque key that is posted once per kind, so a repetition cannot post twice.
    """

    pool_id: int
    level: Level
    quantity: int
    subject: str


def left(pool: Pool, level: str) -> int:
    """Units that may still be promised from the pool at this level; never below zero."""
    supply = max(pool.supply, 0)
    split = arithmetic.Buckets(
        open=pool.supply_open,
        crit=pool.supply_critical - pool.supply_open,
        reserve1=supply - pool.supply_critical,
    )
    committed = arithmetic.Committed(pool.committed_general, pool.committed_critical, pool.committed_reserve)
    return arithmetic.left(ADMISSION[Level(level)], split, committed)


ADMISSION = {
    Level.GENERAL: arithmetic.Level.GENERAL,
    Level.CRITICAL: arithmetic.Level.CRITICAL,
    Level.RESERVE: arithmetic.Level.TIER1,
}


def level_for(tier: int) -> Level:
    """The admission level of a tier, 1 to 5, on confirmed facts."""
    return {1: Level.RESERVE, 2: Level.CRITICAL}.get(tier, Level.GENERAL)


def hold(postings: Iterable[Posting], *, actor: Actor, at: datetime) -> list[LedgerEntry]:
    """Hold every posting or none. Raises `PoolIsFull`."""
    return _post(LedgerKind.HOLD, postings, actor=actor, at=at)


def grant(postings: Iterable[Posting], *, actor: Actor, at: datetime) -> list[LedgerEntry]:
    """Grant every posting or none. Raises `PoolIsFull`."""
    return _post(LedgerKind.GRANT, postings, actor=actor, at=at)


def release(entries: Iterable[LedgerEntry], *, actor: Actor, at: datetime) -> list[LedgerEntry]:
    """Give back what the entries hold or grant. Raises `AlreadyReleased`."""
    with transaction.atomic():
        released = []
        for entry in sorted(entries, key=lambda entry: (entry.pool_id, entry.pk)):
            if LedgerEntry.objects.filter(releases=entry).exists():
                raise AlreadyReleased()
            released.append(
                LedgerEntry.objects.create(
                    pool_id=entry.pool_id,
                    kind=LedgerKind.RELEASE_HOLD if entry.kind == LedgerKind.HOLD else LedgerKind.RELEASE_GRANT,
                    level=entry.level,
                    quantity=entry.quantity,
                    subject=entry.subject,
                    releases=entry,
                    by_id=actor.user_id,
                    at=at,
                )
            )
        return released


def grant_held(entries: Iterable[LedgerEntry], *, actor: Actor, at: datetime) -> list[LedgerEntry]:
    """Turn holds into grants. The pool's row stays locked between the two, so nobody slips in."""
    entries = list(entries)
    with transaction.atomic():
        release(entries, actor=actor, at=at)
        return grant(
            [Posting(entry.pool_id, Level(entry.level), entry.quantity, entry.subject) for entry in entries],
            actor=actor,
            at=at,
        )


def _post(kind: LedgerKind, postings: Iterable[Posting], *, actor: Actor, at: datetime) -> list[LedgerEntry]:
    # In the order of pools, so that two acts over the same pools cannot wait for each other.
    ordered = sorted(postings, key=lambda posting: (posting.pool_id, posting.subject))
    with transaction.atomic():
        return [_insert(kind, posting, actor=actor, at=at) for posting in ordered]


def _insert(kind: LedgerKind, posting: Posting, *, actor: Actor, at: datetime) -> LedgerEntry:
    try:
        with transaction.atomic():
            return LedgerEntry.objects.create(
                pool_id=posting.pool_id,
                kind=kind,
                level=posting.level,
                quantity=posting.quantity,
                subject=posting.subject,
                by_id=actor.user_id,
                at=at,
            )
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) != POOL_IS_FULL:
            raise
        pool = Pool.objects.select_related("region", "resource").get(pk=posting.pool_id)
        raise PoolIsFull(
            region=pool.region.name,
            unit=pool.resource.unit,
            left=left(pool, posting.level),
            quantity=posting.quantity,
        ) from None
