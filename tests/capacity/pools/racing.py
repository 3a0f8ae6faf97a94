"""Many writers at once on real connections, and the sum that must come out.

Raw SQL as the application role on purpose: the guard has to hold whoever writes. The same scenarios run against the
product's database and against a copy without the guard, where they must find what they look for.
"""

import random
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg2
from django.db import connection, connections
from psycopg2.errors import SerializationFailure
from psycopg2.extensions import (
    ISOLATION_LEVEL_READ_COMMITTED,
    ISOLATION_LEVEL_REPEATABLE_READ,
    ISOLATION_LEVEL_SERIALIZABLE,
)

from tests.conftest import owner_connection

ISOLATION = {
    "read committed": ISOLATION_LEVEL_READ_COMMITTED,
    "repeatable read": ISOLATION_LEVEL_REPEATABLE_READ,
    "serializable": ISOLATION_LEVEL_SERIALIZABLE,
}
POST = """
    INSERT INTO capacity_ledgerentry (public_id, pool_id, kind, level, quantity, subject, releases_id, at)
    VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, %s, now()) RETURNING id
"""
LEVELS = ("general", "critical", "reserve")


@dataclass(frozen=True)
class Where:
    """A database and how to reach it as the application role."""

    name: str

    def connect(self, isolation="read committed"):
        """A new real connection with this isolation level."""
        told = connection.settings_dict
        made = psycopg2.connect(
            dbname=self.name,
            user=told["USER"],
            password=told["PASSWORD"] or None,
            host=told["HOST"],
            port=told["PORT"] or None,
        )
        made.set_isolation_level(ISOLATION[isolation])
        return made


def here() -> Where:
    """The test's own database."""
    return Where(connection.settings_dict["NAME"])


@contextmanager
def copy_without(guard_sql: str, name: str):
    """A throwaway copy of the test database in which the owner ran `guard_sql`."""
    original = here().name
    with connection.cursor() as cursor:
        # A database is copied only while nobody is connected; what a test server left open counts too.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    connections.close_all()
    with closing(owner_connection("postgres")) as owner, owner.cursor() as cursor:
        _drop(cursor, name)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    try:
        with closing(owner_connection(name)) as owner, owner.cursor() as cursor:
            cursor.execute(guard_sql)
        yield Where(name)
    finally:
        with closing(owner_connection("postgres")) as owner, owner.cursor() as cursor:
            _drop(cursor, name)


def _drop(cursor, name: str) -> None:
    """Drop the copy; where a vacuum of the server's own is at work in it, wait until it is done."""
    for attempt in range(30):
        try:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        except psycopg2.errors.InsufficientPrivilege:
            if attempt == 29:
                raise
            time.sleep(1)


def post(cursor, pool_id, kind, level, quantity, subject, releases=None):
    """Insert one entry; its id, or None where the database refuses."""
    try:
        cursor.execute(POST, [pool_id, kind, level, quantity, subject, releases])
        return cursor.fetchone()[0]
    except psycopg2.Error as error:
        cursor.connection.rollback()
        if error.pgcode not in ("VR001", "40001", "40P01", "23514"):
            raise
        return None


def promise_at_random(where: Where, pool_ids, *, workers: int, acts: int, seed: int, isolation="read committed"):
    """`workers` connections hold, grant and release at random, at once; how many postings were taken."""
    start = threading.Barrier(workers)
    taken = [0] * workers

    def work(number: int) -> None:
        dice = random.Random(seed * 1000 + number)
        with closing(where.connect(isolation)) as link, link.cursor() as cursor:
            own = []
            start.wait()
            for act in range(acts):
                if own and dice.random() < 0.3:
                    pool_id, kind, level, quantity, subject, entry = own.pop(dice.randrange(len(own)))
                    made = post(cursor, pool_id, f"release_{kind}", level, quantity, subject, entry)
                    if made is None:  # a serialization failure: it still stands
                        own.append((pool_id, kind, level, quantity, subject, entry))
                        continue
                else:
                    values = (
                        dice.choice(pool_ids),
                        dice.choice(("hold", "grant")),
                        dice.choice(LEVELS),
                        dice.randint(1, 40),
                        f"{seed}-{number}-{act}",
                    )
                    made = post(cursor, *values)
                    if made is not None:
                        own.append((*values, made))
                link.commit()
                taken[number] += made is not None

    threads = [threading.Thread(target=work, args=[number]) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken)


def decide_across_commits(where: Where, pool_id: int, *, isolation: str, commits: int, left: int, seed: str) -> bool:
    """One decision looks at the pool, stays open across many serializable commits that fill it, then grants `left`.

    Whether its grant was taken.
    """
    with (
        closing(where.connect(isolation)) as slow,
        closing(where.connect("serializable")) as quick,
        slow.cursor() as deciding,
        quick.cursor() as filling,
    ):
        deciding.execute("SELECT supply, held, granted FROM capacity_pool WHERE id = %s", [pool_id])
        deciding.execute("SELECT sum(quantity) FROM capacity_ledgerentry WHERE pool_id = %s", [pool_id])
        for number in range(commits):
            while post(filling, pool_id, "grant", "reserve", 1, f"{seed}-{number}") is None:
                pass
            quick.commit()
        try:
            made = post(deciding, pool_id, "grant", "reserve", left, f"{seed}-open")
            slow.commit()
        except SerializationFailure:
            return False
        return made is not None


def faults(where: Where) -> list[str]:
    """Where promises exceed supply, or a pool differs from the sum of its ledger entries; empty when all is well."""
    with closing(where.connect()) as link, link.cursor() as cursor:
        cursor.execute(
            """
            WITH sums AS (
                SELECT pool_id,
                       sum(CASE WHEN kind IN ('hold', 'grant') THEN quantity ELSE -quantity END) AS promised,
                       sum(CASE kind WHEN 'hold' THEN quantity WHEN 'release_hold' THEN -quantity ELSE 0 END) AS held,
                       sum(CASE WHEN level = 'general' THEN
                           CASE WHEN kind IN ('hold', 'grant') THEN quantity ELSE -quantity END ELSE 0 END) AS general,
                       sum(CASE WHEN level IN ('general', 'critical') THEN
                           CASE WHEN kind IN ('hold', 'grant') THEN quantity ELSE -quantity END ELSE 0 END) AS critical
                FROM capacity_ledgerentry GROUP BY pool_id
            )
            SELECT p.id, p.supply, p.supply_critical, p.supply_open, p.held, p.granted, p.committed_general,
                   p.committed_critical, s.promised, s.held, s.general, s.critical
            FROM capacity_pool p JOIN sums s ON s.pool_id = p.id
            """
        )
        found = []
        for row in cursor.fetchall():
            key, supply, critical, open_, held, granted, general, crit, promised, sum_held, sum_general, sum_crit = row
            if promised > supply or sum_crit > critical or sum_general > open_:
                found.append(f"pool {key} promised {promised} of {supply}")
            if (held + granted, held, general, general + crit) != (promised, sum_held, sum_general, sum_crit):
                found.append(f"pool {key} and its entries tell different stories")
        return found
