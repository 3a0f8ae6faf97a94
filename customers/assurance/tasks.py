"""Background work on verifications that run out or are to be looked at again."""

from celery import shared_task

from customers.assurance.actions.draw_audits import draw_audits
from customers.assurance.actions.remind_of_expiry import plan_reminders, remind_of_expiry
from kit import clock


@shared_task(name="assurance.remind")
def remind() -> int:
    """Plan reminders and send those that are due."""
    at = clock.now()
    plan_reminders(at=at)
    total = 0
    while done := remind_of_expiry(at=at):
        total += done
    return total


@shared_task(name="assurance.draw_audits")
def draw() -> int:
    """Draw last month's sample, if it was not drawn yet."""
    return len(draw_audits(at=clock.now()))
