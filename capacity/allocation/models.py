"""Simulations of a policy: what was asked, how far it is, and what came out."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kit.models import Public
from priorities.models import PolicyVersion
from users.models import User


class SimulationState(models.TextChoices):
    """Where a simulation stands."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Simulation(Public):
    """A policy version tried on the open queue and past decisions, beside the version in force. It decides nothing."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    # Which edition of the draft was tried: a draft may change afterwards, and then this says of what it told.
    edition = models.PositiveIntegerField()
    baseline = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    # The window of past decisions; half-open.
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=SimulationState.choices, default=SimulationState.WAITING)
    # Of the work, in parts of a thousand.
    progress = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    # What came out: codes and numbers, put into words when it is read (see `capacity.allocation.comparing`).
    result = models.JSONField(null=True)
    # Each request of the queue before and after, as compressed columns (see `capacity.allocation.rows`).
    rows = models.BinaryField(null=True)
    seconds = models.FloatField(null=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["version", "-id"], name="simulation_version")]
        constraints = [
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="simulation_window_is_not_empty"),
            models.CheckConstraint(condition=Q(progress__lte=1000), name="simulation_progress_is_permille"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(result__isnull=False, ended_at__isnull=False),
                name="done_simulation_has_a_result",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="simulation_question_stays",
                fields=["version", "edition", "since", "until", "started_by", "started_at"],
            ),
            pgtrigger.Protect(
                name="finished_simulation_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state__in=["done", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.started_at:%Y-%m-%d %H:%M}"
