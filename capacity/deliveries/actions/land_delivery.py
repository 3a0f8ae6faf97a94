"""A delivery is there and powered on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.deliveries.access import may_keep_deliveries
from capacity.deliveries.keeping import delivery_for, lock_delivery
from capacity.deliveries.models import DELIVERY_LIFE, Delivery, DeliveryState
from capacity.pools.models import Pool, SupplyCause
from capacity.pools.terms import change_terms, keep_deficit_alarms, lock_pools
from journal.record import record
from kit.forms import MAX_QUANTITY
from kit.refusal import Invalid, require
from users.access import Actor


class CannotLand(Invalid):
    """More than was planned, or nothing."""

    code = "cannot_land"


def land_delivery(*, actor: Actor, delivery_id: UUID, quantity: int, at: datetime) -> Delivery:
    """Power on so many units of a delivery: its pool's supply rises by them in the same transaction.

    What is missing of the planned quantity is another delivery. Raises `CannotLand`, `MoveRefused`.
    """
    with transaction.atomic():
        known = delivery_for(actor, delivery_id)
        require(may_keep_deliveries(actor, known.pool.region.code))
        # Pools first, as everybody locks them.
        pools = lock_pools(Pool.objects.filter(region=known.pool.region_id))
        pool = next(one for one in pools if one.pk == known.pool_id)
        delivery = lock_delivery(known)
        DELIVERY_LIFE.require(delivery.state, DeliveryState.LANDED)
        most = min(delivery.quantity, MAX_QUANTITY - pool.powered_on)
        if not 0 < quantity <= most:
            raise CannotLand({"quantity": [_("Write a number from 1 to %(most)s.") % {"most": f"{most:,}"}]})
        change = change_terms(
            pool,
            {"powered_on": pool.powered_on + quantity},
            cause=SupplyCause.DELIVERY,
            actor=actor,
            at=at,
            reason=delivery.note,
        )
        keep_deficit_alarms(pools, at)
        delivery.state = DeliveryState.LANDED
        delivery.landed_quantity, delivery.landed_by_id, delivery.landed_at = quantity, actor.user_id, at
        delivery.supply_change = change
        delivery.row_version += 1
        delivery.save(
            update_fields=["state", "landed_quantity", "landed_by", "landed_at", "supply_change", "row_version"]
        )
        record(
            actor=actor,
            action="delivery.landed",
            subject_type="delivery",
            subject_id=delivery.public_id,
            before={"state": DeliveryState.PLANNED},
            after={"state": delivery.state, "quantity": quantity, "powered_on": pool.powered_on},
            at=at,
        )
        return delivery
