"""Delete files that no row names: what a cut-off upload left, and what was erased."""

from datetime import datetime, timedelta

from django.core.files.storage import storages

from customers.models import EvidenceFile

# An upload that is still being recorded is younger than this.
YOUNG = timedelta(hours=1)


def sweep_files(*, at: datetime) -> int:
    """Delete what lies in the store without a standing row; how many files went."""
    store = storages["evidence"]
    if not store.exists(""):
        return 0
    _folders, names = store.listdir("")
    standing = set(
        EvidenceFile.objects.filter(stored_name__in=names, erased_at=None).values_list("stored_name", flat=True)
    )
    gone = [name for name in names if name not in standing and store.get_modified_time(name) <= at - YOUNG]
    for name in gone:
        store.delete(name)
    return len(gone)
