"""What others ask about requests."""

from django.db.models import QuerySet

from capacity.pools.models import LedgerKind
from capacity.requests.models import CapacityRequest, Decision, Grant


def standing_grants(request: CapacityRequest) -> QuerySet[Grant]:
    """What is granted to the request and was not given back, with pools and ledger entries."""
    return (
        Grant.objects.filter(request=request, entry__kind=LedgerKind.GRANT, entry__released_by=None)
        .select_related("pool__region", "pool__resource", "entry")
        .order_by("pk")
    )


def latest_decision(request: CapacityRequest) -> Decision | None:
    """The last decision made on the request, with who made it."""
    return Decision.objects.filter(request=request).select_related("by", "region").order_by("-pk").first()
