"""Background work on customers."""

from datetime import timedelta

from celery import shared_task

from customers.actions.age_claims import age_claims
from customers.actions.compare_organizations import BATCH, compare_organizations
from customers.actions.find_register_matches import find_register_matches, matches_are_due
from customers.actions.open_evidence_reviews import open_evidence_reviews
from customers.actions.run_imports import run_next_import
from customers.actions.sweep_files import sweep_files
from customers.models import CaseLease
from kit import clock

# So that other work gets its turn.
LOOK_FOR = timedelta(seconds=25)


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


@shared_task(name="customers.review_evidence")
def review_evidence() -> int:
    """Look at evidence again where registers changed, and end what nobody confirmed."""
    at = clock.now()
    total = 0
    while done := open_evidence_reviews(at=at):
        total += done
    return total


@shared_task(name="customers.find_register_matches")
def find_matches() -> int:
    """Compare customers and registers again where something was imported, or an hour ago."""
    at = clock.now()
    return find_register_matches(at=at) if matches_are_due(at=at) else 0


@shared_task(name="customers.train_matching")
def train() -> int:
    """Let proposals learn from the registers that were imported."""
    # Loads the learning library, which no other task needs.
    from customers.actions.train_matching import train_when_due

    learned = train_when_due(at=clock.now())
    return learned.entries if learned is not None else 0


@shared_task(name="customers.compare_organizations")
def compare() -> int:
    """Compare the organizations that wait for it, for half a minute at most; the next hint goes on."""
    began = clock.now()
    total = compared = compare_organizations(at=began)
    while compared == BATCH and clock.now() - began < LOOK_FOR:
        compared = compare_organizations(at=clock.now())
        total += compared
    return total


@shared_task(name="customers.sweep_files")
def sweep() -> int:
    """Delete evidence files that no row names."""
    return sweep_files(at=clock.now())
