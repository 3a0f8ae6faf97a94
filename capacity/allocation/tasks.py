"""Background work on simulations."""

from celery import shared_task

from capacity.allocation.actions.run_simulations import run_next_simulation
from kit import clock


@shared_task(name="allocation.run_simulations")
def run_simulations() -> int:
    """Do the simulations that wait."""
    done = 0
    while run_next_simulation(at=clock.now()):
        done += 1
    return done
