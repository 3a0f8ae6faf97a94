"""Background work on requests: the stored order."""

from celery import shared_task

from capacity.requests.ranking import sweep_order
from kit import clock


@shared_task(name="requests.sweep_order")
def sweep() -> int:
    """Make the stored order right for every undecided request."""
    return sweep_order(at=clock.now())
