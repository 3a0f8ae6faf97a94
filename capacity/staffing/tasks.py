"""Background work on crews."""

from celery import shared_task

from capacity.staffing.actions.remind_of_shifts import plan_shift_reminders, remind_of_shifts
from kit import clock


@shared_task(name="staffing.remind")
def remind() -> int:
    """Look for shifts that nobody has reported, and remind of them."""
    at = clock.now()
    plan_shift_reminders(at=at)
    total = 0
    while done := remind_of_shifts(at=at):
        total += done
    return total
