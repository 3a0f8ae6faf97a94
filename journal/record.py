"""Write what happened, in the transaction of what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from journal.models import Entry
from kit.copying import copy_values
from kit.ids import uuid7_texts


class Acting(Protocol):
    """Whoever acts: a person's public id (None for the system) and the request's id."""

    @property
    def public_id(self) -> UUID | None: ...

    @property
    def request_id(self) -> UUID | None: ...


def record(
    *,
    actor: Acting,
    action: str,
    subject_type: str,
    subject_id: Any,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """Append one entry. Raises `RuntimeError` outside a transaction: change and record go together."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A journal entry belongs into the transaction of the change it tells of.")
    entry = new_entry(
        actor=actor,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        at=at,
        reason=reason,
        before=before,
        after=after,
    )
    entry.save(force_insert=True)
    return entry


def new_entry(
    *,
    actor: Acting,
    action: str,
    subject_type: str,
    subject_id: Any,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """An unsaved entry, for acts that write many at once with `record_many`."""
    return Entry(
        actor_id=actor.public_id,
        action=action,
        subject_type=subject_type,
        subject_id=str(subject_id),
        reason=reason,
        before=before,
        after=after,
        request_id=actor.request_id,
        at=at,
    )


def record_alike(
    *,
    actor: Acting,
    action: str,
    subject_type: str,
    told: Iterable[tuple[Any, str, dict[str, Any] | None, dict[str, Any] | None]],
    at: datetime,
) -> None:
    """Append the entries of one act upon many subjects: `told` is (subject id, reason, before, after) of each.

    For a hundred thousand of them; `record_many` takes entries that differ in more.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Journal entries belong into the transaction of the change they tell of.")
    names = (
        "public_id",
        "at",
        "actor_id",
        "action",
        "subject_type",
        "subject_id",
        "reason",
        "before",
        "after",
        "request_id",
    )
    moment = at.isoformat()
    rows = (
        (public_id, moment, actor.public_id, action, subject_type, subject, reason, before, after, actor.request_id)
        for (subject, reason, before, after), public_id in zip(told, uuid7_texts(), strict=False)
    )
    copy_values(Entry, names, rows)


def record_many(entries: Iterable[Entry]) -> None:
    """Append the entries of a bulk act in one statement, however many; they are not told their ids."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Journal entries belong into the transaction of the change they tell of.")
    names = [field.attname for field in Entry._meta.concrete_fields if not field.primary_key]
    copy_values(Entry, names, ([getattr(entry, name) for name in names] for entry in entries))
