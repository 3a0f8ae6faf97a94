"""How long what is personal is kept, and that it was erased."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly


class RetentionRule(models.Model):
    """For one kind of personal data: how many days it is kept. Without a row the kind's default holds."""

    kind = models.CharField(max_length=30, unique=True)
    days = models.PositiveIntegerField()
    row_version = models.PositiveIntegerField(default=1)

    runtime_updates = ("days", "row_version")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(days__gte=30, days__lte=3650), name="retention_30_to_3650")]


class Erasure(AppendOnly):
    """That something was erased. What it said is gone; a hash of it may stay, so that a copy can be recognized."""

    class Cause(models.TextChoices):
        RETENTION = "retention", _("End of its retention")
        REQUEST = "request", _("On request")

    kind = models.CharField(max_length=30)
    # The public id of what was erased, and of the organization it was about.
    subject_id = models.UUIDField()
    organization_id = models.UUIDField(null=True)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    content_hash = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "-at"], name="erasure_kind")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="erased_once"),
            models.CheckConstraint(condition=~Q(cause="request") | Q(by__isnull=False), name="request_was_carried_out"),
        ]
        triggers: list[pgtrigger.Trigger] = [*AppendOnly.Meta.triggers]
