"""Where: regions, their datacenters, and the condition that people declared."""

from datetime import date

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kit.models import Public
from kit.transitions import Life
from users.models import User


class Condition(models.TextChoices):
    """How tight a region is. Policy bites from constrained."""

    NORMAL = "normal", _("Normal")
    WATCH = "watch", _("Watch")
    CONSTRAINED = "constrained", _("Constrained")
    CRITICAL = "critical", _("Critical")
    RECOVERING = "recovering", _("Recovering")


# Conditions in which tier decides the order; also those that need a second person.
SCARCE_CONDITIONS = frozenset({Condition.CONSTRAINED, Condition.CRITICAL, Condition.RECOVERING})


class Region(Public):
    """A place where customers can ask for capacity."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    geography = models.CharField(max_length=60)  # data residency boundary
    geography_group = models.CharField(max_length=60)
    place = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=3)  # ISO 3166-1 alpha-3
    latitude = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    paired_code = models.CharField(max_length=40, blank=True)
    # The condition in force; a copy of the latest confirmed declaration, written with it.
    condition = models.CharField(max_length=15, choices=Condition.choices, default=Condition.NORMAL)
    condition_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_scarce(self) -> bool:
        """Whether tier decides the order here."""
        return self.condition in SCARCE_CONDITIONS


class Datacenter(Public):
    """A building with a crew, in a region."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="datacenters")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=40, default="UTC")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class DeclarationState(models.TextChoices):
    """Where a declaration stands."""

    PROPOSED = "proposed", _("Proposed")
    IN_FORCE = "in_force", _("In force")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ENDED = "ended", _("Ended")


D = DeclarationState
DECLARATION_LIFE = Life(
    {
        D.PROPOSED: {D.IN_FORCE, D.REFUSED, D.WITHDRAWN},
        D.IN_FORCE: {D.ENDED},
        D.REFUSED: set(),
        D.WITHDRAWN: set(),
        D.ENDED: set(),
    }
)


def past_review(today: date) -> Q:
    """Declarations whose review date is past; the same as `is_past_review`."""
    return Q(review_date__lt=today)


class ConditionDeclaration(Public):
    """A person's statement of a region's condition, with evidence and a date to look again."""

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="declarations")
    condition = models.CharField(max_length=15, choices=Condition.choices)
    evidence = models.TextField()
    review_date = models.DateField()
    state = models.CharField(max_length=10, choices=DeclarationState.choices, default=DeclarationState.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    refused_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    # What the second person says to it; needed to refuse.
    answer = models.TextField(blank=True)
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["region"], condition=Q(state="in_force"), name="one_condition_in_force"),
            models.UniqueConstraint(fields=["region"], condition=Q(state="proposed"), name="one_condition_proposed"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")),
                name="nobody_confirms_own_condition",
            ),
            models.CheckConstraint(
                condition=Q(refused_by=None) | (~Q(refused_by=F("proposed_by")) & ~Q(answer="")),
                name="another_person_refuses_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force", condition__in=[str(c) for c in sorted(SCARCE_CONDITIONS)])
                | Q(confirmed_by__isnull=False),
                name="scarce_condition_has_two_people",
            ),
        ]
        triggers = [
            DECLARATION_LIFE.trigger(),
            pgtrigger.ReadOnly(
                name="declaration_facts_stay", fields=["region", "condition", "evidence", "review_date", "proposed_by"]
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether it waits for a second person."""
        return self.state == DeclarationState.PROPOSED

    @property
    def is_in_force(self) -> bool:
        return self.state == DeclarationState.IN_FORCE

    def is_past_review(self, today: date) -> bool:
        """Whether it was to be looked at again before today."""
        return self.review_date < today

    @property
    def makes_scarce(self) -> bool:
        """Whether tier decides the order under this condition."""
        return self.condition in SCARCE_CONDITIONS
