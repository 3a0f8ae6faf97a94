"""`script/server` as somebody meets it: one command, and it lives through what kills parts of it.

It runs on a data folder of its own, with the demonstration, as after a fresh clone.
"""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import pytest

from script.support.environment import GIVEN
from script.support.services import free_port
from script.support.steps import ROOT, wait_until
from script.support.supervise import is_running

pytestmark = pytest.mark.xdist_group("script/server")

# The variables of the tests must not reach the server, which is to find everything itself.
CLEAN = {name: value for name, value in os.environ.items() if name not in GIVEN and not name.startswith("VORRANG_")}
READY_WITHIN = 240  # seconds; the first start fills in the demonstration, and other tests run beside


class Site:
    """A running `script/server` and what it printed."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port, self.output = data, port, data.with_suffix(f".{time.monotonic_ns()}.txt")
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [ROOT / "script" / "server", "--port", str(port)],
                env={**CLEAN, "VORRANG_DATA_DIR": str(data), "VORRANG_DEMO_SIZE": "400,1500"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(lambda: "Ctrl-C stops it." in self.said or self.process.poll() is not None, within=READY_WITHIN)

    @property
    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def children(self) -> dict[int, str]:
        return {int(pid): word for pid, word in json.loads((self.data / "children.json").read_text()).items()}

    def ask(self, statement: str):
        words = shlex.split((self.data / "server.env").read_text())
        url = next(word.partition("=")[2] for word in words if word.startswith("DATABASE_OWNER_URL="))
        with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("server") / "var"


@pytest.fixture
def start(data):
    sites = []

    def _start(port=None):
        sites.append(Site(data, port or free_port()))
        return sites[-1]

    data.mkdir(exist_ok=True)
    yield _start
    for site in sites:
        if site.process.poll() is None:
            site.process.terminate()
            site.process.wait(timeout=60)


def test_a_first_start_serves_pages_and_names_a_sign_in_for_every_role(start):
    site = start()
    assert f"http://127.0.0.1:{site.port}/" in site.said, site.said
    assert site.get("/trust/")[0] == 200
    for login in json.loads((site.data / "demo-logins.json").read_text()):
        assert re.search(rf"{re.escape(login['role'])} +{re.escape(login['email'])} +{login['password']}", site.said)
    assert wait_until(site.is_ready, within=60), site.get("/readyz")
    site.ask("CREATE TABLE IF NOT EXISTS kept_by_the_test AS SELECT 42 AS answer")

    again = subprocess.run(
        [ROOT / "script" / "server", "--port", str(free_port())],
        env={**CLEAN, "VORRANG_DATA_DIR": str(site.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert again.stderr == (
        f"Vorrang already runs on {site.data} as process {site.process.pid}: http://127.0.0.1:{site.port}/."
        " Stop it first.\n"
    )

    children = site.children()
    assert sorted(children.values()) == ["celery", "celery", "gunicorn", "postgres", "valkey-server"]
    site.process.terminate()
    assert site.process.wait(timeout=60) == 0
    assert not any(is_running(pid, word) for pid, word in children.items())
    assert not (site.data / "server.env").exists()


def test_it_heals_when_any_part_is_killed(start):
    site = start()
    assert wait_until(site.is_ready, within=60), site.said
    assert site.ask("SELECT answer FROM kept_by_the_test") == (42,), "data survives a restart"
    for pid, word in site.children().items():
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda pid=pid: pid not in site.children(), within=15), word
        assert wait_until(site.is_ready, within=60), (word, site.get("/readyz"), site.said)
        assert site.get("/trust/")[0] == 200
    assert site.said.count("ended (SIGKILL); starting it again.") == 5
    # The heartbeat proves that the new beat, broker and worker work together, not only that they live.
    before = site.ask("SELECT beaten_at FROM config_heartbeat")
    assert wait_until(lambda: site.ask("SELECT beaten_at FROM config_heartbeat") > before, within=60)


def test_after_its_own_violent_end_it_starts_again_on_the_same_data_and_port(start):
    first = start()
    assert first.get("/healthz")[0] == 200, first.said
    children = first.children()
    first.process.kill()
    first.process.wait()
    second = start(first.port)
    assert second.get("/healthz")[0] == 200, second.said
    assert not any(is_running(pid, word) for pid, word in children.items() if pid not in second.children())
    assert second.ask("SELECT answer FROM kept_by_the_test") == (42,)


def test_a_taken_port_is_one_plain_sentence(start, data):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = Site(data, port)
    assert refused.process.wait(timeout=30) == 1
    assert refused.said == f"Port {port} is taken by another program; choose another with --port.\n"
