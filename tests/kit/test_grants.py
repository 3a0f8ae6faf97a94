"""What the application role may do to the database: nothing that it was not given."""

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, models, transaction

from journal.models import Entry
from journal.record import record
from kit.grants import OWN_APPS
from kit.models import AppendOnly
from tests import make
from tests.conftest import _become
from tests.sql import owner_refused, refused, run
from users.access import SYSTEM

APPEND_ONLY = sorted(
    (model for model in apps.get_models() if issubclass(model, AppendOnly)), key=lambda model: model._meta.label
)
OWN = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OWN_APPS]


def may(table: str, right: str) -> bool:
    return run("SELECT has_table_privilege(current_user, %s, %s)", table, right)[0][0]


@pytest.mark.django_db
def test_tests_run_as_the_application_role():
    who, owner = run("SELECT current_user, (SELECT tableowner FROM pg_tables WHERE tablename = 'journal_entry')")[0]
    assert who != owner
    assert run(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False)]
    assert run("SELECT count(*) FROM pg_tables WHERE tableowner = current_user") == [(0,)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model._meta.label)
def test_append_only_tables_take_rows_and_keep_them(model):
    table = model._meta.db_table
    column = connection.ops.quote_name(model._meta.pk.column)
    assert may(table, "INSERT")
    assert "permission denied" in refused(f"UPDATE {table} SET {column} = {column}")
    assert "permission denied" in refused(f"DELETE FROM {table}")
    assert "permission denied" in refused(f"TRUNCATE {table} CASCADE")
    assert run(
        "SELECT count(*) FROM information_schema.column_privileges"
        " WHERE table_name = %s AND grantee = current_user AND privilege_type = 'UPDATE'",
        table,
    ) == [(0,)]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_no_table_is_given_away(model):
    table = model._meta.db_table
    for right in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"):
        assert not may(table, right)
    assert may(table, "DELETE") is bool(getattr(model, "runtime_deletes", False))
    updates = getattr(model, "runtime_updates", None)
    if issubclass(model, AppendOnly):
        updates = ()
    assert may(table, "UPDATE") is (updates is None)
    if updates is not None:
        columns = run(
            "SELECT column_name FROM information_schema.column_privileges"
            " WHERE table_name = %s AND grantee = current_user AND privilege_type = 'UPDATE'",
            table,
        )
        assert {name for (name,) in columns} == {model._meta.get_field(name).column for name in updates}


@pytest.mark.django_db
def test_the_application_cannot_touch_triggers_tables_or_roles():
    for sql in (
        "ALTER TABLE journal_entry DISABLE TRIGGER ALL",
        "ALTER TABLE journal_entry DISABLE TRIGGER USER",
        "ALTER TABLE journal_entry ADD COLUMN more text",
        "ALTER TABLE journal_entry OWNER TO current_user",
        "DROP TABLE journal_entry",
        "CREATE TRIGGER more BEFORE UPDATE ON journal_entry EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE RULE more AS ON DELETE TO journal_entry DO INSTEAD NOTHING",
        "CREATE TABLE more (a int)",
        "CREATE SCHEMA more",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(a NAME) RETURNS BOOLEAN LANGUAGE sql AS 'SELECT TRUE'",
        "SET session_replication_role = replica",
        "SET ROLE vorrang_owner",
        "ALTER ROLE current_user SUPERUSER",
        "COPY journal_entry TO PROGRAM 'cat'",
        "UPDATE pg_trigger SET tgenabled = 'D'",
        "DELETE FROM django_migrations",
    ):
        said = refused(sql)
        assert any(word in said for word in ("permission denied", "must be owner", "no privileges")), (sql, said)


@pytest.mark.django_db
def test_the_application_cannot_give_itself_a_right():
    run("GRANT DELETE ON journal_entry TO current_user")  # PostgreSQL only warns that nothing was granted
    assert not may("journal_entry", "DELETE")


@pytest.mark.django_db
def test_no_temporary_table_hides_a_real_one_from_the_triggers():
    said = refused("CREATE TEMPORARY TABLE users_roleassignment (user_id bigint, role text, ended_at timestamptz)")
    assert "permission denied" in said


@pytest.mark.django_db(transaction=True)
def test_the_trigger_library_s_switch_does_nothing():
    with transaction.atomic():
        record(actor=SYSTEM, action="x", subject_type="user", subject_id=1, at=make.NOW)
    names = [
        name
        for (name,) in run(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'journal_entry'::regclass AND NOT tgisinternal"
        )
    ]
    assert names
    everything = "{" + ",".join(["journal_entry:append_only", "append_only", *names]) + "}"
    assert "append_only" in owner_refused(f"SET pgtrigger.ignore = '{everything}'; DELETE FROM journal_entry")
    # The same through the library itself, as the owner, whom only the trigger stands against.
    _become(settings.DATABASE_OWNER_URL)
    try:
        with pgtrigger.ignore("journal.Entry:append_only"), pytest.raises(DatabaseError, match="append_only"):
            Entry.objects.all().delete()
    finally:
        _become(settings.DATABASE_URL)
    assert Entry.objects.count() == 1


def test_every_model_says_what_happens_to_its_rows():
    """Rights that name columns name columns that exist."""
    for model in OWN:
        for name in getattr(model, "runtime_updates", None) or ():
            assert isinstance(model._meta.get_field(name), models.Field), (model, name)
