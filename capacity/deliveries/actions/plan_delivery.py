"""Plan a delivery of hardware to a pool."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.deliveries.access import may_keep_deliveries
from capacity.deliveries.models import Delivery
from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from journal.record import record
from kit.forms import MAX_QUANTITY
from kit.refusal import Invalid, require
from users.access import Actor

MOST_HOURS = 1_000_000
MOST_NOTE = 300


class CannotPlanDelivery(Invalid):
    """The place, a quantity, the day or the hours do not do."""

    code = "cannot_plan_delivery"


def plan_delivery(
    *,
    actor: Actor,
    pool: Pool,
    datacenter_id: UUID,
    quantity: int,
    due_date: date,
    planned_hours: int,
    note: str = "",
    at: datetime,
) -> Delivery:
    """So many units, due on a day at a datacenter of the pool's region, with the person-hours of installing them.

    Raises `CannotPlanDelivery`.
    """
    with transaction.atomic():
        require(may_keep_deliveries(actor, pool.region.code))
        place = Datacenter.objects.filter(public_id=datacenter_id, region=pool.region_id).first()
        fields: dict[str, list[Any]] = {}
        if place is None:
            fields["datacenter"] = [_("This is no datacenter of the pool's region.")]
        elif due_date < at.astimezone(ZoneInfo(place.time_zone)).date():
            fields["due_date"] = [_("A delivery is due today or later.")]
        for name, value, most in (
            ("quantity", quantity, MAX_QUANTITY),
            ("planned_hours", planned_hours, MOST_HOURS),
        ):
            if not 0 < value <= most:
                fields[name] = [_("Write a number from 1 to %(most)s.") % {"most": f"{most:,}"}]
        if len(note.strip()) > MOST_NOTE:
            fields["note"] = [_("At most %(most)s characters.") % {"most": MOST_NOTE}]
        if fields or place is None:
            raise CannotPlanDelivery(fields)
        assert actor.user_id is not None  # a role was required above
        delivery = Delivery.objects.create(
            pool=pool,
            datacenter=place,
            quantity=quantity,
            due_date=due_date,
            planned_hours=planned_hours,
            note=note.strip(),
            planned_by_id=actor.user_id,
            planned_at=at,
        )
        record(
            actor=actor,
            action="delivery.planned",
            subject_type="delivery",
            subject_id=delivery.public_id,
            after={
                "region": pool.region.code,
                "resource": pool.resource.code,
                "datacenter": place.code,
                "quantity": quantity,
                "due": due_date.isoformat(),
                "planned_hours": planned_hours,
            },
            at=at,
        )
        return delivery
