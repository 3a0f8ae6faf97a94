"""What landing and canceling share."""

from uuid import UUID

from capacity.deliveries.access import visible_deliveries
from capacity.deliveries.models import Delivery
from kit.refusal import NotFound
from users.access import Actor


def delivery_for(actor: Actor, delivery_id: UUID) -> Delivery:
    """The delivery with what is shown of it. Raises `NotFound` where the actor may not know of it."""
    rows = visible_deliveries(actor).select_related(
        "pool__region", "pool__resource", "datacenter", "planned_by", "landed_by", "canceled_by"
    )
    found = rows.filter(public_id=delivery_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_delivery(delivery: Delivery) -> Delivery:
    """The same row, locked; who also locks pools does that before."""
    return Delivery.objects.select_for_update().get(pk=delivery.pk)
