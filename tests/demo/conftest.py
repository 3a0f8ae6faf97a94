"""What all tests of the demonstration share."""

import pytest

from tests.conftest import owner_connection


@pytest.fixture(autouse=True, scope="module")
def _as_never_filled(django_db_setup, django_db_blocker):
    """Forget what the planner learned of tables that other tests emptied.

    A demonstration fills them in one transaction. A planner that knows them as empty would look through all of a table
    for every row of another, for minutes; one that knows nothing of them plans as on a new installation.
    """
    with django_db_blocker.unblock():
        owner = owner_connection()
        try:
            with owner.cursor() as cursor:
                cursor.execute("SET lock_timeout = '20s'")
                cursor.execute(
                    "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables"
                    " WHERE schemaname = 'public' AND tablename NOT IN ('django_migrations', 'django_content_type')"
                )
                cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")
        finally:
            owner.close()
