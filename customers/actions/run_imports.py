"""Do the imports that wait. Safe to run at any time, in parallel, and again after a kill."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.utils import translation

from customers.actions.start_import import ORGANIZATIONS
from customers.importing.kinds import TakeIn, kind_of
from customers.importing.organizations import import_organizations
from customers.importing.registers import import_register
from customers.importing.runs import Progress, RowResult, end_run
from customers.models import ImportRun, ImportState
from customers.registers.adapters import REGISTERS
from kit.refusal import Refusal
from users.access import SYSTEM, Actor, actor_of

# Any constant will do: together with the run's key it names who works on it.
IMPORT_LOCK = 7_304_994


def run_next_import(*, at: datetime) -> ImportRun | None:
    """Claim the oldest unfinished run that nobody works on and do it; None where there is none.

    The claim is a lock of the database session, so a killed worker loses it by itself and the next
    one starts the run again; what it had taken in is then known and stays unchanged.
    """
    unfinished = ImportRun.objects.filter(state__in=[ImportState.WAITING, ImportState.RUNNING]).order_by("pk")
    for key in unfinished.values_list("pk", flat=True):
        if not try_to_claim(key):
            continue
        try:
            run = unfinished.filter(pk=key).first()
            if run is not None:
                run.results.all().delete()
                carry_out(run, at=at)
                return run
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [IMPORT_LOCK, key])
    return None


def try_to_claim(key: int) -> bool:
    """Take a run for this database session; False where another one has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [IMPORT_LOCK, key])
        return bool(cursor.fetchone()[0])


def carry_out(run: ImportRun, *, at: datetime, on_progress: Callable[[int], None] = lambda done: None) -> None:
    """Do one run to its end, whatever is wrong with the file. `on_progress` hears how many rows were looked at."""
    actor: Actor = actor_of(run.started_by) if run.started_by else SYSTEM
    content = bytes(run.content or b"")
    progress = Progress(run)

    def note(result: RowResult) -> None:
        progress.add(result)
        on_progress(sum(progress.counts.values()))

    def reach(done: int) -> None:
        progress.reach(done)
        on_progress(done)

    problem: Refusal | None = None
    # Results are read by whoever sent the file.
    language = run.started_by.language if run.started_by else translation.get_language()
    try:
        with translation.override(language):
            provided = kind_of(run.kind)
            if run.kind == ORGANIZATIONS or provided:
                take_in: TakeIn = provided.take_in if provided else import_organizations
                take_in(
                    actor=actor,
                    content=content,
                    is_dry_run=run.is_dry_run,
                    at=at,
                    keep=progress.keep,
                    on_total=progress.expect,
                    on_progress=reach,
                )
            else:
                assert run.as_of_date is not None  # start_import refuses a register without its day
                import_register(
                    actor=actor,
                    register=REGISTERS[run.kind],
                    content=content,
                    as_of_date=run.as_of_date,
                    is_dry_run=run.is_dry_run,
                    at=at,
                    on_row=note,
                    on_total=progress.expect,
                )
        progress.flush()
    except Refusal as refusal:
        problem = refusal
    with translation.override(language):
        end_run(run, at=at, problem=problem)
