"""Background work on what waits for people."""

from celery import shared_task

from kit import clock
from users.actions.ask_for_signatures import ask_for_signatures


@shared_task(name="users.ask_for_signatures")
def ask() -> int:
    """Ask for the second signatures that wait."""
    return ask_for_signatures(at=clock.now())
