"""What the two import commands share: a progress bar on the terminal and a report of the rows."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from customers.importing.runs import Outcome
from customers.models import ImportRun, ImportState

WIDTH = 40  # characters of the bar


class Bar:
    """A bar that fills as rows are done; silent where nobody watches."""

    def __init__(self, run: ImportRun, stream: TextIO) -> None:
        self._run = run
        self._stream = stream
        self._watched = stream.isatty()
        self._done = 0

    def reach(self, done: int) -> None:
        """Note how many rows were looked at."""
        self._done = done
        if self._watched and (done % 500 == 0 or done == self._run.rows_total):
            filled = WIDTH * self._done // max(self._run.rows_total, 1)
            self._stream.write(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {self._done:,} of {self._run.rows_total:,}")
            self._stream.flush()

    def end(self) -> None:
        """Leave the bar's line."""
        if self._watched and self._done:
            self._stream.write("\n")


def report(run: ImportRun, write: Callable[[str], Any], *, results_file: str | None) -> bool:
    """Say what became of the run; with a file name, write every row's result there. True when it went through."""
    if run.state == ImportState.FAILED:
        return False
    would = "would be " if run.is_dry_run else ""
    write(
        f"{run.rows_total:,} rows: {run.rows_created:,} {would}taken in, {run.rows_unchanged:,} unchanged,"
        f" {run.rows_refused:,} refused."
    )
    for row in run.results.filter(outcome=Outcome.REFUSED).order_by("row_number")[:20]:
        write(f"  row {row.row_number} ({row.key[:60]}): {row.message}")
    if run.rows_refused > 20:
        write(f"  … and {run.rows_refused - 20:,} more.")
    if results_file:
        with Path(results_file).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "key", "outcome", "message"])
            writer.writerows(run.results.order_by("row_number").values_list("row_number", "key", "outcome", "message"))
    return True


def terminal() -> TextIO:
    """Where a progress bar belongs: beside the output, never in it."""
    return sys.stderr
