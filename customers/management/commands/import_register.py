"""Import a public register as a snapshot of a day."""

from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from customers.actions.run_imports import carry_out
from customers.importing.command import Bar, report, terminal
from customers.importing.files import waiting_run
from customers.registers.adapters import REGISTERS
from kit.clock import now


class Command(BaseCommand):
    help = "Import a public register; it serves as evidence for sector claims, never as a list of customers."

    def add_arguments(self, parser):
        parser.add_argument("register", choices=sorted(REGISTERS))
        parser.add_argument("file", type=Path, help="CSV, or CSV compressed as .gz")
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day the file was taken (default: today)")
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
        parser.add_argument("--results", help="write every row's result to this CSV file")

    def handle(self, *args, **options):
        at = now()
        run = waiting_run(
            kind=options["register"],
            path=options["file"],
            as_of_date=options["as_of"] or at.date(),
            is_dry_run=options["dry_run"],
            at=at,
        )
        bar = Bar(run, terminal())
        carry_out(run, at=now(), on_progress=bar.reach)
        bar.end()
        if not report(run, self.stdout.write, results_file=options["results"]):
            raise CommandError(run.problem)
        if run.rows_created and not run.is_dry_run:
            self.stdout.write("Proposals learn from it in the background, or at once with train_matching.")
