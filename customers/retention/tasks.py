"""Background work on what was kept long enough."""

from celery import shared_task

from customers.retention.actions.erase import erase_what_is_due
from kit import clock


@shared_task(name="customers.erase_data")
def erase() -> int:
    """Erase what is due."""
    at = clock.now()
    total = 0
    while erased := erase_what_is_due(at=at):
        total += erased
    return total
