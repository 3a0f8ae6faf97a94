"""What is planned of crews: who is rostered for the days to come, and who may work then. Counts only, no names."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing.models import CrewRole, Shift
from kit.models import AppendOnly, Public
from users.models import User


class RosterEntry(AppendOnly):
    """How many people of a role are rostered for one shift. A correction is a new row; the latest one counts."""

    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="roster")
    # The day on which the shift begins, in the datacenter's own time.
    date = models.DateField()
    shift = models.CharField(max_length=5, choices=Shift.choices)
    role = models.CharField(max_length=12, choices=CrewRole.choices)
    rostered = models.PositiveSmallIntegerField()
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["datacenter", "date", "shift", "role", "-id"], name="roster_latest"),
            models.Index(fields=["date"], name="roster_date"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(rostered__lte=500), name="roster_is_plausible"),
            models.CheckConstraint(
                condition=Q(role__in=CrewRole.values, shift__in=Shift.values), name="roster_names_a_post"
            ),
        ]


class PaperKind(models.TextChoices):
    """What people may need to come to work in a crisis."""

    PERMIT = "permit", _("Permit")
    LETTER = "letter", _("Essential-worker letter")
    TRAVEL = "travel", _("Travel papers")


class CrewPapers(Public):
    """How many people of a role hold papers of one kind from one authority, and until when. Never whose they are."""

    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="papers")
    role = models.CharField(max_length=12, choices=CrewRole.choices)
    kind = models.CharField(max_length=10, choices=PaperKind.choices)
    authority = models.CharField(max_length=120)
    place = models.CharField(max_length=120)
    people = models.PositiveSmallIntegerField()
    # The first day on which they hold no longer.
    expires_date = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=300, blank=True)

    runtime_updates = ("withdrawn_by", "withdrawn_at", "withdrawal_reason", "row_version")

    class Meta:
        ordering = ["expires_date", "pk"]
        indexes = [
            models.Index(
                fields=["datacenter", "expires_date"], condition=Q(withdrawn_at=None), name="crew_papers_in_force"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(people__gte=1, people__lte=500), name="crew_papers_are_plausible"),
            models.CheckConstraint(
                condition=Q(role__in=CrewRole.values, kind__in=PaperKind.values), name="crew_papers_name_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | (Q(withdrawn_at__gte=F("recorded_at"), withdrawn_by__isnull=False) & ~Q(withdrawal_reason="")),
                name="crew_papers_withdrawn_with_reason",
            ),
        ]
        triggers = [
            # What was known when stays known: a withdrawal is final, and new papers are a new row.
            pgtrigger.Protect(
                name="withdrawn_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.authority}: {self.people}"
