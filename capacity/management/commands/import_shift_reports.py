"""`manage.py import_shift_reports FILE [--dry-run] [--results FILE]`: who was there, from a CSV file."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from capacity.watch.importing import SHIFT_REPORTS
from customers.actions.run_imports import carry_out
from customers.importing.command import Bar, report, terminal
from customers.importing.files import waiting_run
from kit.clock import now


class Command(BaseCommand):
    """Takes a file of shift reports in; the same file again changes nothing."""

    help = "File shift reports from a CSV file: a row is one role of one shift, in people."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV: datacenter, date, shift, role, rostered, present, absent_…")
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
        parser.add_argument("--results", help="write every row's result to this CSV file")

    def handle(self, *args: Any, **options: Any) -> None:
        run = waiting_run(kind=SHIFT_REPORTS.code, path=options["file"], is_dry_run=options["dry_run"], at=now())
        bar = Bar(run, terminal())
        carry_out(run, at=now(), on_progress=bar.reach)
        bar.end()
        if not report(run, self.stdout.write, results_file=options["results"]):
            raise CommandError(run.problem)
