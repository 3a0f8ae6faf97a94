"""Background work on overrides."""

from celery import shared_task

from kit import clock
from priorities.actions.end_override import expire_overrides


@shared_task(name="priorities.expire_overrides")
def expire() -> int:
    """Keep the books of windows that are over."""
    return expire_overrides(at=clock.now())
