"""What all tests of the demonstration share."""

import pytest

from tests.conftest import owner_connection, tables_of, truncate


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
                truncate(cursor, tables_of(cursor))
        finally:
            owner.close()
