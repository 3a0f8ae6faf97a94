"""The embedded services: made once, kept, open to nobody without a password, and safe to build production on."""

import json
import os
import socket
import stat
import subprocess

import psycopg2
import pytest
import redis

from script.support import services
from script.support.steps import PYTHON, ROOT, CannotGoOn
from script.support.supervise import Supervisor


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def database(data):
    supervisor = Supervisor(data / "children.json")
    try:
        yield services.start_database(supervisor, data)
    finally:
        supervisor.stop()


def ask(url, statement):
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def test_the_application_owns_nothing_and_the_owner_is_no_superuser(database):
    app, owner = database["DATABASE_URL"], database["DATABASE_OWNER_URL"]
    assert ask(owner, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == (False, True)
    assert ask(app, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user") == (
        False,
        False,
        False,
    )
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(app, "CREATE TABLE mine (id int)")
    for extension in ("pg_trgm", "btree_gist", "unaccent"):
        ask(owner, f"CREATE EXTENSION IF NOT EXISTS {extension}")


def test_nobody_gets_in_without_the_password(database, data):
    app = database["DATABASE_URL"]
    password = services.kept_secrets(data)["app"]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(app.replace(password, "guess"), "SELECT 1")
    with pytest.raises(psycopg2.OperationalError, match="password"):
        ask(app.replace("vorrang_app", "postgres").replace(f":{password}", ""), "SELECT 1")
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700


def test_the_database_is_durable_and_folds_letters_but_sorts_by_bytes(database):
    durable = (
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
    )
    assert ask(database["DATABASE_URL"], durable) == ("on", "on", "on")
    assert ask(database["DATABASE_URL"], "SELECT upper('münchen'), 'Z' < 'ä'") == ("MÜNCHEN", True)


def test_what_was_written_survives_a_killed_server_and_a_lock_that_names_a_stranger(tmp_path):
    first = Supervisor(tmp_path / "children.json")
    try:
        urls = services.start_database(first, tmp_path)
        ask(urls["DATABASE_OWNER_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
        first.children[0].process.kill()
        first.children[0].process.wait()
    finally:
        first.stop()
    lock = tmp_path / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    # As after a restart of the machine: the number in the lock belongs to somebody else now, here to us.
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    second = Supervisor(tmp_path / "children.json")
    try:
        again = services.start_database(second, tmp_path)
        assert again == urls, "port and passwords are kept"
        assert ask(again["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == (42,)
    finally:
        second.stop()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotGoOn, match=r"is of PostgreSQL 17, this version brings 18\."):
        services.start_database(Supervisor(tmp_path / "children.json"), tmp_path)


def test_the_broker_asks_for_its_password_and_keeps_what_it_took(tmp_path):
    for value in (None, b"kept"):
        supervisor = Supervisor(tmp_path / "children.json")
        try:
            url = services.start_broker(supervisor, tmp_path)["BROKER_URL"]
            broker = redis.Redis.from_url(url)
            assert broker.get("key") == value
            broker.set("key", "kept")
            with pytest.raises(redis.exceptions.AuthenticationError):
                redis.Redis.from_url(url.replace(services.kept_secrets(tmp_path)["broker"], "guess")).ping()
            assert services.kept_secrets(tmp_path)["broker"] not in str(supervisor.children[0].command)
        finally:
            supervisor.stop()


def test_a_taken_port_is_left_to_its_owner(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert not services.is_free("127.0.0.1", taken)
        (tmp_path / "ports.json").write_text(json.dumps({"postgres": taken}))
        assert services.kept_port(tmp_path, "postgres") != taken
    with pytest.raises(CannotGoOn, match="not an address of this machine"):
        services.is_free("192.0.2.1", 8000)


def start_production(database, **changed):
    environment = {
        **os.environ,
        "VORRANG_ENV": "production",
        "VORRANG_SECRET_KEY": "production-key-" + "0123456789abcdefghijklmnop" * 2,
        "VORRANG_HOSTS": "vorrang.example",
        **database,
        **changed,
    }
    done = subprocess.run(
        [PYTHON, "-c", "import config.wsgi"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def test_the_web_server_starts_in_production_on_it_and_refuses_each_danger(database):
    code, said = start_production(database)
    assert code == 0, said
    for changed, sentence in (
        ({"VORRANG_SECRET_KEY": ""}, "VORRANG_SECRET_KEY is missing"),
        ({"VORRANG_HOSTS": ""}, "VORRANG_HOSTS does not name"),
        ({"VORRANG_DEBUG": "1"}, "Debug pages are on"),
        ({"DATABASE_OWNER_URL": database["DATABASE_URL"]}, "name one role"),
        ({"DATABASE_URL": f"{database['DATABASE_URL']}?options=-csynchronous_commit%3Doff"}, "synchronous_commit off"),
    ):
        code, said = start_production(database, **changed)
        assert code != 0, changed
        assert sentence in said, said
