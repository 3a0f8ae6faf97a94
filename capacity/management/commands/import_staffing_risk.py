"""`manage.py import_staffing_risk oxcgrt|icu_de FOLDER --as-of DAY [--dry-run]`."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from capacity.regions.models import Region
from capacity.staffing.actions.import_risk import import_risk
from capacity.staffing.risk_facts import facts_of_measures, facts_of_units, followed_places
from capacity.staffing.risk_models import RiskSource
from capacity.staffing.series import (
    LAENDER_NAMES,
    read_measures,
    read_place_names,
    read_published_measures,
    read_units,
)
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    """Loads what the history of staffing risk on the pages of regions is made of; a second run changes nothing."""

    help = "Import a public series about staffing risk as it was known on a day."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("source", choices=RiskSource.values)
        parser.add_argument("folder", type=Path, help="where the files of the series lie")
        parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="the day the files were taken")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        folder, known_date = options["folder"], options["as_of"]
        try:
            if options["source"] == RiskSource.ICU_DE:
                facts, names = facts_of_units(read_units(folder)), LAENDER_NAMES
            else:
                # A file as printed on that very day comes before what was corrected later.
                measures = read_published_measures(folder, known_date) or read_measures(folder)
                facts = facts_of_measures(measures, followed_places(Region.objects.all(), measures))
                names = read_place_names(folder)
            with transaction.atomic():
                taken = import_risk(
                    actor=SYSTEM,
                    source=options["source"],
                    facts=facts,
                    names=names,
                    known_date=known_date,
                    at=clock.now(),
                )
                transaction.set_rollback(options["dry_run"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            _("Days added: %(added)s, corrected: %(corrected)s, unchanged: %(unchanged)s.")
            % {"added": taken.added, "corrected": taken.corrected, "unchanged": taken.unchanged}
        )
        for one in taken.odd:
            self.stdout.write(
                _("%(place)s %(date)s does not add up and is kept as it came: %(figures)s.")
                % {"place": one.place, "date": one.date, "figures": one.figures}
            )
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing was kept."))
