"""What is delivered to a pool.

A part of the pool's page that it asks for by itself, so that neither asks the database too much; a page of its own
where nothing asks for it.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from capacity.deliveries.access import may_keep_deliveries
from capacity.deliveries.queries import landings_of, planned_in_regions
from capacity.deliveries.wording import expected_text, landing_text
from capacity.pools.access import pool_for
from kit.clock import now
from users.http import ActorRequest


def of_pool(request: ActorRequest, region: str, resource: str) -> HttpResponse:
    """GET /deliveries/to/<region>/<resource>/"""
    shown = pool_for(request.actor, region, resource)
    planned = planned_in_regions([shown.region_id])
    landings = landings_of(planned, now())
    context: dict[str, Any] = {
        "pool": shown,
        # Whoever sees a pool's ledger sees its region's crews.
        "deliveries": [
            (one, expected_text(one, landings[one.pk]), landing_text(one, landings[one.pk], with_hours=True))
            for one in planned
            if one.pool_id == shown.pk
        ],
        "may_keep": may_keep_deliveries(request.actor, region) is None,
    }
    htmx: Any = getattr(request, "htmx", None)
    return render(request, "deliveries/_of_pool.html" if htmx else "deliveries/of_pool.html", context)
