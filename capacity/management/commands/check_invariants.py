"""Ask the database whether everything holds that must."""

from django.core.management.base import BaseCommand, CommandError

from capacity.desk.invariants import RULES, breaches


class Command(BaseCommand):
    help = "Compare pools with the ledger, states with moves, rankings with the policy."

    def handle(self, *args, **options):
        found = list(breaches())
        for breach in found:
            self.stderr.write(f"{breach.rule}: not so, for example {breach.example}.")
        if found:
            raise CommandError(f"{len(found)} of {len(RULES) + 1} rules do not hold.")
        self.stdout.write(f"All {len(RULES) + 1} rules hold.")
