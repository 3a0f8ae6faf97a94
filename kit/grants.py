"""What the application role may do with each table: nothing that is not granted here.

Every table may be read and inserted into. UPDATE is granted on tables that are not append-only,
on named columns only where the model says so (`runtime_updates`); DELETE only where the model
sets `runtime_deletes = True`, and on the tables of libraries (sessions, tokens, lock-outs).
TRUNCATE, triggers, temporary tables and the tables themselves belong to the owner alone.
"""

from django.apps import apps
from django.db import models

from kit.models import AppendOnly

OWN_APPS = {"kit", "journal", "users", "customers", "priorities", "capacity", "config"}


def grant_runtime_rights(connection, role: str) -> None:
    """Set the rights of `role` on every managed table; repeatable, and narrows as well as widens."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, 1 FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None or found[0] == role:
            return  # No second role in this database: nothing to separate.
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quote(role)}")
        # A temporary table hides a real one of its name, also from the triggers that look into it.
        database = quote(connection.settings_dict["NAME"])
        cursor.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC, {quote(role)}")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quote(role)}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quote(role)}")
        cursor.execute(f"GRANT SELECT ON django_migrations TO {quote(role)}")
        # The trigger library lets a session switch its triggers off by a setting; nobody may.
        cursor.execute(
            "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS"
            " $$ BEGIN RETURN FALSE; END; $$ LANGUAGE plpgsql"
        )
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table in tables:
                cursor.execute(f"GRANT {', '.join(_rights(model, quote))} ON {quote(table)} TO {quote(role)}")


def _rights(model: type[models.Model], quote) -> list[str]:
    rights = ["SELECT", "INSERT"]
    if issubclass(model, AppendOnly):
        return rights
    updates = getattr(model, "runtime_updates", None)
    if updates is None:
        rights.append("UPDATE")
    elif updates:
        columns = ", ".join(quote(field.column) for field in model._meta.concrete_fields if field.name in updates)
        rights.append(f"UPDATE ({columns})")
    if model._meta.app_label not in OWN_APPS or getattr(model, "runtime_deletes", False):
        rights.append("DELETE")
    return rights
