"""Take a file in for import. The work itself is done by the background, found from the run's row."""

import hashlib
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_import
from customers.importing.kinds import kind_of
from customers.models import ImportRun
from customers.registers.adapters import REGISTERS
from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor

ORGANIZATIONS = "organizations"
MAX_UPLOAD_BYTES = 20 * 1024 * 1024


class CannotImport(Invalid):
    """The kind, the day or the file does not do."""

    code = "cannot_import"


def start_import(
    *,
    actor: Actor,
    kind: str,
    file_name: str,
    content: bytes,
    is_dry_run: bool,
    at: datetime,
    as_of_date: date | None = None,
) -> ImportRun:
    """Keep the file and let it wait for its turn.

    `kind` is "organizations", a register's code or a kind that was provided; a register needs `as_of_date`, the day
    its file was taken. Raises `CannotImport`.
    """
    with transaction.atomic():
        require(may_import(actor, kind))
        fields = {}
        if kind != ORGANIZATIONS and kind not in REGISTERS and kind_of(kind) is None:
            fields["kind"] = [_("Choose what the file holds.")]
        elif kind in REGISTERS and as_of_date is None:
            fields["as_of_date"] = [_("Say on which day the register was taken.")]
        elif as_of_date is not None and as_of_date > at.date():
            fields["as_of_date"] = [_("This day is in the future.")]
        if not content:
            fields["file"] = [_("The file is empty.")]
        elif len(content) > MAX_UPLOAD_BYTES:
            fields["file"] = [_("The file is larger than 20 MB. Split it, or use the command on the server.")]
        if fields:
            raise CannotImport(fields)
        run = ImportRun.objects.create(
            kind=kind,
            file_name=file_name[:200],
            file_hash=hashlib.sha256(content).hexdigest(),
            content=content,
            as_of_date=as_of_date if kind in REGISTERS else None,
            is_dry_run=is_dry_run,
            started_by_id=actor.user_id,
            started_at=at,
        )
        record(
            actor=actor,
            action="import.started",
            subject_type="import_run",
            subject_id=run.public_id,
            after={"kind": kind, "dry_run": is_dry_run, "file_sha256": run.file_hash},
            at=at,
        )
        return run
