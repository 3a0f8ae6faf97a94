"""`manage.py check_invariants [NAME ...] [--json]`: exit code 1 where something does not hold."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from capacity.desk.invariants import CHECKS, check_invariants


class Command(BaseCommand):
    help = "Check what must hold over all rows: pools, decisions, rankings, lives, separation of duties."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", choices=[*CHECKS, []], help="only these checks")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found, began = [], time.monotonic()
        for finding in check_invariants(*options["names"]):
            found.append(finding)
            if not options["json"]:
                ended = time.monotonic()
                state = "holds" if finding.holds else f"{finding.fault_count:,} faults"
                self.stdout.write(f"  {finding.name:<44}{finding.looked_at:>10,}{ended - began:7.1f} s  {state}")
                for fault in finding.faults:
                    self.stdout.write(f"      {fault}")
                began = ended
        if options["json"]:
            self.stdout.write(json.dumps([vars(finding) for finding in found]))
        broken = [finding.name for finding in found if not finding.holds]
        if broken:
            raise CommandError(f"Does not hold: {', '.join(broken)}.")
