"""Do the simulations that wait. Safe to run at any time, in parallel, and again after a kill."""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_noop

from capacity.allocation.comparing import compare
from capacity.allocation.models import Simulation, SimulationState
from capacity.allocation.rows import packed
from capacity.allocation.snapshot import reading_only, take_snapshot
from priorities.policies import policy_of
from priorities.policy import problems

# Any constant will do: together with the simulation's key it names who works on it.
SIMULATION_LOCK = 7_304_995
UNFINISHED = [SimulationState.WAITING, SimulationState.RUNNING]
DRAFT_CHANGED = gettext_noop("The draft was changed before its turn came. Simulate it again.")
DRAFT_UNSOUND = gettext_noop("The draft has errors. Correct them and simulate it again.")


def run_next_simulation(*, at: datetime) -> Simulation | None:
    """Claim the oldest unfinished simulation that nobody works on and do it; None where there is none.

    The claim is a lock of the database session, so a killed worker loses it by itself and the next one begins again.
    """
    for key in Simulation.objects.filter(state__in=UNFINISHED).order_by("pk").values_list("pk", flat=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [SIMULATION_LOCK, key])
            if not cursor.fetchone()[0]:
                continue
        try:
            simulation = Simulation.objects.select_related("version", "baseline").filter(pk=key).first()
            if simulation is not None and simulation.state in UNFINISHED:
                carry_out(simulation, at=at)
                return simulation
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SIMULATION_LOCK, key])
    return None


def carry_out(simulation: Simulation, *, at: datetime) -> None:
    """Do one simulation to its end. Everything is read in a transaction in which the database refuses to write."""
    began = time.monotonic()

    def tell(permille: int) -> None:
        simulation.progress = permille
        simulation.save(update_fields=["progress"])

    simulation.state = SimulationState.RUNNING
    simulation.save(update_fields=["state"])
    tell(50)
    version, baseline = simulation.version, simulation.baseline
    if version.row_version != simulation.edition:
        _fail(simulation, DRAFT_CHANGED, at)
        return
    terms = policy_of(version)
    if problems(terms):
        _fail(simulation, DRAFT_UNSOUND, at)
        return
    with reading_only():
        snapshot = take_snapshot(since=simulation.since, until=simulation.until)
    tell(400)
    result, rows = compare(snapshot, policy_of(baseline), terms, at=at, tell=tell)
    simulation.result = {**result, "regions_in_order": [code for code, _name in snapshot.regions]}
    simulation.rows = packed(rows)
    simulation.state = SimulationState.DONE
    simulation.progress = 1000
    simulation.seconds = time.monotonic() - began
    simulation.ended_at = at + timedelta(seconds=simulation.seconds)
    simulation.save(update_fields=["result", "rows", "state", "progress", "seconds", "ended_at"])


def _fail(simulation: Simulation, problem: str, at: datetime) -> None:
    simulation.state = SimulationState.FAILED
    simulation.problem = problem
    simulation.ended_at = at
    simulation.save(update_fields=["state", "problem", "ended_at"])
