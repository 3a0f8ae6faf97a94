"""How tests meet the database: created by its owner, used as the application role.

So every test runs with the rights that production has, and a missing grant or a forbidden write
shows in any of them.
"""

import os
from types import SimpleNamespace

# Before anything brings NumPy in; see `config/celery.py`.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import dj_database_url
import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

pytest_plugins = ["tests.browsing", "tests.calling", "tests.visiting"]

# A busy machine draws and runs examples slowly, which says nothing of the code; what must be fast has a bench.
hypothesis_settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("here")


def _become(url: str) -> None:
    parsed = dj_database_url.parse(url)
    connection.close()
    connections.settings["default"].update({key: parsed[key] for key in ("USER", "PASSWORD", "HOST", "PORT")})


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Create the test database as its owner."""
    _become(settings.DATABASE_OWNER_URL)


def _leave_unswept() -> None:
    """Keep autovacuum from the tables.

    What one test rolled back it would count as none, and the planner would look through all of a table for every row of
    another as soon as the next test fills both: for minutes. Of what it never counted the planner sees the size.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute("; ".join(f"ALTER TABLE {name} SET (autovacuum_enabled = false)" for name in tables))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Use it as the application role, and hand it back to the owner to be dropped."""
    with django_db_blocker.unblock():
        _leave_unswept()
        _become(settings.DATABASE_URL)
    yield
    with django_db_blocker.unblock():
        _become(settings.DATABASE_OWNER_URL)


def owner_connection(name: str = ""):
    """A connection with the owner's rights, outside Django; to the test database unless another is named."""
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    made = psycopg2.connect(
        dbname=name or connection.settings_dict["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        host=owner["HOST"],
        port=owner["PORT"] or None,
    )
    made.autocommit = True
    return made


# From so many rows in a table on, taking them out one by one costs more than making all files of the database anew.
MANY_ROWS = 500
# Owned by columns only: what `TRUNCATE … RESTART IDENTITY` would restart.
RESTART = """
    SELECT setval(s.oid::regclass, p.start_value, false)
    FROM pg_class s
    JOIN pg_sequences p ON p.schemaname = 'public' AND p.sequencename = s.relname AND p.last_value IS NOT NULL
    JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    WHERE s.relkind = 'S'
"""


def tables_of(cursor) -> list[str]:
    """The quoted names of all tables that tests fill."""
    cursor.execute(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename NOT IN ('django_migrations', 'django_content_type')"
    )
    return [f'"{name}"' for (name,) in cursor.fetchall()]


def truncate(cursor, tables: list[str]) -> None:
    """Empty tables by new files, which takes with it what the planner learned of them."""
    cursor.execute("SET lock_timeout = '20s'")
    cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")


def _empty_as_owner(self) -> None:
    """Empty every table after a test that commits; the application role may not truncate.

    Most tests fill a few tables with a few rows. To truncate a hundred tables for them, each with its indexes, took
    longer than the tests themselves.
    """
    connection.close()
    owner = owner_connection()
    try:
        with owner.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")
            tables = tables_of(cursor)
            counted = (f"(SELECT count(*) FROM (SELECT FROM {table} LIMIT {MANY_ROWS}) rows)" for table in tables)
            cursor.execute(f"SELECT ARRAY[{', '.join(counted)}]")
            counts = dict(zip(tables, cursor.fetchone()[0], strict=True))
            full = [table for table, count in counts.items() if count]
            if max(counts.values()) >= MANY_ROWS:
                truncate(cursor, tables)
            elif full:
                # Rows that are never deleted have a trigger that says so.
                cursor.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in full))
                cursor.execute("; ".join(["SET CONSTRAINTS ALL DEFERRED", *(f"DELETE FROM {one}" for one in full)]))
                cursor.execute("; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in full))
            cursor.execute(RESTART)
    finally:
        owner.close()


TransactionTestCase._fixture_teardown = _empty_as_owner


@pytest.fixture
def evidence_store(settings, tmp_path):
    """Files of evidence lie in a folder of the test's own; its path."""
    options = {"location": tmp_path / "evidence", "base_url": None}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "evidence": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path / "evidence"


@pytest.fixture
def clock_at(monkeypatch):
    """Let the clock of the house stand at a moment; sign-ins and cookies keep the real one.

    What `now` itself asks is replaced: modules take `now` by name, and what is loaded meanwhile would keep another.
    """

    def stand(at):
        monkeypatch.setattr("kit.clock.timezone", SimpleNamespace(now=lambda: at))

    return stand


@pytest.fixture(autouse=True)
def _sentences_in_english():
    """Tests compare sentences in the language they are written in; pages choose their own per request."""
    with translation.override("en"):
        yield
