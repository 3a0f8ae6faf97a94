"""`/healthz` and `/readyz` tell the truth about what stands behind them."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder

from config import health
from config.models import Heartbeat
from config.tasks import heartbeat
from kit import clock


@pytest.fixture
def ask(client, monkeypatch):
    # The broker of the tests may be any; what matters here is who notices what.
    monkeypatch.setattr(health, "_broker", lambda: "answers")

    def _ask():
        answer = client.get("/readyz")
        return answer.status_code, answer.json()["checks"]

    return _ask


def test_a_living_process_says_so_to_whatever_host_name(client, settings):
    settings.ALLOWED_HOSTS = ["vorrang.example"]
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_names_each_part_and_turns_when_the_worker_falls_silent(ask):
    status, checks = ask()
    assert (status, checks["worker"]) == (503, {"ok": False, "detail": "no heartbeat yet"})

    heartbeat()
    status, checks = ask()
    assert status == 200
    assert list(checks) == ["database", "migrations", "broker", "worker"]
    assert all(check["ok"] for check in checks.values())

    Heartbeat.objects.update(beaten_at=clock.now() - timedelta(seconds=59))
    status, checks = ask()
    assert (status, checks["worker"]["ok"], checks["database"]["ok"]) == (503, False, True)
    assert checks["worker"]["detail"].startswith("last heartbeat 59 s ago")


@pytest.mark.django_db
def test_a_heartbeat_is_one_row_however_often_it_beats():
    heartbeat()
    first = Heartbeat.objects.get().beaten_at
    heartbeat()
    assert Heartbeat.objects.get().beaten_at > first


@pytest.mark.django_db
def test_migrations_that_wait_are_counted(ask, monkeypatch):
    heartbeat()
    applied = dict(MigrationRecorder.applied_migrations(MigrationRecorder(health.connection)))
    applied.pop(("config", "0001_initial"))
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda self: applied)
    status, checks = ask()
    assert (status, checks["migrations"]) == (503, {"ok": False, "detail": "1 not applied"})


def test_a_dead_database_is_an_answer_and_not_an_error(ask, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("connection to server at 10.1.2.3 failed")

    monkeypatch.setattr(health.connection, "cursor", refuse)
    monkeypatch.setattr(Heartbeat.objects, "filter", refuse)
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)
    status, checks = ask()
    assert status == 503
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": False,
        "migrations": False,
        "broker": True,
        "worker": False,
    }
    assert "10.1.2.3" not in str(checks)


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_named(client, settings):
    heartbeat()
    settings.BROKER_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == {"ok": False, "detail": "does not answer"}
    assert answer.json()["checks"]["worker"]["ok"]


@pytest.mark.django_db
def test_production_is_not_ready_on_a_database_that_may_forget(ask, settings, monkeypatch):
    heartbeat()
    monkeypatch.setattr(health, "durability_faults", lambda _: ["fsync"])
    assert ask()[0] == 200, "outside production a fast database is fine"
    settings.IN_PRODUCTION = True
    status, checks = ask()
    assert (status, checks["database"]["detail"]) == (503, "may lose what it acknowledged: fsync off")
