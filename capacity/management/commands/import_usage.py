"""`manage.py import_usage FILE [--json]`: samples of usage from CSV or a JSON object a line."""

import argparse
import gc
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.models import UsageSource
from capacity.usage.reading import read_blocks
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM

SHOWN = 20


class Command(BaseCommand):
    """Takes a file of samples in, row by row; the same file again changes nothing."""

    help = "Import samples of usage: region, resource, at (with its zone), used, total (may be empty); .csv or .ndjson."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV or NDJSON, compressed as .gz or not")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        # Millions of short-lived rows, none of them garbage in cycles: looking for some takes half of the time.
        gc.disable()
        try:
            found = ingest_samples(
                actor=SYSTEM, blocks=read_blocks(path), source=UsageSource.FILE, name=path.name, at=clock.now()
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        finally:
            gc.enable()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False))
            return
        self.stdout.write(
            _("Samples added: %(added)s, corrected: %(corrected)s, unchanged: %(unchanged)s, refused: %(refused)s.")
            % {
                "added": found.added,
                "corrected": found.corrected,
                "unchanged": found.unchanged,
                "refused": found.refused_count,
            }
        )
        for one in found.refused[:SHOWN]:
            self.stdout.write(_("  row %(row)s: %(problem)s") % {"row": one.row, "problem": one.problem})
        if found.refused_count > SHOWN:
            self.stdout.write(_("  … and %(more)s more.") % {"more": found.refused_count - SHOWN})
