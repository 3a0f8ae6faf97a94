"""A planned delivery does not come, or comes otherwise than planned."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.deliveries.access import may_keep_deliveries
from capacity.deliveries.keeping import delivery_for, lock_delivery
from capacity.deliveries.models import DELIVERY_LIFE, Delivery, DeliveryState
from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor


class SayWhyCanceled(Invalid):
    """Forecasts counted on it."""

    code = "say_why_canceled"


def cancel_delivery(*, actor: Actor, delivery_id: UUID, reason: str, at: datetime) -> Delivery:
    """Take a planned delivery back, with a reason. Raises `SayWhyCanceled`, `MoveRefused`."""
    with transaction.atomic():
        known = delivery_for(actor, delivery_id)
        require(may_keep_deliveries(actor, known.pool.region.code))
        delivery = lock_delivery(known)
        DELIVERY_LIFE.require(delivery.state, DeliveryState.CANCELLED)
        text = reason.strip()
        if not text or len(text) > 300:
            raise SayWhyCanceled({"reason": [_("Say in at most 300 characters why it does not come.")]})
        delivery.state = DeliveryState.CANCELLED
        delivery.canceled_by_id, delivery.canceled_at, delivery.cancel_reason = actor.user_id, at, text
        delivery.row_version += 1
        delivery.save(update_fields=["state", "canceled_by", "canceled_at", "cancel_reason", "row_version"])
        record(
            actor=actor,
            action="delivery.canceled",
            subject_type="delivery",
            subject_id=delivery.public_id,
            reason=text,
            before={"state": DeliveryState.PLANNED},
            after={"state": delivery.state},
            at=at,
        )
        return delivery
