"""The hash chain over the journal: sealing, verifying, following.

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

from journal.models import Entry, Seal

GENESIS = "0" * 64
# Any constant will do: it names the lock that lets one sealer work at a time.
SEALER_LOCK = 7_304_991


@dataclass(frozen=True)
class ChainFault:
    """The first place where the journal and its chain disagree."""

    position: int
    entry_id: int | None
    problem: str  # "gap", "hash", "missing entry"


@dataclass(frozen=True)
class ChainReport:
    """What a verification found: how many seals hold, the head, unsealed entries, the first fault."""

    verified: int
    head: str
    unsealed: int
    fault: ChainFault | None


def canonical(entry: Entry) -> bytes:
    """The entry as bytes that are the same on every machine: sorted keys, UTC, no spaces."""
    document: dict[str, Any] = {
        "action": entry.action,
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "after": entry.after,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "before": entry.before,
        "id": entry.pk,
        "public_id": str(entry.public_id),
        "reason": entry.reason,
        "request_id": str(entry.request_id) if entry.request_id else None,
        "subject_id": entry.subject_id,
        "subject_type": entry.subject_type,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain_hash(position: int, content: bytes, previous: str) -> str:
    """The hash of one link: SHA-256 over previous hash, position and content, separated by NUL."""
    return hashlib.sha256(b"\0".join((previous.encode(), str(position).encode(), content))).hexdigest()


def seal_entries(*, limit: int = 5_000) -> int:
    """Seal up to `limit` committed entries in the order of their ids; the number sealed.

    Does nothing while another sealer works. An entry that commits late, with a lower id than
    one sealed before, simply gets the next position.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        last = Seal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        seals = []
        for entry in Entry.objects.filter(seal__isnull=True).order_by("pk")[:limit]:
            position += 1
            previous = chain_hash(position, canonical(entry), previous)
            seals.append(Seal(position=position, entry=entry, hash=previous))
        Seal.objects.bulk_create(seals, batch_size=1000)
        return len(seals)


def verify_chain(*, batch: int = 2_000) -> ChainReport:
    """Recompute the whole chain from the stored entries and name the first fault, if any."""
    expected, previous = 1, GENESIS
    for seal in _seals(batch):
        if seal.position != expected:
            return _report(expected - 1, previous, ChainFault(expected, None, "gap"))
        if seal.hash != chain_hash(expected, canonical(seal.entry), previous):
            return _report(expected - 1, previous, ChainFault(expected, seal.entry_id, "hash"))
        previous = seal.hash
        expected += 1
    return _report(expected - 1, previous, None)


def _seals(batch: int) -> Iterator[Seal]:
    after = 0
    while page := list(Seal.objects.filter(position__gt=after).select_related("entry").order_by("position")[:batch]):
        yield from page
        after = page[-1].position


def _report(verified: int, head: str, fault: ChainFault | None) -> ChainReport:
    return ChainReport(verified, head, Entry.objects.filter(seal__isnull=True).count(), fault)
