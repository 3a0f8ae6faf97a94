"""The variables that the programs of Vorrang run with, and the services behind them."""

import contextlib
import fcntl
import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from script.support import services
from script.support.steps import PYTHON, ROOT, CannotGoOn, die_with_parent, end_group, step, write_private
from script.support.supervise import Supervisor, end_leftovers

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104
GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL")


def data_folder() -> Path:
    """Where the data lives: `VORRANG_DATA_DIR`, or var/ in the project."""
    data = Path(os.environ.get("VORRANG_DATA_DIR") or ROOT / "var").resolve()
    data.mkdir(parents=True, exist_ok=True)
    return data


def environment_file(data: Path) -> Path:
    """The variables of the running server, to be read by a shell: `. var/server.env`."""
    return data / "server.env"


def write_environment(data: Path, environment: dict[str, str]) -> None:
    """Keep the variables for other commands, which can then reach the same database and broker."""
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    write_private(environment_file(data), "".join(lines))


def read_environment(data: Path) -> dict[str, str]:
    """The variables of the server that runs on this data folder."""
    words = shlex.split(environment_file(data).read_text())
    return dict(word.split("=", 1) for word in words if word != "export")


def start_services(supervisor: Supervisor, data: Path) -> dict[str, str]:
    """Start what the environment does not name; returns the addresses of database and broker."""
    given = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
    if "DATABASE_URL" not in given:
        with step("Database"):
            given |= services.start_database(supervisor, data)
    if "BROKER_URL" not in given:
        with step("Broker"):
            given |= services.start_broker(supervisor, data)
    return given


def settings_for(host: str, data: Path) -> dict[str, str]:
    """The variables that differ from what is set already; production must set its own key and hosts."""
    environment = {"VORRANG_ENV": os.environ.get("VORRANG_ENV", "development"), "VORRANG_DATA_DIR": str(data)}
    if environment["VORRANG_ENV"] != "production":
        environment["VORRANG_SECRET_KEY"] = (
            os.environ.get("VORRANG_SECRET_KEY") or services.kept_secrets(data)["secret_key"]
        )
        names = (socket.gethostname(), socket.getfqdn()) if host in EVERY_ADDRESS else (host,)
        environment["VORRANG_HOSTS"] = os.environ.get("VORRANG_HOSTS") or ",".join(names)
    return environment


def prepare(environment: dict[str, str], *, demo: bool) -> None:
    """Migrate and fill the database in a process of the virtual environment, which prints its own steps."""
    code = run_to_end([PYTHON, "-m", "script.support.prepare", *(["--demo"] if demo else [])], environment)
    if code < 0:
        name = signal.Signals(-code).name
        raise CannotGoOn(f"Preparing Vorrang for its start was cut off from outside ({name}). Start it again.")
    if code:
        raise CannotGoOn("Vorrang could not be prepared for its start; the reason is above.")


def run_to_end(command: Sequence[str | Path], environment: dict[str, str]) -> int:
    """Run a command that talks to whoever started the script; ends with everything it started."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        return process.wait()
    finally:
        end_group(process)


@contextlib.contextmanager
def the_only_one(data: Path) -> Iterator[TextIO]:
    """Hold the kernel's lock on the data folder; it goes with the process, so it cannot go stale."""
    with (data / "server.lock").open("a+") as lock:
        if not _lock(lock):
            lock.seek(0)
            pid, _, url = lock.read().strip().partition(" ")
            raise CannotGoOn(f"Vorrang already runs on {data} as process {pid or '?'}: {url}. Stop it first.")
        lock.truncate(0)
        yield lock


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def on_the_data(data: Path) -> Iterator[dict[str, str]]:
    """The environment of the server that runs on this data, or services started for the while."""
    with (data / "server.lock").open("a+") as lock:
        is_served = not _lock(lock)
    if is_served and environment_file(data).exists():
        yield read_environment(data)
        return
    with the_only_one(data):
        end_leftovers(data / "children.json")
        supervisor = Supervisor(data / "children.json")
        try:
            yield start_services(supervisor, data) | settings_for("127.0.0.1", data)
        finally:
            supervisor.stop()
