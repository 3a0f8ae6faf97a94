"""Runs all of Vorrang: what it needs, then web server, worker and beat, until it is told to stop."""

import argparse
import contextlib
import http.client
import json
import os
import time
from pathlib import Path

from script.support import services
from script.support.environment import (
    data_folder,
    environment_file,
    prepare,
    settings_for,
    start_services,
    the_only_one,
    write_environment,
)
from script.support.setup import set_up
from script.support.steps import VENV, CannotGoOn, main, require_disk, step, wait_until
from script.support.supervise import Child, Supervisor, end_leftovers

# Where a server that listens on every address is reached from its own machine.
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def serve(arguments: list[str]) -> None:
    """`script/server`: set up what is missing, start everything, watch it, and stop it in order."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="script/server", description="Start Vorrang. Its data lives in var/.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", default=8000, type=_port, help="port to listen on (default %(default)s)")
    options = parser.parse_args(arguments)
    data = data_folder()
    with the_only_one(data) as lock:
        end_leftovers(data / "children.json")
        _require_free_port(options.host, options.port, after_a_crash=environment_file(data).exists())
        require_disk(data, megabytes=300)
        url = _url(options.host, options.port)
        lock.write(f"{os.getpid()} {url}\n")
        lock.flush()
        print("Vorrang starts.", flush=True)
        set_up("base")
        supervisor = Supervisor(data / "children.json")
        try:
            environment = start_services(supervisor, data) | settings_for(options.host, data)
            write_environment(data, environment)
            prepare(environment, demo=environment["VORRANG_ENV"] != "production")
            # Whatever runs from here on is the application: it is not to know how to become the owner.
            os.environ.pop("DATABASE_OWNER_URL", None)
            environment.pop("DATABASE_OWNER_URL", None)
            _start_application(supervisor, data, environment, options.host, options.port)
            print(f"Ready after {time.monotonic() - began:.1f} s: {url}", flush=True)
            _print_logins(data)
            print("Ctrl-C stops it.", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                supervisor.watch()
        finally:
            if supervisor.children:
                with step("Stopping"):
                    supervisor.stop()
            environment_file(data).unlink(missing_ok=True)


def _require_free_port(host: str, port: int, *, after_a_crash: bool) -> None:
    # The web server of a killed supervisor needs a moment to notice and let go of the port.
    patience = 5.0 if after_a_crash else 0.0
    if not wait_until(lambda: services.is_free(host, port), within=patience):
        raise CannotGoOn(f"Port {port} is taken by another program; choose another with --port.")


def _start_application(supervisor: Supervisor, data: Path, environment: dict[str, str], host: str, port: int) -> None:
    celery = (VENV / "bin" / "celery", "-A", "config.celery")
    here = f"[{host}]" if ":" in host else host
    with step("Web server"):
        supervisor.start(
            Child(
                name="web server",
                program="gunicorn",
                command=[
                    *(VENV / "bin" / "gunicorn", "config.wsgi", "--bind", f"{here}:{port}", "--preload"),
                    *("--workers", "2", "--threads", "4", "--no-control-socket", "--name", "vorrang"),
                ],
                log=data / "log" / "web.log",
                ends=1,
                env=environment,
                is_ready=lambda: _serves_a_page(host, port),
                patience=35.0,
            )
        )
    with step("Worker and beat"):
        supervisor.start(
            Child(
                name="worker",
                program="celery",
                command=[*celery, "worker", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"],
                log=data / "log" / "worker.log",
                ends=3,
                env=environment,
                patience=20.0,
            )
        )
        supervisor.start(
            Child(
                name="beat",
                program="celery",
                command=[*celery, "beat", "--schedule", data / "beat-schedule", "--pidfile="],
                log=data / "log" / "beat.log",
                ends=2,
                env=environment,
            )
        )


def _serves_a_page(host: str, port: int) -> bool:
    """Whether a page comes, not only a sign of life: that everything is loaded, and warm for the first visitor."""
    connection = http.client.HTTPConnection(HERE.get(host, host), port, timeout=20)
    try:
        connection.request("GET", "/trust/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _print_logins(data: Path) -> None:
    """One sign-in per role, as the demonstration left them."""
    file = data / "demo-logins.json"
    if not file.exists():
        return
    logins = json.loads(file.read_text())
    print("\nSign in as:", flush=True)
    for login in logins:
        print(f"  {login['role']:<22} {login['email']:<40} {login['password']}", flush=True)
    print(flush=True)


def _url(host: str, port: int) -> str:
    shown = HERE.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; give a number from 1 to 65535")
    return int(text)


if __name__ == "__main__":
    main(serve)
