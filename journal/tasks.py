"""Background work on the journal. Every task may be lost, doubled or late without harm."""

from celery import shared_task

from journal.checking import run_due_checks
from journal.sealing import seal_entries
from kit.clock import now


@shared_task(name="journal.seal")
def seal() -> int:
    """Seal what was committed since the last run."""
    return _seal_all(sweep=False)


@shared_task(name="journal.sweep")
def sweep() -> int:
    """Seal what a transaction left behind that stayed open while very many others ended."""
    return _seal_all(sweep=True)


@shared_task(name="journal.check")
def check() -> int:
    """Verify the chain where somebody asked for it, and once a day."""
    return run_due_checks(at=now())


def _seal_all(*, sweep: bool) -> int:
    total = 0
    while sealed := (seal_entries(look_back=None) if sweep else seal_entries()):
        total += sealed
    return total
