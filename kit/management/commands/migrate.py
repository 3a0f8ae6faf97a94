"""`migrate`, as the owner of the database, followed by the rights of the application role."""

from urllib.parse import urlsplit

import dj_database_url
from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from kit.grants import grant_runtime_rights


class Command(DjangoMigrate):
    """Django's command with `DATABASE_OWNER_URL` in place of `DATABASE_URL`, then grants.

    The owner connection lives only as long as the command, so whatever runs later in the same
    process is the application role again.
    """

    def handle(self, *args, **options):
        connection = connections[options["database"]]
        borrowed = dict(connection.settings_dict)
        if settings.DATABASE_OWNER_URL:
            owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
            connection.close()
            connection.settings_dict.update({key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT")})
        try:
            super().handle(*args, **options)
            role = urlsplit(settings.DATABASE_URL).username
            if role and not options.get("plan") and not options.get("check_unapplied"):
                grant_runtime_rights(connection, role)
        finally:
            if settings.DATABASE_OWNER_URL:
                connection.close()
                connection.settings_dict.clear()
                connection.settings_dict.update(borrowed)
