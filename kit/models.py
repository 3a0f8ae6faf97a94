"""Model bases without a subject, and the table of idempotency keys."""

import pgtrigger
from django.db import models

from kit.ids import uuid7


class Public(models.Model):
    """A row that people and other systems may point at.

    `public_id` is the only identifier that leaves the system. `row_version` grows with every
    change made through an action; a form that was shown an older one is stale.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class IdempotencyKey(models.Model):
    """One mutating call that took effect, so that repeating it changes nothing."""

    actor_key = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    subject = models.CharField(max_length=200, default="")
    created_at = models.DateTimeField(db_index=True)

    runtime_deletes = True

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor_key", "key"], name="idempotency_key_once")]


class AppendOnly(models.Model):
    """Rows that are written once. Corrections are new rows.

    The trigger refuses UPDATE and DELETE to everybody, the owner included; the application role
    lacks the rights besides (see `kit/grants.py`), TRUNCATE among them.
    """

    class Meta:
        abstract = True
        triggers: list[pgtrigger.Trigger] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]
