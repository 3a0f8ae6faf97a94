"""`/healthz`: the process answers. `/readyz`: and what it needs answers too, each named.

Both are for machines, so they stand before everything else: no host name, redirect to TLS,
session or database is needed to reach them, and they tell nothing that would help an attacker.
"""

import functools
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection

from config.models import Heartbeat
from config.production_checks import durability_faults
from kit import clock

STALE_AFTER = timedelta(seconds=45)
BROKER_TIMEOUT = 2  # seconds


class HealthMiddleware:
    """Answers the two addresses before any other middleware can refuse or redirect them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = {"/healthz": healthz, "/readyz": readyz}.get(request.path)
        return view(request) if view else self.get_response(request)


class NotReady(Exception):
    """What is wrong with one of the things looked at, in a few words."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, broker and worker are well, else 503 with the reason at each."""
    checks: dict[str, dict[str, object]] = {}
    for name, look in {"database": _database, "migrations": _migrations, "broker": _broker, "worker": _worker}.items():
        try:
            checks[name] = {"ok": True, "detail": look()}
        except NotReady as reason:
            checks[name] = {"ok": False, "detail": str(reason)}
        except DatabaseError:
            checks[name] = {"ok": False, "detail": "the database does not answer"}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if settings.IN_PRODUCTION and (faults := durability_faults(connection)):
        raise NotReady(f"may lose what it acknowledged: {', '.join(faults)} off")
    return "answers"


def _migrations() -> str:
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = len(_known_migrations() - applied)
    if missing:
        raise NotReady(f"{missing} not applied")
    return "all applied"


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations of the code, which cannot change while the process runs."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _broker() -> str:
    limits = {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": BROKER_TIMEOUT}
    options = limits if settings.BROKER_URL.startswith(("redis://", "rediss://")) else {}
    try:
        with Connection(settings.BROKER_URL, connect_timeout=BROKER_TIMEOUT, transport_options=options) as broker:
            broker.connect()
    except Exception as error:  # Each transport raises errors of its own library.
        raise NotReady("does not answer") from error
    return "answers"


def _worker() -> str:
    beat = Heartbeat.objects.filter(name="worker").first()
    if beat is None:
        raise NotReady("no heartbeat yet")
    age = clock.now() - beat.beaten_at
    if age > STALE_AFTER:
        raise NotReady(f"last heartbeat {age.total_seconds():.0f} s ago")
    return "beats"
