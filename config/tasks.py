"""Background work of the system itself."""

from celery import shared_task

from config.models import Heartbeat
from kit import clock


@shared_task(name="config.heartbeat")
def heartbeat() -> None:
    """Leave a sign of life for `/readyz`."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": clock.now()})
