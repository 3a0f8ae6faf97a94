"""The hash chain over the journal: sealing and verifying.

Each seal's hash covers its position, the entry's canonical JSON and the hash before it
(SHA-256), so an edit, a deletion, a reordering or a cut in the middle breaks the chain at a
place that `verify_chain` names. A cut at the tail shows against any head kept elsewhere.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from journal.models import Cursor, Entry, Seal

GENESIS = "0" * 64
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
# Any constant will do: it names the lock that lets one sealer work at a time.
SEALER_LOCK = 7_304_991
# How many ids before the last sealed one are looked at for entries that committed late. What a
# transaction leaves behind during which more were written is found by the sweep, which looks at all.
LOOK_BACK = 20_000


@dataclass(frozen=True)
class Head:
    """A position of the chain and the hash that stood there, kept somewhere else."""

    position: int
    hash: str


@dataclass(frozen=True)
class ChainFault:
    """The first place where the journal and its chain disagree.

    `problem` is "gap" (a seal is missing), "missing" (a seal without its entry), "hash" (the entry,
    or its place, was changed) or "cut" (the chain ends before a head that is known).
    """

    position: int
    entry_id: int | None
    problem: str


@dataclass(frozen=True)
class ChainReport:
    """What a verification found: how many seals hold, the head, unsealed entries, the first fault."""

    verified: int
    head: str
    unsealed: int
    fault: ChainFault | None


def canonical(entry: Any) -> bytes:
    """The entry, or a row of its columns, as bytes that are the same on every machine: sorted keys, UTC, no spaces."""
    document: dict[str, Any] = {
        "action": entry.action,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "after": entry.after,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "before": entry.before,
        "id": entry.id,
        "public_id": str(entry.public_id),
        "reason": entry.reason,
        "request_id": str(entry.request_id) if entry.request_id else None,
        "subject_id": entry.subject_id,
        "subject_type": entry.subject_type,
    }
    return ENCODER.encode(document).encode()


def chain_hash(position: int, content: bytes, previous: str) -> str:
    """The hash of one link: SHA-256 over previous hash, position and content, separated by NUL."""
    return hashlib.sha256(b"\0".join((previous.encode(), str(position).encode(), content))).hexdigest()


def unsealed_entries(look_back: int | None = LOOK_BACK) -> QuerySet[Entry]:
    """The committed entries without a place in the chain: later than the last sealed one, or at most
    `look_back` ids before it (None: anywhere)."""
    unsealed = Entry.objects.filter(seal__isnull=True)
    if look_back is None:
        return unsealed
    latest = Seal.objects.aggregate(latest=Max("entry_id"))["latest"] or 0
    return unsealed.filter(pk__gt=latest - look_back)


def seal_entries(*, limit: int = 5_000, look_back: int | None = LOOK_BACK) -> int:
    """Seal up to `limit` committed entries in the order of their ids; the number sealed.

    Does nothing while another sealer works. An entry that commits late, with a lower id than
    one sealed before, simply gets the next position. `look_back` is as for `unsealed_entries`.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        last = Seal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        keys, hashes, first = [], [], position + 1
        for entry in unsealed_entries(look_back).order_by("pk").values_list(named=True)[:limit]:
            position += 1
            previous = chain_hash(position, canonical(entry), previous)
            keys.append(entry.id)
            hashes.append(previous)
        _store_seals(first, keys, hashes)
        return len(keys)


def _store_seals(first: int, keys: list[int], hashes: list[str]) -> None:
    """Write the seals of these entries from a position on, in one statement however many."""
    with connection.cursor() as cursor:
        # The table's name comes from the model, the rest are parameters.
        cursor.execute(
            f"INSERT INTO {Seal._meta.db_table} (position, entry_id, hash)"  # noqa: S608
            " SELECT %s + place - 1, entry_id, hash"
            " FROM unnest(%s::bigint[], %s::varchar[]) WITH ORDINALITY AS sealed (entry_id, hash, place)",
            [first, keys, hashes],
        )


def verify_chain(*known: Head, batch: int = 2_000) -> ChainReport:
    """Recompute the whole chain from the stored entries and name the first fault, if any.

    `known` are heads seen earlier: the chain must still pass through each of them. The farthest
    place that a consumer has read is one too, though without a hash.
    """
    heads = {head.position: head.hash for head in known}
    # Asked first: while the chain is walked through, consumers go on.
    read = Cursor.objects.aggregate(farthest=Max("position"))["farthest"] or 0
    expected, previous = 1, GENESIS
    for position, entry_id, sealed, entry in _seals(batch):
        if position != expected:
            return _report(expected - 1, previous, ChainFault(expected, None, "gap"))
        if entry is None:
            return _report(expected - 1, previous, ChainFault(expected, entry_id, "missing"))
        computed = chain_hash(expected, canonical(entry), previous)
        if sealed != computed or heads.get(expected, computed) != computed:
            return _report(expected - 1, previous, ChainFault(expected, entry_id, "hash"))
        previous = computed
        expected += 1
    if expected <= max([read, *heads]):
        return _report(expected - 1, previous, ChainFault(expected, None, "cut"))
    return _report(expected - 1, previous, None)


def _seals(batch: int) -> Iterator[tuple[int, int, str, Any]]:
    """Every seal in order as (position, entry id, hash, entry); an entry may be gone where somebody
    overrode the database. Plain rows: a million of them go through here."""
    after = 0
    seals = Seal.objects.order_by("position").values_list("position", "entry_id", "hash")
    while page := list(seals.filter(position__gt=after)[:batch]):
        rows = Entry.objects.filter(pk__in=[entry_id for _position, entry_id, _hash in page])
        entries = {row.id: row for row in rows.values_list(named=True)}
        for position, entry_id, sealed in page:
            yield position, entry_id, sealed, entries.get(entry_id)
        after = page[-1][0]


def _report(verified: int, head: str, fault: ChainFault | None) -> ChainReport:
    return ChainReport(verified, head, unsealed_entries(None).count(), fault)
