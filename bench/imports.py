"""How long imports take: `script/bench imports [--dotgov FILE] [--ror FILE] [--runs N] [--organizations N]`.

Method: `manage.py import_register` and `import_organizations` as processes of their own, from the first line of Python
to the report; first into an empty register, then the same file again, which must change nothing. Without files it
invents as many rows as the real lists have (13,249 and 41,203).

Organizations are measured inside one process, from parsed rows to the end of the transaction, beside the ORM's
`bulk_create` of the same rows with their domains, ids and journal entries (no checks, no comparison, no results); both
are rolled back, in turn, so that the ratio holds on a busy machine.
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
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection, transaction

from bench._measuring import machine, vacuum
from config.demo.names import Names, domain_of
from customers.importing.organizations import OPTIONAL, REQUIRED, check_rows, take_rows
from customers.importing.runs import Progress
from customers.models import ExternalId, ImportRun, Organization, OrganizationDomain
from customers.names import name_key, search_text, sort_key
from journal.models import Entry
from kit.clock import now
from kit.csvfiles import CsvRow, read_csv
from users.access import SYSTEM
from users.models import Portfolio

LIMIT = 60.0  # seconds of a register
LIMIT_ORGANIZATIONS = 5.0  # seconds of a hundred thousand rows, parsed


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
        writer.writerow(["legal_name", "country", "offer_type", "portfolio", "domains", "external_ids"])
        for number in range(count):
            name = f"{names.company('DE')} {number % 997}"
            writer.writerow([name, "DE", "enterprise", "bench", domain_of(name, number), f"ror:0{number:07}"])
    return file


class _Undo(Exception):
    """Takes back what was measured."""


def organizations_at_once(run: ImportRun, rows: list[CsvRow], parts: dict[str, float]) -> None:
    """What an import does with its rows after they are parsed, results of all rows included."""
    progress = Progress(run)
    began = time.perf_counter()

    def mark(name: str) -> None:
        nonlocal began
        parts[name], began = time.perf_counter() - began, time.perf_counter()

    portfolios = {one.code: one for one in Portfolio.objects.all()}
    good, results = check_rows(rows, portfolios, now().date(), progress.reach)
    mark("checked")
    with suppress(_Undo), transaction.atomic():
        take_rows(SYSTEM, good, results, is_dry_run=False, at=now(), keep=progress.keep)
        mark("written")
        # What a commit would check.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        mark("foreign keys")
        raise _Undo


def organizations_by_orm(rows: list[CsvRow]) -> None:
    """The same rows as objects through the ORM's `bulk_create`, in the usual portions."""
    portfolio = Portfolio.objects.get(code="bench")
    with suppress(_Undo), transaction.atomic():
        with connection.cursor() as cursor:
            # As the import does: on a table that was empty when it was last analyzed, each foreign key would be looked
            # up by reading all of it, and the comparison would measure that.
            cursor.execute("SET LOCAL enable_seqscan = off")
        made, domains, ids, entries = [], [], [], []
        for row in rows:
            name, domain, (kind, value) = (
                row.values["legal_name"],
                row.values["domains"],
                row.values["external_ids"].split(":"),
            )
            one = Organization(
                legal_name=name, sort_name=sort_key(name), search_text=search_text(name, domain, value),
                name_key=name_key(name), country=row.values["country"], portfolio=portfolio, registered_at=now(),
            )  # fmt: skip
            made.append(one)
            domains.append(OrganizationDomain(organization=one, domain=domain))
            ids.append(ExternalId(organization=one, kind=kind, value=value))
            entries.append(
                Entry(action="organization.registered", subject_type="organization", subject_id=one.public_id, at=now(),
                      after={"name_sha256": "0" * 64, "country": one.country, "domains": [domain]})
            )  # fmt: skip
        for objects in (made, domains, ids, entries):
            type(objects[0])._default_manager.bulk_create(objects, batch_size=1_000)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise _Undo


def measure_organizations(folder: Path, count: int, runs: int) -> float:
    """Print how long organizations take, beside the ORM; the median in seconds."""
    file = customers(folder, count)
    parsed, at_once, by_orm, parts = [], [], [], {}
    # Its results are rolled back, so that it can be used again.
    run = ImportRun.objects.create(kind="organizations", file_name="b.csv", file_hash="0" * 64, started_at=now())
    for _run in range(runs):
        began = time.perf_counter()
        with file.open("rb") as source:
            rows = list(read_csv(source, required=REQUIRED, optional=OPTIONAL, max_rows=count))
        parsed.append(time.perf_counter() - began)
        # Rows that were rolled back would stand in the way of the next ones.
        vacuum()
        began = time.perf_counter()
        organizations_at_once(run, rows, parts)
        at_once.append(time.perf_counter() - began)
        vacuum()
        began = time.perf_counter()
        organizations_by_orm(rows)
        by_orm.append(time.perf_counter() - began)
    middle = statistics.median(at_once)
    pairs = sorted(slow / fast for slow, fast in zip(by_orm, at_once, strict=True))
    print(f"  organizations  {count:,} rows: parsed in {statistics.median(parsed):.1f} s, then p50 {middle:.2f} s,")
    print(f"  {'':<14} best {min(at_once):.2f} s, limit {LIMIT_ORGANIZATIONS:.0f} s; {count / middle:,.0f} a second")
    print(f"  {'':<14} of the last: {', '.join(f'{name} {seconds:.2f} s' for name, seconds in parts.items())}")
    print(
        f"  {'':<14} bulk_create p50 {statistics.median(by_orm):.2f} s: ratio {statistics.median(pairs):.2f}"
        f" (lowest {pairs[0]:.2f})"
    )
    return middle


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
    parser.add_argument("--only-organizations", action="store_true", help="leave the registers out")
    parser.add_argument("--organizations", type=int, default=100_000)
    options = parser.parse_args()
    print(f"Imports, N = {options.runs} runs each, whole processes; {machine()}")
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        registers = (("dotgov", options.dotgov, 13_249), ("ror", options.ror, 41_203))
        for register, given, count in () if options.only_organizations else registers:
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
        middle = measure_organizations(Path(folder), options.organizations, options.runs)
    sys.exit(1 if slowest > LIMIT or middle > LIMIT_ORGANIZATIONS else 0)


if __name__ == "__main__":
    main()
