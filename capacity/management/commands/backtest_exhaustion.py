"""`manage.py backtest_exhaustion [--data DIR] [--lead DAYS] [--series N] [--seed N] [--json]`: needs no database."""

import argparse
import csv
import gzip
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from capacity.usage.forecast.exhaustion_backtest import ExhaustionScores, backtest_exhaustion, invented
from capacity.usage.forecast.scores import Values

# Folders of daily series that are known: the file, and its columns for the series, the day and the value.
KNOWN = (
    ("icu_bundeslaender_daily.csv.gz", "bundesland_name", "datum", "intensivbetten_belegt"),
    ("beds_by_state.csv.gz", "state", "date", "inpatient_beds_used"),
)
DAYS = 400
MOST_DAYS = 3_660


class Command(BaseCommand):
    """Asks every week how likely a pool runs out within the lead time, and compares that with what came."""

    help = (
        "Backtest days to exhaustion: Brier score, reliability, and how many exhaustions were announced a lead time"
        " ahead; on a folder like icu_capacity_de or hospital_capacity_us, or on series invented from a seed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, help="folder with daily series; without one they are invented")
        parser.add_argument("--lead", type=int, default=28, help="lead time in days, 7 to 60 (28)")
        parser.add_argument("--series", type=int, default=60, help="how many to invent (60)")
        parser.add_argument("--seed", type=int, default=2020, help="from which seed (2020)")
        parser.add_argument("--json", action="store_true", help="print the scores as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        lead: int = options["lead"]
        if not 7 <= lead <= 60 or not 1 <= options["series"] <= 10_000:
            raise CommandError("A lead time is 7 to 60 days, and 1 to 10,000 series can be invented.")
        folder: Path | None = options["data"]
        series = read_daily(folder) if folder else invented(options["series"], DAYS, options["seed"])
        try:
            scores = backtest_exhaustion(series, lead_days=lead)
        except ValueError as error:
            raise CommandError(f"{folder}: {error}") from error
        source = str(folder) if folder else f"invented, seed {options['seed']}"
        if options["json"]:
            self.stdout.write(json.dumps({"source": source, **asdict(scores)}))
            return
        self.stdout.write("\n".join(_told(source, scores)))


def read_daily(folder: Path) -> dict[str, Values]:
    """The daily series of a folder from their first known day on; a day without a value is unknown.

    Raises `CommandError` for a folder of another kind, and with the row for what cannot be read.
    """
    for name, *columns in KNOWN:
        if (folder / name).is_file():
            return _read(folder / name, *columns)
    raise CommandError(f"{folder} holds none of {', '.join(name for name, *_ in KNOWN)}.")


def _read(path: Path, series: str, day: str, value: str) -> dict[str, Values]:
    found: dict[str, dict[date, float]] = {}
    number = 1
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                number += 1
                text = row[value].replace(",", "")
                if text not in ("", "NA"):
                    found.setdefault(row[series], {})[date.fromisoformat(row[day])] = float(text)
    except (KeyError, ValueError, EOFError, OSError, AttributeError, csv.Error) as error:
        raise CommandError(f"{path.name}, row {number}: {error}") from error
    return {name: _without_gaps(days) for name, days in found.items()}


def _without_gaps(days: dict[date, float]) -> Values:
    first, last = min(days), max(days)
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise CommandError(f"A series reaches from {first} to {last}; {MOST_DAYS} days at most are read.")
    values = np.full(count, np.nan)
    for day, value in days.items():
        values[(day - first).days] = value
    return values


def _told(source: str, scores: ExhaustionScores) -> list[str]:
    lines = [
        f"{scores.series} series ({source}), asked every week, lead time {scores.lead_days} days",
        f"{'answers':<22}{scores.answers:>8}   exhausted within the lead time: {100 * scores.base_rate:.1f} percent",
        f"{'Brier score':<22}{scores.brier:>8.4f}   always telling the base rate: {scores.brier_base:.4f}",
        "",
        f"{'told':<16}{'answers':>8}{'mean told':>12}{'came':>9}",
    ]
    lines += [
        f"{f'{100 * row.low:.0f} to {100 * row.high:.0f} %':<16}{row.answers:>8}{100 * row.told:>10.1f} %"
        f"{100 * row.came:>7.1f} %"
        for row in scores.reliability
    ]
    share = 100 * scores.announced / scores.exhaustions if scores.exhaustions else 0.0
    right = 100 * scores.warnings_right / scores.warnings if scores.warnings else 0.0
    lines += [
        "",
        (
            f"{scores.announced} of {scores.exhaustions} real exhaustions ({share:.0f} percent) were announced a lead"
            f" time or more ahead; {scores.too_early} more came before anybody could have been told."
        ),
        f"{scores.warnings_right} of {scores.warnings} warnings ({right:.0f} percent) came true within 90 days.",
    ]
    return lines
