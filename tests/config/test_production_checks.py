"""Production refuses to start unsafe, and says what to change."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import production_checks
from config.production_checks import durability_faults, refuse_unsafe_start, safe_database, safe_settings

GOOD = {
    "SECRET_KEY": "k7" + "abcdefghijklmnopqrstuvwxyz" * 2,
    "DEBUG": False,
    "ALLOWED_HOSTS": ["vorrang.example"],
    "DATABASE_URL": "postgresql://app@db/vorrang",
    "DATABASE_OWNER_URL": "postgresql://owner@db/vorrang",
}


@pytest.fixture
def good(settings):
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "", "vorrang.E001"),
        ("SECRET_KEY", "short-but-random-x9", "vorrang.E001"),
        ("SECRET_KEY", "a" * 80, "vorrang.E001"),
        ("DEBUG", True, "vorrang.E002"),
        ("ALLOWED_HOSTS", [], "vorrang.E003"),
        ("ALLOWED_HOSTS", ["vorrang.example", "*"], "vorrang.E003"),
        ("DATABASE_OWNER_URL", "postgresql://app:other@db/vorrang", "vorrang.E004"),
    ],
)
def test_each_unsafe_setting_is_one_fault_and_safe_ones_are_none(good, name, value, fault):
    assert safe_settings(None) == []
    setattr(good, name, value)
    assert [found.id for found in safe_settings(None)] == [fault]


@pytest.mark.django_db
def test_a_session_that_does_not_wait_for_the_disk_is_noticed():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        assert "synchronous_commit" not in durability_faults(connection)
        cursor.execute("SET LOCAL synchronous_commit TO local")
        assert "synchronous_commit" in durability_faults(connection)


@pytest.mark.django_db
def test_an_application_role_that_owns_tables_is_a_fault(monkeypatch):
    monkeypatch.setattr(production_checks, "durability_faults", lambda _: [])
    assert safe_database(None, ["default"]) == [], "the tests run as the application role"
    assert safe_database(None, None) == [], "no database was to be asked"
    monkeypatch.setattr(production_checks, "_owns_something", lambda _: True)
    assert [fault.id for fault in safe_database(None, ["default"])] == ["vorrang.E006"]


def test_only_production_refuses_and_names_every_fault_at_once(good, monkeypatch):
    monkeypatch.setattr(production_checks, "safe_database", lambda *_: [])
    good.SECRET_KEY, good.ALLOWED_HOSTS = "short", []
    refuse_unsafe_start()
    good.IN_PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match=r"VORRANG_SECRET_KEY .* VORRANG_HOSTS "):
        refuse_unsafe_start()
    for name, value in GOOD.items():
        setattr(good, name, value)
    refuse_unsafe_start()
