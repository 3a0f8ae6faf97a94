"""`manage.py usage_retention MONTHS --reason TEXT`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from capacity.usage.actions.keep_samples import set_retention
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    """Sets the policy; the background drops what it no longer keeps, month by month."""

    help = "Say for how many months samples of usage are kept; hours and days are kept for good."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("months", type=int)
        parser.add_argument("--reason", required=True, help="why, for the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            policy = set_retention(
                actor=SYSTEM, sample_months=options["months"], reason=options["reason"], at=clock.now()
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("Samples are kept for %(months)s months.") % {"months": policy.sample_months})
