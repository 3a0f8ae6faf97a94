"""How fast samples of usage come in: `script/bench usage [--rows N]`.

Method: a file of one sample a minute for every pool, ten million rows unless told, in the order of time as collectors
write it, taken in by `manage.py import_usage` as a process of its own, from the first line of Python to the report;
then the same file again, which must change nothing, and hours and days compared with what the samples add up to.
A year of a pool by the hour and a forecast by day and hour come on top, and the page of its usage is asked for fifty
times. Beside it Django's `bulk_create` over the same table with a hundred thousand rows, which keeps no rollups and no
corrections and checks nothing.

The samples stay in the database, so it should be one of its own, as `script/bench` makes it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from bench._measuring import alternating, browser, described, machine, page
from capacity.pools.models import Pool
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.models import UsageForecast, UsageSample, UsageSource
from config.demo.cast import PASSWORD
from users.access import SYSTEM
from users.models import RoleAssignment, User
from users.roles import Role

LIMIT = 60.0  # seconds for ten million
PAGE_LIMIT = 50.0  # milliseconds for a year's chart
BULK = 100_000


def written(path: Path, rows: int) -> int:
    """A file of samples that ends an hour ago; returns how many rows it has."""
    names = [
        f"{region},{resource},"
        for region, resource in Pool.objects.order_by("pk").values_list("region__code", "resource__code")
    ]
    minutes = -(-rows // len(names))
    first = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes + 60)
    left = rows
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.write("region,resource,at,used,total\n")
        for minute in range(minutes):
            moment = f"{first + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
            value = 1_000 + minute % 1_440
            file.write("".join(f"{name}{moment},{value},5000\n" for name in names[:left]))
            left -= len(names)
    return rows


def imported(path: Path) -> tuple[dict[str, int], float, float]:
    """What the command reports, how many seconds it took, and how many of them its own processor worked."""
    began, worked = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "manage.py", "import_usage", str(path), "--json"], capture_output=True, text=True, check=True
    )
    seconds, now = time.perf_counter() - began, os.times()
    cpu = now.children_user - worked.children_user + now.children_system - worked.children_system
    return json.loads(done.stdout), seconds, cpu


def rollups_agree() -> bool:
    """Whether hours and days add up to the samples."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM capacity_usagesample), (SELECT sum(count) FROM capacity_usagehour),"
            " (SELECT sum(count) FROM capacity_usageday), (SELECT sum(used) FROM capacity_usagesample),"
            " (SELECT sum(sum) FROM capacity_usageday)"
        )
        samples, by_hour, by_day, used, used_by_day = cursor.fetchone()
    return samples == by_hour == by_day and abs(used - used_by_day) <= 1e-9 * used


def year_of(pool: Pool) -> str:
    """A year of hours of this pool, with forecasts; returns the address of its page."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    rows = [
        (pool.region.code, pool.resource.code, f"{end - timedelta(hours=hour):%Y-%m-%dT%H:30:30Z}", "1000", "5000")
        for hour in range(365 * 24)
    ]
    ingest_samples(actor=SYSTEM, blocks=[(1, rows)], source=UsageSource.FILE, at=datetime.now(UTC))
    for step, ahead, start in (("day", 90, end.replace(hour=0)), ("hour", 48, end)):
        UsageForecast.objects.create(
            pool=pool, step=step, method="combination" if step == "day" else "ridge", made_at=end, starts_at=start,
            values=[1000.0] * ahead, low=[900.0] * ahead, high=[1100.0] * ahead, own_error=1.0, naive_error=2.0,
            exhausted_within_lead=0.0 if step == "day" else None,
        )  # fmt: skip
    return f"/pools/{pool.region.code}/{pool.resource.code}/usage/"


def auditor() -> str:
    """The address of somebody who reads everything."""
    user = User(email="bench-auditor@vorrang.example", name="Bench", joined_at=datetime.now(UTC), language="en")
    user.set_password(PASSWORD)
    user.save()
    RoleAssignment.objects.create(user=user, role=Role.AUDITOR, started_at=datetime.now(UTC))
    return user.email


def by_bulk_create() -> float:
    """Rows a second of `bulk_create`; undone afterwards."""
    pool = Pool.objects.order_by("pk").first()
    first = datetime.now(UTC) - timedelta(days=3)
    rows = [
        UsageSample(pool=pool, at=first + timedelta(seconds=at, microseconds=1), used=at, total=None, batch_id=0)
        for at in range(BULK)
    ]
    with transaction.atomic():
        began = time.perf_counter()
        UsageSample.objects.bulk_create(rows, batch_size=5_000)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return BULK / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    if not Pool.objects.exists():
        call_command("import_regions", verbosity=0, stdout=sys.stderr)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "usage.csv"
        rows = written(path, options.rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB")
        first, seconds, cpu = imported(path)
        told = f"{rows / seconds:10,.0f} rows/s, CPU of the command {cpu:.1f} s, added {first['added']:,}"
        print(f"  first import   {seconds:7.1f} s  {told}")
        print(f"  limit          {LIMIT * rows / 10_000_000:7.1f} s")
        again, seconds, cpu = imported(path)
        told = f"{rows / seconds:10,.0f} rows/s, CPU of the command {cpu:.1f} s, unchanged {again['unchanged']:,}"
        print(f"  same again     {seconds:7.1f} s  {told}")
    print(f"  hours and days add up to the samples: {'yes' if rollups_agree() else 'NO'}")
    url = year_of(Pool.objects.select_related("region", "resource").order_by("pk")[0])
    client = browser(auditor())
    (sample,) = alternating(50, 5, lambda: page(client, url))
    print(f"{described('page with a year by the day', sample)}  limit {PAGE_LIMIT:.0f} ms")
    print(f"  bulk_create alone       {by_bulk_create():10,.0f} rows/s over {BULK:,} rows")


if __name__ == "__main__":
    main()
