"""Runs the processes of Vorrang as children: starts, watches, restarts and stops them."""

import collections
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from script.support.steps import (
    ROOT,
    CannotGoOn,
    die_with_parent,
    disk_full,
    end_group,
    wait_until,
    write_private,
)

RESTARTS_ALLOWED = 5
RESTARTS_WINDOW = 60.0  # seconds
DISK_LEFT = 2**20  # bytes; with less, nothing can be restarted
LOG_LIMIT = 5 * 2**20  # bytes; a longer log is put aside at the next start


@dataclass
class Child:
    """One process that is to run: how it starts, when it is ready, and how it ends.

    `program` is the word by which its command line is known. `ends` is its place in the order of
    ending, so that the web server stops taking work before the database goes. `user` is set where
    a root account must not run the program as itself.
    """

    name: str
    program: str
    command: Sequence[str | Path]
    log: Path
    ends: int
    env: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = lambda: True
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGKILL
    patience: float = 10.0  # seconds from the stop signal to the hurry signal
    user: int | None = None
    process: subprocess.Popen | None = None
    deaths: collections.deque[float] = field(default_factory=lambda: collections.deque(maxlen=RESTARTS_ALLOWED + 1))


class Supervisor:
    """Owns the children. `register` is a file that names them, for the next start should this one be killed."""

    def __init__(self, register: Path) -> None:
        self.register = register
        self.children: list[Child] = []

    def start(self, child: Child, *, within: float = 60.0) -> None:
        """Start a child and wait until it is ready; raises CannotGoOn when it dies or stays silent."""
        self.children.append(child)
        self._launch(child)

        def settled() -> bool:
            return _is_dead(child) or child.is_ready()

        if not wait_until(settled, within=within):
            raise CannotGoOn(
                f"The {child.name} did not get ready within {within:.0f} seconds; see {child.log}.{tail(child.log)}"
            )
        if _is_dead(child):
            raise CannotGoOn(f"The {child.name} could not start; see {child.log}.{tail(child.log)}")

    def watch(self) -> None:
        """Restart children that die, until a signal ends the call.

        Raises CannotGoOn when one of them keeps dying: starting it again would only hide the fault.
        """
        while True:
            time.sleep(0.2)
            for child in self.children:
                if _is_dead(child):
                    self._revive(child)

    def stop(self) -> None:
        """Stop all children in order; a second signal while this runs hurries it."""
        hurry = False
        for child in sorted(self.children, key=lambda child: child.ends):
            try:
                _end(child, hurry=hurry)
            except KeyboardInterrupt:
                hurry = True
                _end(child, hurry=True)
        self.children.clear()
        self.register.unlink(missing_ok=True)

    def _launch(self, child: Child) -> None:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
            child.log.replace(child.log.with_suffix(".old.log"))
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                [str(part) for part in child.command],
                cwd=ROOT,
                env={**os.environ, **child.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session, so that Ctrl-C reaches the supervisor alone, which then stops in order.
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(child.stop_signal),
                user=child.user,
                group=child.user,
                extra_groups=None if child.user is None else [],
            )
        pids = {one.process.pid: one.program for one in self.children if one.process}
        write_private(self.register, json.dumps(pids))

    def _revive(self, child: Child) -> None:
        process = child.process
        if process is None:
            return
        code = process.returncode
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        child.deaths.append(time.monotonic())
        if shutil.disk_usage(child.log.parent).free < DISK_LEFT:
            raise CannotGoOn(disk_full(child.log.parent))
        if len(child.deaths) > RESTARTS_ALLOWED and child.deaths[-1] - child.deaths[0] < RESTARTS_WINDOW:
            raise CannotGoOn(f"The {child.name} keeps ending ({how}); see {child.log}.{tail(child.log)}")
        print(f"The {child.name} ended ({how}); starting it again.", flush=True)
        end_group(process)  # What it left behind holds its port or its work.
        time.sleep(min(2.0, 0.1 * 2 ** len(child.deaths)))
        self._launch(child)


def _is_dead(child: Child) -> bool:
    return child.process is not None and child.process.poll() is not None


def _end(child: Child, *, hurry: bool) -> None:
    if child.process is None:
        return
    for sent, patience in ((child.stop_signal, child.patience), (child.hurry_signal, 5.0), (signal.SIGKILL, 5.0)):
        if hurry and sent == child.stop_signal:
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(child.process.pid, sent) if child.process.poll() is None else None
        if wait_until(lambda: _is_dead(child), within=patience):
            break
    end_group(child.process, within=2.0)


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log file, indented, for a message."""
    last = log.read_text(errors="replace").strip().splitlines()[-lines:] if log.exists() else []
    return "".join(f"\n    {line}" for line in last)


def end_leftovers(register: Path) -> None:
    """End the children of an earlier supervisor that was killed before it could (where the kernel did not)."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        for pid, word in json.loads(register.read_text()).items():
            if is_running(int(pid), word):
                end_process(int(pid), word)
    register.unlink(missing_ok=True)


def end_process(pid: int, word: str, *, patience: float = 30.0) -> None:
    """End a process that is not our child; SIGINT, because PostgreSQL waits for its clients at SIGTERM."""
    for sent in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)
        if wait_until(lambda: not is_running(pid, word), within=patience):
            return


def is_running(pid: int, word: str) -> bool:
    """Whether the process lives and its command names `word`: pids are reused, and zombies have no command."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return False
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
        command = shown.stdout
    return word in command
