"""What needs somebody's eyes: alarms, each open once per subject until its cause is gone.

An alarm knows only its region and names its subject as people do, so every later slice can raise one.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Region
from kit.models import Public
from users.models import User


class AlarmKind(models.TextChoices):
    """What happened."""

    DEFICIT = "deficit", _("Promised more than there is now")
    STAFFING_RED = "staffing_red", _("Crew below minimum")
    STAFFING_UNKNOWN = "staffing_unknown", _("No crew report")
    TIER1_MARK = "tier1_mark", _("Tier 1 beyond its mark")
    USAGE_SURGE = "usage_surge", _("Demand has left its season")


class Alarm(Public):
    """One open cause for concern. It ends when its cause is gone, and is never deleted."""

    kind = models.CharField(max_length=20, choices=AlarmKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="alarms")
    subject = models.CharField(max_length=80)  # pool or datacenter, as people name it
    values = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "region", "subject"], condition=Q(ended_at=None), name="alarm_open_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None, acknowledged_at=None)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="acknowledged_by_somebody_at_some_time",
            ),
        ]
        indexes = [models.Index(fields=["-raised_at", "-id"], name="alarm_latest")]
