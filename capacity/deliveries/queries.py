"""From rows to landings: what is delivered, and when crews as rostered can have it installed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from capacity.deliveries.landing import Landing, landing
from capacity.deliveries.models import Delivery, DeliveryState
from capacity.pools.models import Pool
from capacity.staffing.models import CrewRequirement, CrewRole
from capacity.staffing.outlook import roles_ahead
from capacity.staffing.shifts import HOURS


def delivery_rows(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The deliveries with what a row shows."""
    return deliveries.select_related("pool__region", "pool__resource", "datacenter", "planned_by")


def planned_among(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    """Those still to come, what is due first first, each with the `posts` that install at its datacenter."""
    posts = CrewRequirement.objects.filter(datacenter=OuterRef("datacenter"), role=CrewRole.DATA_HALL)
    rows = deliveries.filter(state=DeliveryState.PLANNED).select_related("datacenter", "pool__region", "pool__resource")
    return list(
        rows.annotate(
            posts=ArraySubquery(posts.order_by("shift").values(post=JSONObject(shift=F("shift"), minimum=F("minimum"))))
        ).order_by("due_date", "pk")
    )


def planned_in_regions(region_ids: Iterable[int]) -> list[Delivery]:
    """All that is still to come to the pools of some regions (by key)."""
    return planned_among(Delivery.objects.filter(pool__region__in=set(region_ids)))


def landings_of(planned: Sequence[Delivery], at: datetime) -> dict[int, Landing]:
    """When each delivery (by key) is expected to land, as crews are rostered at a moment; three questions at most.

    `planned` is from `planned_among` and holds all that is planned at its datacenters: a crew installs what is due
    first, so a delivery shares the hours until it is due with all that is due there before.
    """
    spare = _spare_hours(planned, at)
    hours: dict[int, int] = defaultdict(int)
    found = {}
    for one in sorted(planned, key=lambda one: (one.due_date, one.pk)):
        hours[one.datacenter_id] += one.planned_hours
        today = at.astimezone(ZoneInfo(one.datacenter.time_zone)).date()
        found[one.pk] = landing(
            due=one.due_date, today=today, spare=spare[one.datacenter_id], planned_hours=hours[one.datacenter_id]
        )
    return found


def landings_in(pools: Sequence[Pool], at: datetime) -> dict[int, list[tuple[date, int]]]:
    """The expected landings in each pool (by key) that has any: day and units, soonest first. Withdrawn ones are none.

    Four questions at most.
    """
    planned = planned_in_regions(one.region_id for one in pools)
    landings = landings_of(planned, at)
    found: dict[int, list[tuple[date, int]]] = {}
    for one in planned:
        expected = landings[one.pk].expected
        if expected is not None:
            found.setdefault(one.pool_id, []).append((expected, one.quantity))
    return {pool: sorted(rows) for pool, rows in found.items()}


def _spare_hours(planned: Sequence[Any], at: datetime) -> dict[int, dict[date, float]]:
    """Person-hours above the minimum of the data hall's crew, by datacenter and rostered day.

    Who comes on average is rounded down, as on the page of repairs: half a person installs nothing.
    """
    places = {one.datacenter_id: one.datacenter for one in planned}
    minimums = {one.datacenter_id: {post["shift"]: post["minimum"] for post in one.posts} for one in planned}
    found: dict[int, dict[date, float]] = {key: {} for key in places}
    ahead = roles_ahead(list(places.values()), CrewRole.DATA_HALL, at, minimums=minimums)
    for key, working in ahead.items():
        for one in working:
            hours = max(0, int(one.expected) - one.minimum) * HOURS
            found[key][one.date] = found[key].get(one.date, 0.0) + hours
    return found
