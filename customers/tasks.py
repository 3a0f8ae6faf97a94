"""Background work on customers."""

from celery import shared_task

from customers.actions.age_claims import age_claims
from customers.actions.run_imports import run_next_import
from customers.models import CaseLease
from kit import clock


@shared_task(name="customers.age_claims")
def age() -> int:
    """Move claims along whose time has come."""
    at = clock.now()
    total = 0
    while moved := age_claims(at=at):
        total += moved
    return total


@shared_task(name="customers.run_imports")
def run_imports() -> int:
    """Do the imports that wait."""
    done = 0
    while run_next_import(at=clock.now()):
        done += 1
    return done


@shared_task(name="customers.end_leases")
def end_leases() -> int:
    """Delete leases on cases that are over; they count for nothing already."""
    return CaseLease.objects.filter(until__lte=clock.now()).delete()[0]
