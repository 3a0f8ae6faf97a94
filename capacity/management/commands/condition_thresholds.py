"""`manage.py condition_thresholds` shows the thresholds in force; with a file and `--reason` it sets others."""

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from capacity.regions.actions.set_thresholds import set_thresholds
from capacity.regions.proposals import rules_in_force
from capacity.regions.thresholds import Rules, Threshold
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    """Reads the form that it prints, so that a set is changed by editing what is in force."""

    help = "Show where region conditions begin and end, or set it from a JSON file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--reason", default="", help="why, for the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] is None:
            self.stdout.write(json.dumps(_as_data(rules_in_force()), indent=2))
            return
        try:
            rules = _from_data(json.loads(options["file"].read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise CommandError(_("The file cannot be read: %(error)s") % {"error": error}) from error
        try:
            set_thresholds(actor=SYSTEM, rules=rules, reason=options["reason"], at=clock.now())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_("These thresholds are in force now."))


def _as_data(rules: Rules) -> dict[str, Any]:
    return {
        "worse_after_minutes": int(rules.worse_after.total_seconds() // 60),
        "milder_after_minutes": int(rules.milder_after.total_seconds() // 60),
        "thresholds": [
            {"measure": one.measure, "condition": one.condition, "enters": one.enters, "leaves": one.leaves}
            for one in rules.thresholds
        ],
    }


def _from_data(data: dict[str, Any]) -> Rules:
    return Rules(
        tuple(
            Threshold(str(one["measure"]), str(one["condition"]), int(one["enters"]), int(one["leaves"]))
            for one in data["thresholds"]
        ),
        timedelta(minutes=int(data["worse_after_minutes"])),
        timedelta(minutes=int(data["milder_after_minutes"])),
    )
