"""What must hold before Vorrang runs in production.

`manage.py check --deploy` reports it; web server, worker and beat refuse to start without it.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

SHORTEST_KEY = 50  # characters; shorter ones can be guessed from a signed cookie
FEWEST_CHARACTERS = 5  # different ones, or it was typed, not drawn
DURABLE = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}


@register(Tags.security, deploy=True)
def safe_settings(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Faults of the environment variables: key, debug, hosts, database roles."""
    faults: list[CheckMessage] = []
    key = _secret_key()
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS:
        faults.append(
            Error(
                f"VORRANG_SECRET_KEY is missing, shorter than {SHORTEST_KEY} characters or too plain.",
                hint="Set it to a long random text: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'",
                id="vorrang.E001",
            )
        )
    if settings.DEBUG:
        faults.append(Error("Debug pages are on.", hint="Unset VORRANG_DEBUG.", id="vorrang.E002"))
    if not settings.ALLOWED_HOSTS or any(host.startswith("*") for host in settings.ALLOWED_HOSTS):
        faults.append(
            Error(
                "VORRANG_HOSTS does not name the hosts that are served.",
                hint="Set it to the public names, separated by commas.",
                id="vorrang.E003",
            )
        )
    owner = settings.DATABASE_OWNER_URL
    if owner and urlsplit(owner).username == urlsplit(settings.DATABASE_URL).username:
        faults.append(
            Error(
                "DATABASE_URL and DATABASE_OWNER_URL name one role, so the application could change its own rules.",
                hint="Give the application a role that owns nothing.",
                id="vorrang.E004",
            )
        )
    return faults


def _secret_key() -> str:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own refusal of an empty one, which does not name our variable.
        return ""


@register(Tags.database, deploy=True)
def safe_database(app_configs: object, databases: Sequence[str] | None, **kwargs: object) -> list[CheckMessage]:
    """Faults of the running database: what it acknowledges must survive, and the application must own nothing."""
    if not databases or "default" not in databases:
        return []
    faults: list[CheckMessage] = [
        Error(
            f"PostgreSQL runs with {name} off: it may lose decisions that were acknowledged.",
            hint=f"Set {name} = on and reload the server.",
            id="vorrang.E005",
        )
        for name in durability_faults(connection)
    ]
    if _owns_something(connection):
        faults.append(
            Error(
                "The role of DATABASE_URL owns tables or is a superuser, so append-only tables are not safe from it.",
                hint="Migrate with DATABASE_OWNER_URL and connect the application with a role that owns nothing.",
                id="vorrang.E006",
            )
        )
    return faults


def durability_faults(database: BaseDatabaseWrapper) -> list[str]:
    """The names of the settings with which PostgreSQL may lose what it acknowledged."""
    with database.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(DURABLE)])
        return sorted(name for name, value in cursor.fetchall() if value not in DURABLE[name])


def _owns_something(database: BaseDatabaseWrapper) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            " OR EXISTS (SELECT FROM pg_tables WHERE tableowner = current_user)"
        )
        return cursor.fetchone()[0]


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every fault, in production; elsewhere do nothing.

    A database that does not answer is no fault here: pages that need none must still be served.
    `/readyz` repeats the look at durability once it answers.
    """
    if not settings.IN_PRODUCTION:
        return
    faults = safe_settings(None)
    try:
        faults += safe_database(None, ["default"])
    except OperationalError:
        pass
    finally:
        # The server forks its workers after this; a connection must not be shared between them.
        connection.close()
    if faults:
        sentences = " ".join(f"{fault.msg} {fault.hint}" for fault in faults)
        raise ImproperlyConfigured(f"Vorrang does not start like this in production. {sentences}")
