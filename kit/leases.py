"""Leases on work: that somebody has something in hand, until a moment; activity renews it and nobody is locked out."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models

LEASE_FOR = timedelta(minutes=15)


class Lease(models.Model):
    """Base of leases; a subclass adds what is worked on as a one-to-one field named in `subject`."""

    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    runtime_deletes = True
    subject = ""

    class Meta:
        abstract = True


def take(lease: type[Lease], subject: Any, *, holder_id: int | None, at: datetime) -> bool:
    """Take the lease on `subject` if it is free, over or one's own already; whether one holds it now (one statement).

    A lease informs and does not lock: whoever decides first decides, and the other learns of it.
    """
    table = lease._meta.db_table
    subject_field: Any = lease._meta.get_field(lease.subject)
    column = subject_field.column
    with connection.cursor() as cursor:
        # The names come from the model, the rest are parameters.
        cursor.execute(
            f"INSERT INTO {table} AS lease ({column}, holder_id, until) VALUES (%s, %s, %s)"  # noqa: S608
            f" ON CONFLICT ({column}) DO UPDATE SET holder_id = EXCLUDED.holder_id, until = EXCLUDED.until"
            " WHERE lease.until <= %s OR lease.holder_id = EXCLUDED.holder_id RETURNING id",
            [subject.pk, holder_id, at + LEASE_FOR, at],
        )
        return cursor.fetchone() is not None


def holder_of(work: Any, *, at: datetime, name: str = "lease") -> Any:
    """Who has the work in hand now, read from the row at hand; None if nobody. Select `lease__holder` with it."""
    lease = getattr(work, name, None)
    return lease.holder if lease is not None and lease.until > at else None
