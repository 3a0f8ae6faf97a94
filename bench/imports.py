"""How long imports take: `script/bench imports [--dotgov FILE] [--ror FILE] [--runs N]`.

Method: `manage.py import_register` and `import_organizations` as processes of their own, from the first line of Python
to the report; first into an empty register, then the same file again, which must change nothing. Without files it
invents as many rows as the real lists have (13,249 and 41,203).
"""

import argparse
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from bench._measuring import machine
from config.demo.names import Names, domain_of
from users.models import Portfolio

LIMIT = 60.0  # seconds


def invented(folder: Path, register: str, count: int) -> Path:
    """A file of a register's form with invented rows."""
    names = Names(random.Random(2020))
    file = folder / f"{register}.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        if register == "dotgov":
            writer.writerow(["domain", "domain_type", "organization", "city", "state"])
            for number in range(count):
                place = names.place("US")
                writer.writerow([f"{place.lower()}{number}.gov", "City", f"City of {place}", place, "TX"])
        else:
            writer.writerow(["id", "name", "types", "status", "country", "city", "website", "domains"])
            for number in range(count):
                name = names.company("DE")
                status = "active" if number % 20 else "inactive"
                website = f"https://{domain_of(name, number)}"
                writer.writerow([f"https://ror.example/{number:06}", name, "facility", status, "DE", "", website, ""])
    return file


def customers(folder: Path, count: int) -> Path:
    """A file of invented customers."""
    names = Names(random.Random(2021))
    Portfolio.objects.get_or_create(code="bench", defaults={"name": "Bench"})
    file = folder / "organizations.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(["legal_name", "country", "offer_type", "portfolio", "domains", "different_because"])
        for number in range(count):
            name = names.company("DE")
            writer.writerow([name, "DE", "enterprise", "bench", domain_of(name, number), "Invented for a measurement"])
    return file


def timed(*arguments: str | Path) -> tuple[float, str]:
    """Seconds of one `manage.py` process, and the first line of its report."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return seconds, done.stdout.strip().splitlines()[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench imports")
    parser.add_argument("--dotgov", type=Path)
    parser.add_argument("--ror", type=Path)
    parser.add_argument("--runs", type=int, default=3, help="runs of each register (default %(default)s)")
    parser.add_argument("--organizations", type=int, default=2_000)
    options = parser.parse_args()
    print(f"Imports, N = {options.runs} runs each, whole processes; {machine()}")
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for register, given, count in (("dotgov", options.dotgov, 13_249), ("ror", options.ror, 41_203)):
            file = given or invented(Path(folder), register, count)
            first, again = [], []
            for run in range(options.runs):
                # Every run is a snapshot of another day, so that each reads into an empty one.
                day = date(2020, 1, 1) + timedelta(days=run)
                seconds, told = timed("import_register", register, file, "--as-of", day.isoformat())
                first.append(seconds)
                again.append(timed("import_register", register, file, "--as-of", day.isoformat())[0])
            slowest = max(slowest, *first)
            print(f"  {register:<14} {'real' if given else 'invented'} rows: {told}")
            print(
                f"  {'':<14} p50 {statistics.median(first):5.1f} s, slowest {max(first):5.1f} s, limit {LIMIT:.0f} s;"
            )
            print(f"  {'':<14} the same file again: p50 {statistics.median(again):5.1f} s")
        file = customers(Path(folder), options.organizations)
        seconds, told = timed("import_organizations", file)
        print(f"  organizations  {told}  {seconds:.1f} s, {options.organizations / seconds:,.0f} a second")
        seconds, told = timed("import_organizations", file)
        print(f"  again          {told}  {seconds:.1f} s")
    sys.exit(1 if slowest > LIMIT else 0)


if __name__ == "__main__":
    main()
