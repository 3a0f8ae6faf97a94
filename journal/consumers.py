"""Followers of the journal: each reads the sealed entries once, in order, by its own cursor.

A message from the broker is only a hint to look; what is due is found from the cursor, so lost,
doubled or late messages change nothing.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from journal.models import Cursor, Entry, Seal


def follow(consumer: str, handle: Callable[[Entry], None], *, at: datetime, limit: int = 500) -> int:
    """Hand the next sealed entries to `handle` and advance the cursor in the same transaction.

    Returns how many were handled. A handler that raises leaves the cursor where it was. What a
    handler does outside the database must be repeatable.
    """
    Cursor.objects.get_or_create(consumer=consumer)
    with transaction.atomic():
        cursor = Cursor.objects.select_for_update().get(consumer=consumer)
        seals = list(
            Seal.objects.filter(position__gt=cursor.position).select_related("entry").order_by("position")[:limit]
        )
        for seal in seals:
            handle(seal.entry)
        if seals:
            cursor.position = seals[-1].position
            cursor.advanced_at = at
            cursor.save(update_fields=["position", "advanced_at"])
        return len(seals)
