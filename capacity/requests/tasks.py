"""Background work on requests: the stored order."""

from celery import shared_task

from capacity.requests.ranking import sweep_order
from capacity.requests.urgency import push_claim_urgency
from kit import clock


@shared_task(name="requests.sweep_order")
def sweep() -> int:
    """Make the stored order right for every undecided request, and tell verifiers what waits for them."""
    at = clock.now()
    push_claim_urgency(at=at)
    return sweep_order(at=at)
