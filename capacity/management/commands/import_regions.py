"""`manage.py import_regions [FILE] [--supply none|sample] [--dry-run] [--json]`."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from capacity.pools.actions.seed_resources import seed_resources
from capacity.pools.actions.set_up_pools import set_up_pools
from capacity.regions.actions.import_regions import ImportedLine, ImportOutcome, import_regions
from capacity.regions.listing import Line, read_list, read_own_list
from capacity.staffing.actions.set_up_crews import set_up_crews
from kit import clock
from kit.refusal import Refusal
from users.access import SYSTEM


class Command(BaseCommand):
    """Loads regions with datacenters, crew requirements and pools; a second run changes nothing."""

    help = "Import regions from a CSV file, or the project's own list of 58 regions where none is given."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="CSV with columns name, display_name, geography, … or our own ones")
        parser.add_argument(
            "--supply",
            choices=["none", "sample"],
            default="sample",
            help="sample (default): pools without terms get invented supply for demonstration; none: they stay empty",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                lines = self._lines(options["file"])
                results, pools, filled, crews = self._import(lines, options["supply"] == "sample")
                transaction.set_rollback(options["dry_run"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.sentence} {refusal.advice}".strip()) from refusal
        counts = Counter(result.outcome for result in results)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(results, counts, pools, filled, crews), ensure_ascii=False))
        else:
            self._tell(results, counts, pools, filled, crews, options)
        if counts[ImportOutcome.REFUSED]:
            sys.exit(1)

    def _lines(self, path: str | None) -> list[Line]:
        if path is None:
            return list(read_own_list())
        try:
            with Path(path).open("rb") as file:
                return list(read_list(file))
        except OSError as error:
            raise CommandError(_("%(path)s cannot be read: %(why)s") % {"path": path, "why": error.strerror}) from error

    def _import(self, lines: list[Line], with_sample: bool) -> tuple[list[ImportedLine], int, int, int]:
        at = clock.now()
        seed_resources()
        results = import_regions(actor=SYSTEM, lines=lines, at=at)
        sizes = {line.code: line.facts.size for line in lines if line.facts}
        crews = set_up_crews(actor=SYSTEM, sizes=sizes, at=at)
        pools, filled = set_up_pools(actor=SYSTEM, sizes=sizes, with_sample=with_sample, at=at)
        return results, pools, filled, crews

    def _tell(
        self,
        results: list[ImportedLine],
        counts: Counter[ImportOutcome],
        pools: int,
        filled: int,
        crews: int,
        options: Any,
    ) -> None:
        if options["verbosity"] > 0:
            for result in results:
                line = f"{result.number:>5}  {result.code:<24} {result.outcome.label}"
                self.stdout.write(f"{line}: {result.problem}" if result.problem else line)
        summary = ", ".join(f"{outcome.label}: {counts[outcome]}" for outcome in ImportOutcome)
        self.stdout.write(summary)
        self.stdout.write(
            _("Pools created: %(pools)s, of them with sample supply: %(filled)s. Crews set up: %(crews)s.")
            % {"pools": pools, "filled": filled, "crews": crews}
        )
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing was kept."))


def _as_json(
    results: Iterable[ImportedLine], counts: Counter[ImportOutcome], pools: int, filled: int, crews: int
) -> dict[str, Any]:
    return {
        "rows": [
            {"row": r.number, "code": r.code, "outcome": str(r.outcome.value), "problem": r.problem} for r in results
        ],
        "counts": {str(outcome.value): counts[outcome] for outcome in ImportOutcome},
        "pools_created": pools,
        "pools_filled": filled,
        "crews_set_up": crews,
    }
