"""What the measurements share: a signed-in browser without a network, and numbers that say how they came about."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dj_database_url
import psycopg2
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.demo.cast import PASSWORD

# What a transaction costs is not a question to the database.
BRACKETS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "ROLLBACK")


@dataclass(frozen=True)
class Sample:
    """Times of one thing, in milliseconds: on the clock, and of the application's own processor."""

    wall: list[float]
    cpu: list[float]

    @property
    def p50(self) -> float:
        return statistics.median(self.wall)


def alternating(runs: int, warm_up: int, *acts: Callable[[], object]) -> list[Sample]:
    """Run the acts in turn, so that whatever else the machine does hits all of them alike."""
    for _turn in range(warm_up):
        for act in acts:
            act()
    samples = [Sample([], []) for _act in acts]
    for _turn in range(runs):
        for act, sample in zip(acts, samples, strict=True):
            began, worked = time.perf_counter(), time.process_time()
            act()
            sample.wall.append((time.perf_counter() - began) * 1000)
            sample.cpu.append((time.process_time() - worked) * 1000)
    return samples


def described(name: str, sample: Sample) -> str:
    """One line: median, the middle half, the slowest of twenty, and processor time."""
    low, _middle, high = statistics.quantiles(sample.wall, n=4)
    slow = statistics.quantiles(sample.wall, n=20)[-1]
    return (
        f"  {name:<34} p50 {sample.p50:7.1f} ms  (25 % {low:6.1f}, 75 % {high:6.1f}, 95 % {slow:6.1f})"
        f"  CPU {statistics.median(sample.cpu):6.1f} ms"
    )


def ratio(slow: Sample, fast: Sample) -> str:
    """How many times faster: the ratio of the medians, and the middle half of the ratios pair by pair."""
    pairs = [one / other for one, other in zip(slow.wall, fast.wall, strict=True)]
    low, _middle, high = statistics.quantiles(pairs, n=4)
    return f"{slow.p50 / fast.p50:.2f} (pair by pair, middle half {low:.2f} to {high:.2f})"


def machine() -> str:
    """What it ran on."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    load = os.getloadavg()[0]
    return f"Python {platform.python_version()}, PostgreSQL {server}, {os.cpu_count()} CPUs, load {load:.1f}"


def browser(email: str) -> Client:
    """A client signed in as this person (as nobody without one), in this process and through every middleware."""
    client = Client()
    if email:
        response = client.post(reverse(settings.LOGIN_URL), {"login": email, "password": PASSWORD})
        if response.status_code != 302:
            raise SystemExit(f"{email} could not sign in: {response.status_code}")
    return client


def page(client: Client, url: str) -> bytes:
    """The page; anything but success ends the measurement."""
    response = client.get(url)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code != 200:
        raise SystemExit(f"{url} answered {response.status_code}: {content[:300]!r}")
    return content


def statements(act: Callable[[], object]) -> int:
    """How many SQL statements an act asks."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(not query["sql"].startswith(BRACKETS) for query in captured.captured_queries)


def vacuum() -> None:
    """What the database does by itself within a minute, as its owner: forget dead rows, count the living."""
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    made = psycopg2.connect(
        dbname=owner["NAME"], user=owner["USER"], password=owner["PASSWORD"] or None, host=owner["HOST"],
        port=owner["PORT"] or None,
    )  # fmt: skip
    made.autocommit = True
    with made.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    made.close()


def table(rows: Sequence[Sequence[object]]) -> str:
    """Columns in line, the first to the left, the others to the right."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            f"{cell!s:<{width}}" if column == 0 else f"{cell!s:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
