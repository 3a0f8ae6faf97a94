"""What needs somebody's eyes: alarms, each open once per subject until its cause is gone.

An alarm knows only its region and names its subject as people do, so every later slice can raise one.
"""

from datetime import datetime, timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Region
from kit.models import Public
from users.models import User

# How long nobody is reminded of an alarm at the most.
LONGEST_SILENCE = timedelta(days=7)

# Raw SQL is held to it too: an alarm is nobody's, or somebody's who may do something about it there.
_OWNER_MAY_TAKE_UP = """
    IF NEW.owner_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.owner_id IS DISTINCT FROM OLD.owner_id) THEN
        PERFORM 1 FROM users_roleassignment held JOIN capacity_region region ON region.id = NEW.region_id
        WHERE held.user_id = NEW.owner_id AND held.ended_at IS NULL
          AND held.role IN ('region_operator', 'duty_manager')
          AND (held.regions = '{}' OR region.code = ANY (held.regions));
        IF NOT FOUND THEN
            RAISE EXCEPTION 'its owner may not take up alarms of this region' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
"""


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
    # Who took it up first; whose it is now.
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    # The silence stated last: a half-open window that is read and never toggled, so it ends by itself.
    silenced_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    silenced_at = models.DateTimeField(null=True)
    silenced_until = models.DateTimeField(null=True)
    silence_reason = models.CharField(max_length=300, blank=True)
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
            models.CheckConstraint(
                condition=Q(owner=None, acknowledged_by=None) | Q(owner__isnull=False, acknowledged_by__isnull=False),
                name="alarm_taken_up_has_an_owner",
            ),
            models.CheckConstraint(
                condition=Q(silenced_by=None, silenced_at=None, silenced_until=None, silence_reason="")
                | Q(silenced_by__isnull=False, silenced_at__isnull=False)
                & Q(silenced_until__gt=F("silenced_at"), silenced_until__lte=F("silenced_at") + LONGEST_SILENCE)
                & ~Q(silence_reason=""),
                name="silence_has_reason_and_end",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="alarm_facts_stay", fields=["kind", "region", "subject", "raised_at"]),
            pgtrigger.Trigger(
                name="owner_may_take_up",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=_OWNER_MAY_TAKE_UP,
            ),
        ]
        indexes = [models.Index(fields=["-raised_at", "-id"], name="alarm_latest")]

    def is_silent(self, at: datetime) -> bool:
        """Whether nobody is reminded of it at this moment."""
        return (
            self.silenced_at is not None
            and self.silenced_until is not None
            and (self.silenced_at <= at < self.silenced_until)
        )
