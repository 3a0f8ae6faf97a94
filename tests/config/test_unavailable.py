"""While the database is away pages say so with a 503; a statement that fails is a fault like any other."""

import pytest
from django.db import DatabaseError, connection
from django.test import RequestFactory

from config import errors


def answered(path: str, failing):
    """What the handler of server errors answers while `failing` fails."""
    try:
        failing()
    except DatabaseError:
        return errors.server_error(RequestFactory().get(path))
    raise AssertionError("nothing failed")


@pytest.fixture
def no_server():
    """A connection to a port on which no PostgreSQL listens."""
    away = connection.copy()
    away.settings_dict = {**away.settings_dict, "HOST": "127.0.0.1", "PORT": "1", "CONN_HEALTH_CHECKS": False}
    yield away
    away.close()


def test_a_database_that_does_not_answer_is_a_503_that_says_nothing_is_lost(no_server, django_db_blocker):
    with django_db_blocker.unblock():
        page = answered("/today/", no_server.ensure_connection)
        document = answered("/api/v1/requests/", no_server.ensure_connection)
    assert page.status_code == 503
    assert "Vorrang" in page.content.decode()
    assert document.status_code == 503
    assert document["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_statement_that_took_too_long_stays_a_500():
    def too_long():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(1)")

    assert answered("/today/", too_long).status_code == 500


@pytest.mark.django_db
def test_a_wrong_statement_is_a_500():
    def wrong():
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")

    assert answered("/today/", wrong).status_code == 500
