"""Background work on the review: what waits comes back on its day, leases that are over go."""

from celery import shared_task

from capacity.review.actions.look_again import look_again
from capacity.review.models import Lease
from kit import clock


@shared_task(name="review.look_again")
def look() -> int:
    """Return waitlisted requests whose next look is due to review."""
    return look_again(at=clock.now())


@shared_task(name="review.end_leases")
def end_leases() -> int:
    """Delete leases that are over; they count for nothing already."""
    return Lease.objects.filter(until__lte=clock.now()).delete()[0]
