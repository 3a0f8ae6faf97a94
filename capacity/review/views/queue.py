"""The review queue in its published order."""

from typing import Any

from django.http import HttpResponseBase

from capacity.regions.models import Region
from capacity.requests.access import visible_requests
from capacity.requests.models import PENDING_STATES
from capacity.requests.places import in_region, ranks_otherwise
from capacity.requests.ranking import order_as_of
from capacity.review.lists import HERE, QUEUE_BY_COMPLETENESS, QUEUE_BY_TIER
from capacity.review.queries import may_see_queue, queue_rows, regions_in_reach, review_queue
from kit.lists import list_page
from kit.refusal import require
from users.http import ActorRequest


def queue(request: ActorRequest) -> HttpResponseBase:
    """GET /queue/: by tier as soon as one region in scope is scarce, otherwise by completeness.

    Without a region each request stands as in its first wish; with one, as it does there.
    """
    require(may_see_queue(request.actor))
    asked = request.GET.get("region", "")
    regions: Any = Region.objects.only("code", "name", "condition").annotate(ranks_otherwise=ranks_otherwise())
    scope: list[Any] = [
        region for region in regions_in_reach(request.actor, regions) if not asked or region.code == asked
    ]
    scarce = [region for region in scope if region.is_scarce]
    rows = review_queue(request.actor)
    if request.GET.get("state"):
        rows = visible_requests(request.actor).filter(state__in=PENDING_STATES)
    context: dict[str, Any] = {}
    htmx: Any = getattr(request, "htmx", None)
    if not (htmx and htmx.target == "list") and not request.GET.get("format"):
        context = {"scarce": scarce, "as_of": order_as_of(), "is_one_region": bool(asked)}
    spec = QUEUE_BY_TIER if scarce else QUEUE_BY_COMPLETENESS
    # Mostly no request has another place in the region, and then the usual order has its index.
    if asked and any(region.ranks_otherwise for region in scope):
        spec, rows = HERE[spec.sort], in_region(rows, asked)
    return list_page(request, spec, queue_rows(rows), template="review/queue.html", context=context)
