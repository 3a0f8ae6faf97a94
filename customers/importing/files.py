"""Files on the server, as the import commands take them."""

import gzip
import hashlib
from datetime import date, datetime
from pathlib import Path

from django.core.management.base import CommandError
from django.db import transaction

from customers.actions.run_imports import try_to_claim
from customers.models import ImportRun

MAX_UNPACKED_BYTES = 200 * 1024 * 1024


def waiting_run(*, kind: str, path: Path, is_dry_run: bool, at: datetime, as_of_date: date | None = None) -> ImportRun:
    """A run over a file on the server, started by the system. Raises `CommandError` with one plain sentence."""
    content = _read(path)
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            file_name=path.name[:200],
            file_hash=hashlib.sha256(content).hexdigest(),
            content=content,
            as_of_date=as_of_date,
            is_dry_run=is_dry_run,
            started_at=at,
        )
        # Before others can see it, or the background would take it up as well.
        try_to_claim(run.pk)
    return run


def _read(path: Path) -> bytes:
    try:
        # Never more than can be taken in, however large the file is.
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    if len(content) > MAX_UNPACKED_BYTES:
        raise CommandError(f"{path} holds more than {MAX_UNPACKED_BYTES // 1024 // 1024} MB. Split it.")
    return content
