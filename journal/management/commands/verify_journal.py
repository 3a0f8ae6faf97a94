"""Verify the hash chain of the journal."""

from django.core.management.base import BaseCommand, CommandError

from journal.sealing import verify_chain


class Command(BaseCommand):
    help = "Recompute the journal's hash chain and name the first broken entry."

    def handle(self, *args, **options):
        report = verify_chain()
        if report.fault:
            entry = f", entry {report.fault.entry_id}" if report.fault.entry_id else ""
            raise CommandError(
                f"The chain breaks at position {report.fault.position}{entry} ({report.fault.problem});"
                f" {report.verified} positions before it hold."
            )
        self.stdout.write(
            f"{report.verified} sealed entries hold, {report.unsealed} wait for their seal. Head {report.head}."
        )
