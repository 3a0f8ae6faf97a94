"""Levers: reversible restrictions of free and new offers that free capacity for existing customers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Region
from customers.models import OfferType
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User


class LeverKind(models.TextChoices):
    """What is restricted."""

    FREE_OFFERS = "free_offers", _("Free offers")
    NEW_SUBSCRIPTIONS = "new_subscriptions", _("New subscriptions")


class LeverState(models.TextChoices):
    """How far the lever is pulled."""

    OPEN = "open", _("Open")
    LIMITED = "limited", _("Limited")
    PAUSED = "paused", _("Paused")
    RESTORED = "restored", _("Restored")


L = LeverState
LEVER_LIFE = Life(
    {
        L.OPEN: {L.LIMITED, L.PAUSED},
        L.LIMITED: {L.PAUSED, L.RESTORED},
        L.PAUSED: {L.LIMITED, L.RESTORED},
        L.RESTORED: set(),
    }
)
PULLED_STATES = [L.LIMITED, L.PAUSED]


class Lever(Public):
    """One restriction: whom it reaches, who owns it, when it is lifted. Tiers 1 and 2 are spared."""

    kind = models.CharField(max_length=20, choices=LeverKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="levers")  # None: all
    offer_types = ArrayField(models.CharField(max_length=20, choices=OfferType.choices))
    # While limited: the most units of one resource that a request may ask for.
    limit_per_line = models.PositiveIntegerField(null=True)
    reach = models.TextField()
    lift_condition = models.TextField()
    review_date = models.DateField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=LeverState.choices, default=LeverState.OPEN)
    # The step that was asked for and waits for a second person.
    pending_state = models.CharField(max_length=10, choices=LeverState.choices, blank=True)
    pending_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pending_state="", pending_by=None) | (~Q(pending_state="") & Q(pending_by__isnull=False)),
                name="pending_step_has_its_person",
            )
        ]
        triggers = [LEVER_LIFE.trigger()]


class LeverMove(AppendOnly):
    """One step of a lever, by two people."""

    lever = models.ForeignKey(Lever, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10)
    new_state = models.CharField(max_length=10, choices=LeverState.choices)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(proposed_by=F("confirmed_by")), name="nobody_confirms_own_lever")
        ]
