"""Deliveries of the demonstration: one on time, one for which the crew is too small, one that has landed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from capacity.deliveries.actions.land_delivery import land_delivery
from capacity.deliveries.actions.plan_delivery import plan_delivery
from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from config.demo.cast import Cast


@dataclass(frozen=True)
class Coming:
    """What is due where in so many days, and the hours of installing it."""

    datacenter: str
    resource: str
    quantity: int
    days: int
    hours: int
    note: str


ON_TIME = Coming("northeurope-1", "vcpu", 2_000, 12, 160, "Order 4471: two racks of compute")
# Its crew is rostered, but with too few people above minimum for so much work.
STRETCHED = Coming("canadaeast-1", "vcpu", 6_000, 10, 700, "Order 4468: six racks of compute")
LANDED = Coming("germanywestcentral-1", "storage", 40, 1, 24, "Order 4459: one shelf")


def deliver(cast: Cast, *, now: datetime) -> None:
    """Planned yesterday; the last one was powered on just now, a little short."""
    at = now - timedelta(days=1)
    landed = [_plan(cast, one, at, now) for one in (ON_TIME, STRETCHED, LANDED)][-1]
    land_delivery(actor=cast.actor("operator", at=now), delivery_id=landed, quantity=LANDED.quantity - 2, at=now)


def _plan(cast: Cast, one: Coming, at: datetime, now: datetime) -> UUID:
    place = Datacenter.objects.get(code=one.datacenter)
    return plan_delivery(
        actor=cast.actor("operator", at=at),
        pool=Pool.objects.select_related("region", "resource").get(region=place.region_id, resource__code=one.resource),
        datacenter_id=place.public_id,
        quantity=one.quantity,
        due_date=now.date() + timedelta(days=one.days),
        planned_hours=one.hours,
        note=one.note,
        at=at,
    ).public_id
