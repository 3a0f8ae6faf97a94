"""Crews: what each datacenter needs, who was there (counts only), and the status that follows."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from kit.ids import uuid7
from kit.models import AppendOnly
from users.models import User


class CrewRole(models.TextChoices):
    """The crafts that keep a datacenter going."""

    FACILITIES = "facilities", _("Critical facilities")
    DATA_HALL = "data_hall", _("Data hall technicians")
    SECURITY = "security", _("Security")
    LOGISTICS = "logistics", _("Logistics")
    NETWORK = "network", _("Network")


class Shift(models.TextChoices):
    """Two shifts of twelve hours, in the datacenter's own time."""

    DAY = "day", _("Day (06–18)")
    NIGHT = "night", _("Night (18–06)")


class StaffingStatus(models.TextChoices):
    """How a crew stands. Silence is unknown, never green."""

    GREEN = "green", _("Enough crew")
    AMBER = "amber", _("At minimum")
    RED = "red", _("Below minimum")
    UNKNOWN = "unknown", _("Unknown")
    NOT_TRACKED = "not_tracked", _("Not tracked")


class CrewRequirement(models.Model):
    """How many people of a role a shift needs at least, and how many are rostered as a rule."""

    datacenter = models.ForeignKey(Datacenter, on_delete=models.CASCADE, related_name="requirements")
    role = models.CharField(max_length=12, choices=CrewRole.choices)
    shift = models.CharField(max_length=5, choices=Shift.choices)
    minimum = models.PositiveSmallIntegerField()
    rostered = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["datacenter", "shift", "role"]
        constraints = [
            models.UniqueConstraint(fields=["datacenter", "role", "shift"], name="crew_requirement_once"),
            models.CheckConstraint(condition=Q(minimum__lte=200, rostered__lte=500), name="crew_is_plausible"),
        ]

    def __str__(self) -> str:
        return f"{self.role} ({self.shift}): {self.minimum}"


# Raw SQL is held to it too.
CORRECTIONS_SAY_WHY = """
    IF NEW.note = '' AND EXISTS (
        SELECT 1 FROM capacity_shiftreport
        WHERE datacenter_id = NEW.datacenter_id AND date = NEW.date AND shift = NEW.shift AND role = NEW.role
    ) THEN
        RAISE EXCEPTION 'a correction says why' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ShiftReport(AppendOnly):
    """Who was there, as counts per role. A correction is a new report that says why; the latest one counts."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="reports")
    date = models.DateField()
    shift = models.CharField(max_length=5, choices=Shift.choices)
    role = models.CharField(max_length=12, choices=CrewRole.choices)
    minimum = models.PositiveSmallIntegerField()
    rostered = models.PositiveSmallIntegerField()
    present = models.PositiveSmallIntegerField()
    absent_planned = models.PositiveSmallIntegerField(default=0)
    absent_unplanned = models.PositiveSmallIntegerField(default=0)
    absent_travel = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["datacenter", "-date", "shift", "role", "-id"], name="shift_report_latest"),
            models.Index(fields=["-date"], name="shift_report_date"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(present__lte=F("rostered") + 200, rostered__lte=500), name="shift_report_is_plausible"
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="corrections_say_why",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=CORRECTIONS_SAY_WHY,
            ),
        ]


class ShiftReminder(models.Model):
    """That nobody had reported a shift half an hour after it began. Told once; a row with its moment, and no timer."""

    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="reminders")
    date = models.DateField()
    shift = models.CharField(max_length=5, choices=Shift.choices)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # How many people were written to; 0 where none of the region's operators wants such mail, or a report came first.
    told = models.PositiveSmallIntegerField(default=0)

    runtime_updates = ("sent_at", "told")

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(sent_at=None), name="shift_reminder_due")]
        constraints = [
            models.UniqueConstraint(fields=["datacenter", "date", "shift"], name="shift_reminder_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sent_at__gte=F("due_at")), name="shift_reminder_is_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.shift}"


class StateConfirmation(AppendOnly):
    """That a duty manager vouches for the last reported state while reports fail to come, for a day at most."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="confirmations")
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["datacenter", "-until"], name="state_confirmation_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("at"), until__lte=F("at") + timedelta(hours=24)),
                name="vouched_for_a_day_at_most",
            )
        ]


class DatacenterStatus(models.Model):
    """The status that follows from the reports; derived, and right again within one cycle."""

    datacenter = models.OneToOneField(Datacenter, on_delete=models.CASCADE, related_name="status")
    status = models.CharField(max_length=12, choices=StaffingStatus.choices, default=StaffingStatus.NOT_TRACKED)
    # Nothing from the open supply and nothing with a date is promised while this holds.
    is_closed = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    last_report_at = models.DateTimeField(null=True)
    since = models.DateTimeField()
    computed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.status
