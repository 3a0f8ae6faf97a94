"""An import run: how far it is, and what became of each row.

Progress is committed as it happens, outside the transaction of the data, so that whoever waits
sees it; results are written in batches.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customers.models import ImportRowResult, ImportRun, ImportState
from kit.copying import copy_values
from kit.refusal import Refusal

Outcome = ImportRowResult.Outcome
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became, or would become, of one row. `number` counts as a spreadsheet does."""

    number: int
    key: str
    outcome: str
    message: str = ""


class Progress:
    """Keeps a run's counts and results current, a batch at a time."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self._pending: list[RowResult] = []
        self.counts = dict.fromkeys(Outcome.values, 0)
        run.state = ImportState.RUNNING
        run.save(update_fields=["state"])

    def expect(self, total: int) -> None:
        """Note how many rows there are."""
        self.run.rows_total = total
        self.run.save(update_fields=["rows_total"])

    def add(self, result: RowResult) -> None:
        """Note one row; writes when a batch is full."""
        self._pending.append(result)
        self.counts[result.outcome] += 1
        if len(self._pending) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        ImportRowResult.objects.bulk_create(
            ImportRowResult(
                run=self.run,
                row_number=result.number,
                key=result.key[:300],
                outcome=result.outcome,
                message=result.message,
            )
            for result in self._pending
        )
        self._pending.clear()
        self.run.rows_created = self.counts[Outcome.CREATED]
        self.run.rows_unchanged = self.counts[Outcome.UNCHANGED]
        self.run.rows_refused = self.counts[Outcome.REFUSED]
        self.run.rows_done = sum(self.counts.values())
        self.run.save(update_fields=["rows_created", "rows_unchanged", "rows_refused", "rows_done"])

    def reach(self, done: int) -> None:
        """Show how many rows were looked at, where their results come all at once."""
        self.run.rows_done = done
        self.run.save(update_fields=["rows_done"])

    def keep(self, results: Sequence[RowResult]) -> None:
        """Write the results of all rows in one statement, in the transaction of what they tell of."""
        names = ("run_id", "row_number", "key", "outcome", "message")
        key = self.run.pk
        rows = ((key, one.number, one.key[:300], one.outcome, one.message) for one in results)
        copy_values(ImportRowResult, names, rows)
        for outcome, count in Counter(one.outcome for one in results).items():
            self.counts[outcome] += count


def end_run(run: ImportRun, *, at: datetime, problem: Refusal | None = None) -> None:
    """Close a run and drop the file's content; a problem with the file as a whole fails it."""
    if problem:
        # Nothing of the file was kept, so no row has a result either.
        run.results.all().delete()
        run.rows_created = run.rows_unchanged = run.rows_refused = 0
    run.state = ImportState.FAILED if problem else ImportState.DONE
    run.problem = str(problem) if problem else ""
    run.content = None
    run.ended_at = at
    run.save(
        update_fields=[
            "state",
            "problem",
            "content",
            "ended_at",
            "rows_created",
            "rows_unchanged",
            "rows_refused",
        ]
    )
