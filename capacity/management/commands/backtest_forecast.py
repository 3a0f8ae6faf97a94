"""`manage.py backtest_forecast --data DIR [--json]`: needs no database."""

import argparse
import csv
import gzip
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from capacity.usage.forecast.backtest import backtest
from capacity.usage.forecast.hourly import HORIZON
from capacity.usage.forecast.scores import Values

MAX_STEPS = 100_000


class Command(BaseCommand):
    """Forecasts the last two days of every hourly series in a folder and compares them with what came."""

    help = "Backtest the hourly forecast: train.csv.gz holds id, t and value, test.csv.gz id, h and value, as in M4."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder with train.csv.gz and test.csv.gz")
        parser.add_argument("--json", action="store_true", help="print the scores as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        train = read_series(options["data"], "train.csv", "t")
        test = read_series(options["data"], "test.csv", "h")
        if train.keys() != test.keys():
            odd = sorted(train.keys() ^ test.keys())
            raise CommandError(f"train and test do not hold the same series, such as {odd[0]}.")
        for name, values in test.items():
            if len(values) > HORIZON:
                raise CommandError(f"test.csv: {name} has {len(values)} steps; {HORIZON} are forecast.")
        names = sorted(train)
        scores = backtest([train[name] for name in names], [test[name] for name in names])
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(scores), "series": len(names)}))
            return
        self.stdout.write(f"{len(names)} series, {HORIZON} hours ahead at most")
        for name, value, note in (
            ("sMAPE", f"{scores.smape:.3f}", "percent"),
            ("MASE", f"{scores.mase:.3f}", "1 is the error of repeating yesterday within the history"),
            ("OWA", f"{scores.owa:.3f}", "1 is Naive2"),
            ("coverage", f"{100 * scores.coverage_95:.1f}", "percent of values in the 95 percent band"),
            ("MSIS", f"{scores.msis:.2f}", "width and misses of that band"),
        ):
            self.stdout.write(f"{name:<10}{value:>8}   {note}")


def read_series(folder: Path, name: str, step: str) -> dict[str, Values]:
    """The series of a file with columns id, `step` (1, 2, …) and value, by id; an empty value is unknown.

    Raises `CommandError` with the row for what cannot be read, and for series with a step twice or left out.
    """
    path = next((one for one in (folder / f"{name}.gz", folder / name) if one.is_file()), None)
    if path is None:
        raise CommandError(f"{folder} holds no {name}, packed (.gz) or not.")
    found: dict[str, dict[int, float]] = {}
    number = 1  # of the row that is read, the header being row 1
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"id", step, "value"} - set(reader.fieldnames or ()):
                raise CommandError(f"{path.name} lacks the columns {', '.join(sorted(missing))}.")
            for row in reader:
                number += 1
                at, value = int(row[step]), float(row["value"] or "nan")
                if not 1 <= at <= MAX_STEPS or np.isinf(value):
                    raise ValueError(f"{step} is 1 to {MAX_STEPS} and a value is finite")
                if at in (steps := found.setdefault(row["id"], {})):
                    raise ValueError(f"{row['id']} has step {at} twice")
                steps[at] = value
    except (ValueError, TypeError, EOFError, OSError, csv.Error) as error:
        raise CommandError(f"{path.name}, row {number}: {error}") from error
    for key, steps in found.items():
        if len(steps) != max(steps):
            raise CommandError(f"{path.name}: {key} has {len(steps)} steps but ends with step {max(steps)}.")
    if not found:
        raise CommandError(f"{path.name} holds no series.")
    return {key: np.array([steps[at] for at in sorted(steps)]) for key, steps in found.items()}
