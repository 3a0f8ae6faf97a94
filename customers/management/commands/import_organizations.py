"""Import customers from a CSV file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from customers.actions.run_imports import carry_out
from customers.actions.start_import import ORGANIZATIONS
from customers.importing.command import Bar, report, terminal
from customers.importing.files import waiting_run
from kit.clock import now


class Command(BaseCommand):
    help = "Register customers from a CSV file; a second run of the same file changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV: legal_name, country, offer_type, portfolio and more")
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
        parser.add_argument("--results", help="write every row's result to this CSV file")

    def handle(self, *args, **options):
        run = waiting_run(kind=ORGANIZATIONS, path=options["file"], is_dry_run=options["dry_run"], at=now())
        bar = Bar(run, terminal())
        carry_out(run, at=now(), on_progress=bar.reach)
        bar.end()
        if not report(run, self.stdout.write, results_file=options["results"]):
            raise CommandError(run.problem)
