"""Take a file of shift reports in: a shift as a whole or not at all, and a second time without effect."""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from capacity.regions.models import Region
from capacity.staffing.access import reportable_datacenters
from capacity.staffing.actions.file_shift_report import (
    LATEST_CORRECTION,
    NOBODY_REQUIRED,
    NOTE_LENGTH,
    WHY_CORRECTED,
    counts_of,
    crew_problem,
    day_problem,
    journal_facts,
    latest_by_role,
    new_report,
    says_the_same,
)
from capacity.staffing.models import CrewRequirement, ShiftReport
from capacity.staffing.report_rows import OPTIONAL, REQUIRED, ShiftKey, ShiftRows, gather
from capacity.watch.actions.refresh_staffing import refresh_staffing
from customers.importing.runs import Outcome, RowResult
from journal.models import Entry
from journal.record import new_entry, record_many
from kit.copying import copy_in
from kit.csvfiles import read_csv
from users.access import Actor

# Two weeks of a hundred datacenters are a tenth of it.
MAX_ROWS = 100_000
Requirements = Mapping[tuple[int, str], Mapping[str, CrewRequirement]]
Known = Mapping[tuple[int, str, str], list[ShiftReport]]


def import_shift_reports(
    *,
    actor: Actor,
    content: bytes,
    is_dry_run: bool,
    at: datetime,
    keep: Callable[[Sequence[RowResult]], None],
    on_total: Callable[[int], None] = lambda total: None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> None:
    """File the reports of a CSV file, by the rules of the form; a row is a role of a shift, in people.

    A shift of which one row is wrong is refused with all its rows. A shift that is reported already
    is left as it is where the counts are the same, or once were (a correction since then stands), and
    corrected where they are others and a note says why. Supply follows in the same transaction. `keep`
    is handed the results of all rows there. Raises `CannotReadFile` before anything is written.
    """
    read = list(read_csv(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL, max_rows=MAX_ROWS))
    on_total(len(read))
    with transaction.atomic():
        datacenters = {one.code: one for one in reportable_datacenters(actor).select_related("region")}
        rows = gather(read, datacenters)
        on_progress(len(read) // 2)
        regions = sorted({key.datacenter.region_id for key in rows.shifts})
        # In this order for everybody, so that two imports wait for each other and not crosswise.
        list(Region.objects.select_for_update(no_key=True).filter(pk__in=regions).order_by("pk"))
        batch = _Batch(actor, at, _requirements(rows.shifts), _known(rows.shifts, at))
        for key, shift in rows.shifts.items():
            if key in rows.spoiled:
                batch.refuse(
                    shift, {}, gettext("Another row of this shift is refused; a report covers the whole shift.")
                )
            else:
                batch.judge(shift)
        results = [
            RowResult(number, rows.labels[number], Outcome.REFUSED, text) for number, text in rows.problems.items()
        ]
        results += [RowResult(number, rows.labels[number], *said) for number, said in batch.results.items()]
        if not is_dry_run:
            copy_in(batch.reports)
            record_many(batch.entries)
            refresh_staffing(region_ids=batch.regions, at=at)
        keep(sorted(results, key=lambda result: result.number))
    on_progress(len(read))


class _Batch:
    """What is to be written, and what became of each row."""

    def __init__(self, actor: Actor, at: datetime, requirements: Requirements, known: Known) -> None:
        self._actor = actor
        self._at = at
        self._requirements = requirements
        self._known = known
        self.reports: list[ShiftReport] = []
        self.entries: list[Entry] = []
        self.regions: set[int] = set()
        self.results: dict[int, tuple[str, str]] = {}

    def refuse(self, shift: ShiftRows, by_role: Mapping[str, str], rest: str) -> None:
        """Refuse a shift; a role without a message of its own gets `rest`."""
        self.results |= {number: (Outcome.REFUSED, by_role.get(role, rest)) for role, number in shift.numbers.items()}

    def judge(self, shift: ShiftRows) -> None:
        """Take a shift in, find it known, or refuse it."""
        key, required = shift.key, self._requirements.get((shift.key.datacenter.pk, shift.key.shift), {})
        if problem := day_problem(key.datacenter, key.date, key.shift, self._at):
            return self.refuse(shift, {}, str(problem))
        if not required:
            return self.refuse(shift, {}, str(NOBODY_REQUIRED))
        if len(shift.note) > NOTE_LENGTH:
            return self.refuse(
                shift,
                {},
                gettext("The notes of this shift are longer than %(most)s characters together.")
                % {"most": NOTE_LENGTH},
            )
        problems = {
            role: str(problem)
            for role, crew in shift.crews.items()
            if (problem := crew_problem(role, required.get(role), crew))
        }
        if problems:
            return self.refuse(
                shift, problems, gettext("Another row of this shift is refused; a report covers the whole shift.")
            )
        if missing := [role for role in required if role not in shift.crews]:
            text = gettext("A report covers the whole shift; missing: %(roles)s.")
            return self.refuse(shift, {}, text % {"roles": ", ".join(missing)})
        return self._compare(
            shift,
            [
                new_report(self._actor, key.datacenter, key.date, key.shift, required[role], crew, shift.note, self._at)
                for role, crew in sorted(shift.crews.items())
            ],
        )

    def _compare(self, shift: ShiftRows, reports: list[ShiftReport]) -> None:
        key = shift.key
        known = self._known.get((key.datacenter.pk, key.date.isoformat(), key.shift), [])
        if known and says_the_same(reports, latest_by_role(known)):
            return self._leave(shift, "")
        if known and _was_said(reports, known):
            return self._leave(shift, gettext("This was reported before and has been corrected since; that stands."))
        if known and not shift.note:
            return self.refuse(shift, {}, f"note: {WHY_CORRECTED}")
        self.reports += reports
        self.regions.add(key.datacenter.region_id)
        self.entries.append(
            new_entry(
                actor=self._actor,
                action="shift.corrected" if known else "shift.reported",
                subject_type="datacenter",
                subject_id=key.datacenter.code,
                reason=shift.note,
                after=journal_facts(key.datacenter, reports),
                at=self._at,
            )
        )
        said = gettext("Corrects what was reported.") if known else ""
        self.results |= dict.fromkeys(shift.numbers.values(), (Outcome.CREATED, said))
        return None

    def _leave(self, shift: ShiftRows, message: str) -> None:
        self.results |= dict.fromkeys(shift.numbers.values(), (Outcome.UNCHANGED, message))


def _was_said(reports: Iterable[ShiftReport], known: Iterable[ShiftReport]) -> bool:
    """Whether the counts and the note of every role stand among the earlier reports of the shift."""
    said = {(one.role, counts_of(one), one.note) for one in known}
    return all((one.role, counts_of(one), one.note) in said for one in reports)


def _requirements(found: Iterable[ShiftKey]) -> Requirements:
    keys = {key.datacenter.pk for key in found}
    required: dict[tuple[int, str], dict[str, CrewRequirement]] = defaultdict(dict)
    for row in CrewRequirement.objects.filter(datacenter__in=keys).order_by("role"):
        required[row.datacenter_id, row.shift][row.role] = row
    return required


def _known(found: Iterable[ShiftKey], at: datetime) -> Known:
    """Every report of these shifts, corrected ones too, oldest first; one question.

    Shifts that are too old to be corrected are refused, and one of them would have all reports since then read.
    """
    # Which day it is differs by one around the world.
    earliest = (at - LATEST_CORRECTION).date() - timedelta(days=1)
    found = [key for key in found if key.date >= earliest]
    days = [key.date for key in found]
    known: dict[tuple[int, str, str], list[ShiftReport]] = defaultdict(list)
    if days:
        keys = {key.datacenter.pk for key in found}
        within = Q(datacenter__in=keys, date__gte=min(days), date__lte=max(days))
        for report in ShiftReport.objects.filter(within).order_by("pk"):
            known[report.datacenter_id, report.date.isoformat(), report.shift].append(report)
    return known
