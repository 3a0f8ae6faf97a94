"""Background work on customers."""

from celery import shared_task

from customers.actions.age_claims import age_claims
from kit import clock


@shared_task(name="customers.age_claims")
def age() -> int:
    """Move claims along whose time has come."""
    at = clock.now()
    total = 0
    while moved := age_claims(at=at):
        total += moved
    return total
