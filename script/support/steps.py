"""Steps with a clock, commands that clean up after themselves, and refusals in one sentence."""

import contextlib
import ctypes
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class CannotGoOn(Exception):
    """Why the script ends here: one plain sentence for whoever started it."""


@contextlib.contextmanager
def step(doing: str) -> Iterator[None]:
    """Print one line for a piece of work: what is done, then the seconds it took."""
    began = time.monotonic()
    print(f"  {doing:<46}", end="", flush=True)
    try:
        yield
    except BaseException:
        print("  failed", flush=True)
        raise
    print(f"{time.monotonic() - began:7.1f} s", flush=True)


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    failing: str = "",
    stdin: str = "",
    user: int | None = None,
) -> str:
    """Run a command in the project's folder to its end and return what it printed.

    Raises CannotGoOn with `failing` and the last lines of output when the command fails. Whatever
    ends this call early (Ctrl-C, SIGTERM) also ends the command and all it started.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=None if env is None else {**os.environ, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=die_with_parent,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    try:
        output, _ = process.communicate(stdin)
    except BaseException:
        end_group(process)
        raise
    if process.returncode:
        if os.strerror(errno.ENOSPC) in output:
            raise CannotGoOn(disk_full(ROOT))
        tail = "\n    ".join(output.strip().splitlines()[-15:])
        raise CannotGoOn(f"{failing or f'{Path(command[0]).name} failed.'}\n    {tail}")
    return output


def die_with_parent(sent: signal.Signals = signal.SIGTERM) -> None:
    """Run in a new child: ask the kernel to send it a signal should this process be killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, sent)


def end_group(process: subprocess.Popen, *, within: float = 5.0) -> None:
    """End a child with all it started (its process group): politely first, after `within` seconds by force."""

    def is_gone() -> bool:
        process.poll()  # Reap it, or it counts as a member of its group for ever.
        return not _has_members(process.pid)

    for sent, patience in ((signal.SIGTERM, within), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sent)
        if wait_until(is_gone, within=patience):
            return


def _has_members(group: int) -> bool:
    """Whether a process of the group still runs. A dead one that nobody has reaped yet does not."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    if not Path("/proc/self/stat").exists():
        return True
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group, *_ = file.read_text().rpartition(")")[2].split()
            if int(its_group) == group and state != "Z":
                return True
    return False


def wait_until(is_so: Callable[[], bool], *, within: float, every: float = 0.05) -> bool:
    """Whether `is_so` became true within so many seconds."""
    deadline = time.monotonic() + within
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind the stack as Ctrl-C does, so that `finally` stops what was started.

    SIGINT is set as well, because a shell starts background jobs deaf to it; SIGHUP is left alone
    where `nohup` asked for that.
    """

    def unwind(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, unwind)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, never visible half-written or to others."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(file)


def require_disk(folder: Path, *, megabytes: int) -> None:
    """Refuse to begin what would run out of disk half-way."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free // 2**20
    if free < megabytes:
        raise CannotGoOn(
            f"Only {free} MB are free on the disk of {folder}; Vorrang needs {megabytes} MB. Free some and start again."
        )


def disk_full(folder: Path) -> str:
    """The sentence for a disk that filled up while working."""
    return f"The disk that holds {folder} is full. Free some space and start again."


def main(work: Callable[[list[str]], int | None]) -> None:
    """Run a script's main function; refusals become one sentence on stderr and exit code 1."""
    end_on_signals()
    try:
        sys.exit(work(sys.argv[1:]) or 0)
    except CannotGoOn as refusal:
        print(f"{refusal}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
    except PermissionError as error:
        print(f"{error.filename} may not be written by this user. Use a folder of your own.", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(disk_full(Path(error.filename or ROOT)), file=sys.stderr)
    sys.exit(1)
