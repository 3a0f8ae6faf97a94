"""What is done about usage round the clock."""

from celery import shared_task

from capacity.usage.actions.keep_samples import drop_what_is_old, open_coming_month
from capacity.usage.actions.refresh_forecasts import look_for_surges, refresh_forecasts
from kit import clock


@shared_task(name="usage.keep")
def keep() -> None:
    """Make the tables of the coming month, and drop what the policy no longer keeps."""
    at = clock.now()
    open_coming_month(at=at)
    drop_what_is_old(at=at)


@shared_task(name="usage.forecast")
def forecast() -> None:
    """Look for surges and forecast every pool anew."""
    at = clock.now()
    look_for_surges(at=at)
    refresh_forecasts(at=at)
