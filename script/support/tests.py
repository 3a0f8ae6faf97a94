"""`script/test`: its own database, broker and browser, then the checks and every test."""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from script.support import services
from script.support.check import run_checks
from script.support.environment import run_to_end
from script.support.setup import apt_install, set_up
from script.support.steps import PYTHON, ROOT, CannotGoOn, main, require_disk, run, step
from script.support.supervise import Supervisor

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def test(arguments: list[str]) -> int:
    """Without arguments: the checks, then all tests, two at a time. With arguments: pytest with these."""
    began = time.monotonic()
    set_up("dev")
    require_disk(ROOT, megabytes=1000)
    browser = find_browser()
    if not arguments:
        run_checks()
    with temporary_services() as environment:
        environment["CHROMIUM"] = browser
        code = run_to_end(
            [PYTHON, "-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadgroup", "--durations", "10"])],
            environment,
        )
    print(f"script/test took {time.monotonic() - began:.0f} s.", flush=True)
    return code


@contextlib.contextmanager
def temporary_services() -> Iterator[dict[str, str]]:
    """A database and a broker in a temporary folder, gone afterwards whatever happens.

    `TEST_DATABASE_URL`, whose role may create databases and roles, is used instead of an own PostgreSQL.
    """
    with (
        tempfile.TemporaryDirectory(prefix="vorrang-test-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as made,
    ):
        data = Path(folder)
        supervisor = Supervisor(data / "children.json")
        try:
            given = os.environ.get("TEST_DATABASE_URL")
            with step("Database for tests"):
                database = (
                    made.enter_context(_two_roles(given))
                    if given
                    else services.start_database(supervisor, data, durable=False)
                )
            with step("Broker for tests"):
                broker = services.start_broker(supervisor, data)
            yield {**database, **broker, "VORRANG_ENV": "test"}
        finally:
            supervisor.stop()


@contextlib.contextmanager
def _two_roles(owner_url: str) -> Iterator[dict[str, str]]:
    """An application role beside the given one, for as long as the tests run."""
    name, password = f"vorrang_test_{os.getpid()}", secrets.token_urlsafe(24)
    failing = "The role of TEST_DATABASE_URL must be able to create databases and roles."

    def ask(statement: str) -> None:
        connect = "import os, psycopg2; c = psycopg2.connect(os.environ['URL']); c.autocommit = True"
        run(PYTHON, "-c", f"{connect}; c.cursor().execute({statement!r})", env={"URL": owner_url}, failing=failing)

    ask(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    try:
        parts = urlsplit(owner_url)
        place = parts.netloc.rpartition("@")[2]
        yield {
            "DATABASE_URL": urlunsplit(parts._replace(netloc=f"{name}:{password}@{place}")),
            "DATABASE_OWNER_URL": owner_url,
        }
    finally:
        ask(f"DROP ROLE {name}")


def find_browser() -> str:
    """The Chromium for browser tests: named by `CHROMIUM`, on this machine, or installed now (Debian, as root)."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise CannotGoOn(f"CHROMIUM names {named}, which is not a program.")
        return named
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    with step("Chromium"):
        apt_install("chromium", why="The browser tests need Chromium")
    return shutil.which("chromium") or "chromium"


if __name__ == "__main__":
    main(test)
