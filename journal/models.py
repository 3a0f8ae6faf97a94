"""The journal: entries, the seals that chain them, and how far each consumer has read."""

from django.db import models

from kit.ids import uuid7
from kit.models import AppendOnly


class Entry(AppendOnly):
    """One act: who did what to which subject, when and why.

    It holds public ids only, never names: personal data stays outside, so that it can be erased
    without touching the record of the act.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)  # None: the system itself
    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.UUIDField(null=True)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="entry_subject"),
            models.Index(fields=["actor_id", "-id"], name="entry_actor"),
            models.Index(fields=["action", "-id"], name="entry_action"),
            models.Index(fields=["-at", "-id"], name="entry_at"),
        ]


class Seal(AppendOnly):
    """An entry's place in the hash chain.

    Entries get their ids before they commit, so ids may become visible out of order; positions
    are given afterwards, by one sealer, to entries that are already committed. So no gap can
    open behind a reader and no entry is ever updated.
    """

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        pass


class Cursor(models.Model):
    """How far a consumer has followed the sealed journal."""

    consumer = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)
    advanced_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.consumer} at {self.position}"


class ChainCheck(models.Model):
    """A verification of the whole chain: asked for, carried out in the background, and what it found.

    The head that one check saw is what the next one holds the chain against, so that a cut at its
    end shows too.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    asked_by = models.UUIDField(null=True)  # None: the system itself, once a day
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    verified = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    unsealed = models.BigIntegerField(default=0)
    fault_position = models.BigIntegerField(null=True)
    fault_entry = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=20, blank=True)

    runtime_updates = (
        "started_at",
        "finished_at",
        "verified",
        "head",
        "unsealed",
        "fault_position",
        "fault_entry",
        "problem",
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"check asked {self.asked_at.isoformat()}"
