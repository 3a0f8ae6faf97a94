"""What is delivered to a pool, and what lands in a region next.

Parts of other pages, which ask for them by themselves so that neither asks the database too much; pages of their own
where nothing asks for them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from capacity.deliveries.access import may_keep_deliveries
from capacity.deliveries.landing import Landing
from capacity.deliveries.models import Delivery
from capacity.deliveries.queries import landings_of, planned_in_regions
from capacity.deliveries.wording import expected_text, landing_text
from capacity.pools.access import may_see_headroom, may_see_pool, pool_for
from capacity.regions.access import region_for
from kit.clock import now
from users.http import ActorRequest

# Of a region only what comes next; its list has all.
NEXT_SHOWN = 5


def of_pool(request: ActorRequest, region: str, resource: str) -> HttpResponse:
    """GET /deliveries/to/<region>/<resource>/"""
    shown = pool_for(request.actor, region, resource)
    planned = planned_in_regions([shown.region_id])
    landings = landings_of(planned, now())
    context: dict[str, Any] = {
        "pool": shown,
        # Whoever sees a pool's ledger sees its region's crews.
        "deliveries": [_told(one, landings, with_hours=True) for one in planned if one.pool_id == shown.pk],
        "may_keep": may_keep_deliveries(request.actor, region) is None,
    }
    return _part(request, "of_pool", context)


def of_region(request: ActorRequest, region: str) -> HttpResponse:
    """GET /deliveries/to/<region>/"""
    shown = region_for(request.actor, region)
    if refusal := may_see_headroom(request.actor, region):
        raise refusal
    planned = planned_in_regions([shown.pk])
    landings = landings_of(planned, now())
    planned.sort(key=lambda one: (landings[one.pk].expected or date.max, one.due_date, one.pk))
    with_hours = may_see_pool(request.actor, region) is None
    context = {
        "region": shown,
        "deliveries": [_told(one, landings, with_hours=with_hours) for one in planned[:NEXT_SHOWN]],
        "more": max(0, len(planned) - NEXT_SHOWN),
    }
    return _part(request, "of_region", context)


def _told(delivery: Delivery, landings: Mapping[int, Landing], *, with_hours: bool) -> tuple[Delivery, str, str]:
    """A delivery, when it is expected, and why."""
    landing = landings[delivery.pk]
    return delivery, expected_text(delivery, landing), landing_text(delivery, landing, with_hours=with_hours)


def _part(request: ActorRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    htmx: Any = getattr(request, "htmx", None)
    return render(request, f"deliveries/_{name}.html" if htmx else f"deliveries/{name}.html", context)
