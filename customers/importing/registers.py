"""Read a register's file into a snapshot: all rows or none, repeatable without effect."""

import hashlib
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import attrgetter

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.actions.compare_snapshots import compare_with_neighbors
from customers.importing.runs import Outcome, RowResult
from customers.models import Register as RegisterModel
from customers.models import RegisterRow, RegisterSnapshot
from customers.registers.declaring import Register, RegisterFacts, RowProblem
from journal.record import record
from kit.copying import copy_values
from kit.csvfiles import CsvRow, read_csv
from kit.refusal import Conflict
from users.access import Actor

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 500_000
BROKEN_LETTER = "\ufffd"
# What an entry says; two snapshots are the same where all of this is.
_SAID = ("key", "name", "domain", "country", "region", "kind", "is_active")
_said = attrgetter(*_SAID)


class AnotherFileForThatDay(Conflict):
    """A snapshot is what a register said on a day; it is never edited."""

    code = "another_file_for_that_day"
    message = _("The register was already imported as of %(as_of)s, from a file with other rows.")
    remedy = _("Give the day on which this file was taken.")


def import_register(
    *,
    actor: Actor,
    register: Register,
    content: bytes,
    as_of_date: date,
    is_dry_run: bool,
    at: datetime,
    on_row: Callable[[RowResult], None],
    on_total: Callable[[int], None] = lambda total: None,
) -> RegisterSnapshot | None:
    """Import one file; `on_row` is told what became, or would become, of each row.

    The rows of a snapshot stand or fall together, but for rows that are wrong by themselves: those
    are reported and left out. `on_row` is called before the one transaction that writes. Raises
    `CannotReadFile` and `AnotherFileForThatDay`; then nothing is written. Returns the snapshot,
    None for a dry run.
    """
    rows = list(
        read_csv(
            io.BytesIO(content),
            required=register.required,
            optional=register.optional,
            max_bytes=MAX_BYTES,
            max_rows=MAX_ROWS,
        )
    )
    on_total(len(rows))
    snapshot = RegisterSnapshot.objects.filter(register__code=register.code, as_of_date=as_of_date).first()
    taken = Outcome.CREATED if snapshot is None else Outcome.UNCHANGED
    facts = _read(register, rows, taken, on_row)
    if snapshot is not None:
        _require_same(snapshot, facts)
        return None if is_dry_run else snapshot
    if is_dry_run:
        return None
    try:
        with transaction.atomic():
            return store_snapshot(actor, register, facts, hashlib.sha256(content).hexdigest(), as_of_date, at)
    except IntegrityError as error:
        if "register_snapshot_once" not in str(error):
            raise
        # Somebody else imported that day at the same time.
        raise AnotherFileForThatDay(as_of=as_of_date.isoformat()) from None


def _read(
    register: Register, rows: list[CsvRow], taken: str, on_row: Callable[[RowResult], None]
) -> list[RegisterFacts]:
    facts: list[RegisterFacts] = []
    first_row_of: dict[str, int] = {}
    for row in rows:
        try:
            if row.problem:
                raise RowProblem(row.problem)
            found = register.facts_of(row.values)
            if found.key in first_row_of:
                raise RowProblem(gettext("Row %(row)s has the same key.") % {"row": first_row_of[found.key]})
        except RowProblem as problem:
            key = next(iter(row.values.values()), "") if row.values else ""
            on_row(RowResult(row.number, key, Outcome.REFUSED, str(problem)))
            continue
        first_row_of[found.key] = row.number
        facts.append(found)
        on_row(RowResult(row.number, found.key, taken, _remarks(found)))
    return facts


def _remarks(facts: RegisterFacts) -> str:
    """What is odd about a row that is taken in all the same."""
    remarks = [facts.note]
    if not facts.is_active:
        remarks.append(gettext("Not active"))
    if BROKEN_LETTER in f"{facts.name}{facts.region}{facts.kind}":
        # It was lost before the file was made, and nobody but the register can bring it back.
        remarks.append(gettext("A letter is broken in the file; kept as it stands"))
    return ". ".join(filter(None, remarks))


def _require_same(snapshot: RegisterSnapshot, facts: list[RegisterFacts]) -> None:
    known = {
        (*said, _sorted(details))
        for *said, details in snapshot.rows.values_list(*_SAID, "details").iterator(chunk_size=5_000)
    }
    if len(known) != len(facts) or any((*_said(one), _sorted(one.details)) not in known for one in facts):
        raise AnotherFileForThatDay(as_of=snapshot.as_of_date.isoformat())


def store_snapshot(
    actor: Actor, register: Register, facts: list[RegisterFacts], digest: str, as_of_date: date, at: datetime
) -> RegisterSnapshot:
    """Write the snapshot, its entries, what changed and the journal entry; inside the caller's transaction."""
    with override("en"):
        owner, _is_new = RegisterModel.objects.get_or_create(code=register.code, defaults={"name": str(register.name)})
    snapshot = RegisterSnapshot.objects.create(
        register=owner,
        as_of_date=as_of_date,
        file_hash=digest,
        row_count=len(facts),
        imported_at=at,
        imported_by_id=actor.user_id,
    )
    copy_values(
        RegisterRow,
        ("snapshot_id", "sort_name", "search_text", "details", *_SAID),
        (_columns(snapshot.pk, one) for one in facts),
    )
    record(
        actor=actor,
        action="register.imported",
        subject_type="register_snapshot",
        subject_id=f"{register.code}@{as_of_date.isoformat()}",
        after={"rows": len(facts), "file_sha256": digest},
        at=at,
    )
    compare_with_neighbors(snapshot, at=at)
    return snapshot


def _columns(snapshot_id: int, one: RegisterFacts) -> tuple[object, ...]:
    sort_name = names.sort_key(one.name, 350)
    search_text = names.search_text(one.name, one.domain)
    return (snapshot_id, sort_name, search_text, one.details, *_said(one))


def _sorted(details: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(details.items()))
