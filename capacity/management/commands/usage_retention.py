"""`manage.py usage_retention MONTHS [--hours MONTHS] [--days MONTHS] --reason TEXT`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from capacity.usage.actions.keep_samples import Periods, set_retention
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    """Sets the policy; the background drops what it no longer keeps, month by month."""

    help = "Say for how many months samples of usage, and hours and days of it, are kept; what is not given, for good."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("months", type=int, help="of samples")
        parser.add_argument("--hours", type=int, help="months of hours, 3 to 120")
        parser.add_argument("--days", type=int, help="months of days, 14 to 240")
        parser.add_argument("--reason", required=True, help="why, for the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            periods = Periods(options["months"], options["hours"], options["days"])
            policy = set_retention(actor=SYSTEM, periods=periods, reason=options["reason"], at=clock.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("Samples are kept for %(months)s months.") % {"months": policy.sample_months})
