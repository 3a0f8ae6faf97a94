"""`manage.py backtest_surges --data DIR [--json]`: needs no database."""

import argparse
import csv
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from capacity.usage.forecast.scores import Values
from capacity.usage.forecast.surge import detect, hourly, judge, monthly

Window = tuple[datetime, datetime]
# The forecast that spring 2020 is judged by was made with everything known by the end of this month.
MADE_AFTER = "2020-02"


@dataclass(frozen=True)
class Found:
    """What the watch said of one labelled series: windows that hold an alarm, and alarms outside of all."""

    name: str
    hours: int
    doubled: int
    windows: int
    found: int
    false_alarms: int


class Command(BaseCommand):
    """Watches series of which it is known when they broke: NAB's labelled windows, or months of page views."""

    help = "Backtest the surge detection on a folder like nab (windows.json) or wikipedia_traffic (*_monthly.csv)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder with windows.json, or with *_monthly.csv")
        parser.add_argument("--json", action="store_true", help="print the results as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["data"]
        months = sorted(folder.glob("*_monthly.csv"))
        if (folder / "windows.json").is_file():
            result = _labelled(folder)
        elif months:
            result = {path.stem: _by_month(path) for path in months}
        else:
            raise CommandError(f"{folder} holds neither windows.json nor a file *_monthly.csv.")
        self.stdout.write(json.dumps(result) if options["json"] else _told(result))


def _labelled(folder: Path) -> dict[str, Any]:
    """Every series of windows.json, watched by the hour."""
    try:
        labels = json.loads((folder / "windows.json").read_text(encoding="utf-8"))
        windows = {
            name: [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in spans]
            for name, spans in labels.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"windows.json cannot be read: {error}") from error
    rows = [_watched(folder, name, spans) for name, spans in sorted(windows.items())]
    return {
        "series": len(rows),
        "windows": sum(row.windows for row in rows),
        "windows_found": sum(row.found for row in rows),
        "false_alarms": sum(row.false_alarms for row in rows),
        "false_alarms_per_series_month": round(
            sum(row.false_alarms for row in rows) / (sum(row.hours for row in rows) / (24 * 30)), 2
        ),
        "rows": [vars(row) for row in rows],
    }


def _watched(folder: Path, name: str, windows: list[Window]) -> Found:
    begins, values, doubled = hourly_means(folder / name)
    seen = [begins + timedelta(hours=alarm.seen) for alarm in detect(values, hourly(len(values)))]
    inside = [any(first <= moment <= last for first, last in windows) for moment in seen]
    return Found(
        name=name,
        hours=len(values),
        doubled=doubled,
        windows=len(windows),
        found=sum(any(first <= moment <= last for moment in seen) for first, last in windows),
        false_alarms=inside.count(False),
    )


def hourly_means(path: Path) -> tuple[datetime, Values, int]:
    """The first hour, the mean of every hour since, NaN where nothing was measured, and how many timestamps stood in
    the file twice; of those the later row counts, as a correction does."""
    rows: dict[datetime, float] = {}
    number = 1
    doubled = 0
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                number += 1
                moment = datetime.fromisoformat(row["timestamp"])
                doubled += moment in rows
                rows[moment] = float(row["value"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise CommandError(f"{path}, row {number}: {error}") from error
    if not rows:
        raise CommandError(f"{path} holds no values.")
    hours = {
        hour: float(np.mean([rows[moment] for moment in group]))
        for hour, group in groupby(sorted(rows), key=lambda moment: moment.replace(minute=0, second=0, microsecond=0))
    }
    begins, ends = min(hours), max(hours)
    count = (ends - begins) // timedelta(hours=1) + 1
    return begins, np.array([hours.get(begins + timedelta(hours=at), np.nan) for at in range(count)]), doubled


def _by_month(path: Path) -> dict[str, Any]:
    """What became of the forecast made after February 2020."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    try:
        months = [row["month"] for row in rows]
        values = np.array([float(row["pageviews"]) for row in rows])
        made_at = months.index(MADE_AFTER) + 1
    except (KeyError, ValueError, TypeError) as error:
        raise CommandError(f"{path.name} needs columns month (2020-02 among them) and pageviews: {error}") from error
    watch = monthly()
    verdict = judge(values, made_at, watch)
    alarm = verdict.alarm
    return {
        "made_after": MADE_AFTER,
        "is_broken": verdict.is_broken,
        "broken_at": months[verdict.broken_at] if verdict.broken_at is not None else None,
        "above_season_percent": round(100 * (alarm.ratio - 1), 1) if alarm else None,
        "proposal": verdict.proposal,
        "threshold": watch.threshold,
        "alarms": [months[one.seen] for one in detect(values, watch)],
    }


def _told(result: dict[str, Any]) -> str:
    if "rows" not in result:
        return "\n".join(
            f"{name}: the forecast made after {one['made_after']} "
            + (
                f"broke in {one['broken_at']}, {one['above_season_percent']:+.1f} % against its season;"
                f" proposed: {one['proposal']}."
                if one["is_broken"]
                else "still holds."
            )
            for name, one in result.items()
        )
    width = max(len(row["name"]) for row in result["rows"])
    lines = [f"{'series':<{width}}  {'hours':>6}  {'windows':>7}  {'found':>5}  {'false':>5}"]
    lines += [
        f"{row['name']:<{width}}  {row['hours']:>6}  {row['windows']:>7}  {row['found']:>5}  {row['false_alarms']:>5}"
        for row in result["rows"]
    ]
    lines.append(
        f"{result['windows_found']} of {result['windows']} windows found, {result['false_alarms']} false alarms,"
        f" {result['false_alarms_per_series_month']} a series and month."
    )
    return "\n".join(lines)
