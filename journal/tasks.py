"""Background work on the journal."""

from celery import shared_task

from journal.sealing import seal_entries


@shared_task(name="journal.seal")
def seal() -> int:
    """Seal what was committed since the last run."""
    total = 0
    while sealed := seal_entries():
        total += sealed
    return total
