"""The look that is taken round the clock, every cycle."""

from celery import shared_task

from capacity.watch.actions.look_at_levers import look_at_levers
from capacity.watch.actions.look_at_pools import look_at_pools
from capacity.watch.actions.look_at_regions import look_at_regions
from capacity.watch.actions.refresh_staffing import refresh_staffing
from kit import clock


@shared_task(name="watch.look")
def look() -> None:
    """Let supply follow crews and levers, keep the alarms, propose lifts and the conditions that thresholds ask for."""
    at = clock.now()
    refresh_staffing(at=at)
    look_at_levers(at=at)
    look_at_pools(at=at)
    look_at_regions(at=at)
