"""What will be powered on, when, and who has to install it: dated deliveries of hardware to a pool."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capacity.pools.models import Pool, SupplyChange
from capacity.regions.models import Datacenter
from kit.models import Public
from kit.transitions import Life
from users.models import User


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    PLANNED = "planned", _("Planned")
    LANDED = "landed", pgettext_lazy("delivery", "Landed")
    CANCELLED = "canceled", _("Canceled")


DELIVERY_LIFE = Life(
    {
        DeliveryState.PLANNED: {DeliveryState.LANDED, DeliveryState.CANCELLED},
        DeliveryState.LANDED: set(),
        DeliveryState.CANCELLED: set(),
    }
)

# It stands in its pool's region and begins as a plan; what landed is what its pool was raised by, once. Raw SQL too.
STANDS_WITH_ITS_POOL = """
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'planned' THEN
            RAISE EXCEPTION 'a delivery begins as a plan' USING ERRCODE = 'check_violation';
        ELSIF NOT EXISTS (
            SELECT 1 FROM capacity_pool pool JOIN capacity_datacenter place ON place.region_id = pool.region_id
            WHERE pool.id = NEW.pool_id AND place.id = NEW.datacenter_id
        ) THEN
            RAISE EXCEPTION 'a delivery goes to a datacenter of its pool' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'landed' AND NOT EXISTS (
        SELECT 1 FROM capacity_supplychange change
        WHERE change.id = NEW.supply_change_id AND change.pool_id = NEW.pool_id AND change.cause = 'delivery'
          AND (change.new_terms->>'powered_on')::bigint - (change.old_terms->>'powered_on')::bigint
              = NEW.landed_quantity
    ) THEN
        RAISE EXCEPTION 'a delivery lands with its change of supply' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Delivery(Public):
    """So many units of a pool's resource, due at a datacenter on a day, and the hours of installing them.

    A plan is not edited: who plans otherwise cancels it and plans another, so that it stays known what was expected.
    """

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="deliveries")
    datacenter = models.ForeignKey(Datacenter, on_delete=models.PROTECT, related_name="deliveries")
    quantity = models.BigIntegerField()
    due_date = models.DateField()
    # Person-hours.
    planned_hours = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PLANNED)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    landed_quantity = models.BigIntegerField(null=True)
    landed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    landed_at = models.DateTimeField(null=True)
    supply_change = models.OneToOneField(SupplyChange, on_delete=models.PROTECT, null=True, related_name="delivery")
    canceled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    canceled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=300, blank=True)

    runtime_updates = (
        "state",
        "landed_quantity",
        "landed_by",
        "landed_at",
        "supply_change",
        "canceled_by",
        "canceled_at",
        "cancel_reason",
        "row_version",
    )

    class Meta:
        ordering = ["due_date", "pk"]
        indexes = [
            models.Index(fields=["datacenter", "due_date"], condition=Q(state="planned"), name="delivery_planned")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, planned_hours__gt=0), name="delivery_is_something"),
            models.CheckConstraint(
                condition=(
                    ~Q(state="landed") & Q(landed_quantity=None, landed_by=None, landed_at=None, supply_change=None)
                )
                | Q(
                    state="landed",
                    landed_quantity__gt=0,
                    landed_quantity__lte=F("quantity"),
                    landed_by__isnull=False,
                    landed_at__isnull=False,
                    supply_change__isnull=False,
                ),
                name="delivery_landed_whole",
            ),
            models.CheckConstraint(
                condition=(~Q(state="canceled") & Q(canceled_by=None, canceled_at=None, cancel_reason=""))
                | (Q(state="canceled", canceled_by__isnull=False, canceled_at__isnull=False) & ~Q(cancel_reason="")),
                name="delivery_canceled_with_reason",
            ),
        ]
        triggers = [
            DELIVERY_LIFE.trigger(),
            pgtrigger.Trigger(
                name="stands_with_its_pool",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func=STANDS_WITH_ITS_POOL,
            ),
            pgtrigger.Protect(
                name="delivery_ends_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="planned"),
            ),
        ]

    @property
    def is_planned(self) -> bool:
        return self.state == DeliveryState.PLANNED
