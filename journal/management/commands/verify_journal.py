"""Verify the hash chain of the journal."""

import re

from django.core.management.base import BaseCommand, CommandError

from journal.sealing import Head, verify_chain


class Command(BaseCommand):
    help = "Recompute the journal's hash chain and name the first broken entry."

    def add_arguments(self, parser):
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="A head that was printed earlier and kept elsewhere; the chain must still pass through it.",
        )

    def handle(self, *args, **options):
        report = verify_chain(*map(_head, options["head"]))
        if report.fault:
            entry = f", entry {report.fault.entry_id}" if report.fault.entry_id else ""
            raise CommandError(
                f"The chain breaks at position {report.fault.position}{entry} ({report.fault.problem});"
                f" {report.verified} positions before it hold."
            )
        self.stdout.write(
            f"{report.verified} sealed entries hold, {report.unsealed} wait for their seal."
            f" Head {report.verified}:{report.head}"
        )


def _head(text: str) -> Head:
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise CommandError(f"{text!r} is no head; one looks like 1200:3f9a... with 64 hexadecimal digits.")
    return Head(int(found[1]), found[2])
