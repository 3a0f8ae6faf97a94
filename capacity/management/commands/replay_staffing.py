"""`manage.py replay_staffing --data DIR --from DAY --to DAY [--national-only] [--json]`: needs no database."""

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from capacity.staffing.risk import ReplayedDay, Risk, replay
from capacity.staffing.series import followed_place, own_places, read_measures
from kit.refusal import Refusal


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is not a day such as 2020-03-21") from error


class Command(BaseCommand):
    """Shows how the staffing risk of our 58 regions would have stood in the spring of 2020."""

    help = "Replay regional staffing risk from the OxCGRT series, day by day, for the project's own regions."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder with national_daily.csv.gz and its parts")
        parser.add_argument("--from", dest="first", type=_day, required=True, help="first day, such as 2020-03-01")
        parser.add_argument("--to", dest="last", type=_day, required=True, help="last day, included")
        parser.add_argument("--national-only", action="store_true", help="let states and nations follow their country")
        parser.add_argument("--json", action="store_true", help="print the days as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError(f"--to ({last}) lies before --from ({first}).")
        try:
            measures = read_measures(options["data"], is_national_only=options["national_only"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        known = {place for place, _day in measures}
        covered = {day for _place, day in measures}
        if not covered or last < min(covered) or first > max(covered):
            span = f"{min(covered)} to {max(covered)}" if covered else "no day at all"
            raise CommandError(f"The series holds nothing between {first} and {last}; it covers {span}.")
        places = [followed_place(place, known) for place in own_places().values()]
        days = replay(places, measures, first, last)
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(days, len(places))))
        else:
            self._tell(days, len(places))

    def _tell(self, days: list[ReplayedDay], regions: int) -> None:
        self.stdout.write(f"{'day':<10}  " + "  ".join(f"{risk.value:>8}" for risk in Risk) + "   changes")
        for day in days:
            counts = "  ".join(f"{day.counts[risk]:>8}" for risk in Risk)
            self.stdout.write(f"{day.date}  {counts}  {day.changes or '':>8}")
        self.stdout.write(f"\n{regions} regions, {sum(day.changes for day in days)} status changes:")
        for month, changes in _by_month(days).items():
            self.stdout.write(f"{month}  {changes:>4}")


def _as_json(days: list[ReplayedDay], regions: int) -> dict[str, Any]:
    return {
        "regions": regions,
        "days": {str(day.date): {risk.value: count for risk, count in day.counts.items()} for day in days},
        "changes": {"total": sum(day.changes for day in days), "by_month": _by_month(days)},
    }


def _by_month(days: list[ReplayedDay]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for day in days:
        found[f"{day.date:%Y-%m}"] += day.changes
    return dict(found)
