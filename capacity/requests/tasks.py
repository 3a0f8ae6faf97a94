"""Background work on requests: the stored order."""

from celery import shared_task

from capacity.requests.actions.rerank_requests import rerank_all
from capacity.requests.urgency import push_claim_urgency
from kit import clock
from users.access import SYSTEM


@shared_task(name="requests.sweep_order")
def sweep() -> int:
    """Make the stored order right for every undecided request, and tell verifiers what waits for them."""
    at = clock.now()
    push_claim_urgency(at=at)
    return rerank_all(actor=SYSTEM, at=at).stored
