"""The supervisor heals what dies, gives up on what cannot live, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from script.support.steps import ROOT, CannotGoOn, run, wait_until
from script.support.supervise import Child, Supervisor, end_leftovers, is_running


@pytest.fixture
def supervisor(tmp_path):
    supervisor = Supervisor(tmp_path / "children.json")
    yield supervisor
    supervisor.stop()


def sleeper(tmp_path, name="sleeper", ends=1, code="import time; time.sleep(600)"):
    return Child(name, "python", [sys.executable, "-c", code], tmp_path / f"{name}.log", ends)


def watch(supervisor, during):
    """Let the supervisor watch in this thread, as it must, while `during` acts in another."""
    failures = []

    def act():
        try:
            during()
        except BaseException as failure:
            failures.append(failure)
        finally:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=act)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        supervisor.watch()
    thread.join()
    assert not failures, failures


def test_a_killed_child_lives_again(supervisor, tmp_path, capsys):
    child = sleeper(tmp_path)
    supervisor.start(child)
    first = child.process.pid

    def kill():
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: child.process.pid != first and child.process.poll() is None, within=10)

    watch(supervisor, kill)
    assert "The sleeper ended (SIGKILL); starting it again." in capsys.readouterr().out
    assert list(json.loads(supervisor.register.read_text())) == [str(child.process.pid)]


def test_the_register_is_never_seen_half_written(supervisor, tmp_path):
    """Whoever reads it while a child starts again, be it the next start after a kill, finds the whole last state."""
    first = sleeper(tmp_path)
    supervisor.start(first)
    with supervisor.register.open() as opened_before:
        supervisor.start(sleeper(tmp_path, "second"))
        assert list(json.loads(opened_before.read())) == [str(first.process.pid)]
    assert len(json.loads(supervisor.register.read_text())) == 2


def test_a_child_that_keeps_dying_ends_everything_with_its_last_words(supervisor, tmp_path):
    supervisor.start(sleeper(tmp_path, code="import time; time.sleep(.2); raise SystemExit('no such table')"))
    with pytest.raises(CannotGoOn, match=r"sleeper keeps ending \(code 1\)(.|\n)*no such table"):
        supervisor.watch()


def test_a_child_that_cannot_start_is_told_apart_from_one_that_never_gets_ready(supervisor, tmp_path):
    child = sleeper(tmp_path, "broken", code="raise SystemExit('bad configuration')")
    child.is_ready = lambda: False
    with pytest.raises(CannotGoOn, match=r"broken could not start(.|\n)*bad configuration"):
        supervisor.start(child)
    silent = sleeper(tmp_path, "silent")
    silent.is_ready = lambda: False
    with pytest.raises(CannotGoOn, match="silent did not get ready within 1 seconds"):
        supervisor.start(silent, within=1)


def test_children_end_in_their_order_with_all_they_started(supervisor, tmp_path):
    order = tmp_path / "order"
    ending = (
        "import signal, subprocess, sys, time, pathlib\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"file = pathlib.Path({str(order)!r})\n"
        "def end(*_):\n"
        "    file.open('a').write('{name} ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "pathlib.Path('{ready}').write_text(str(grandchild.pid))\n"
        "time.sleep(600)\n"
    )
    grandchildren = []
    for name, ends in (("database", 3), ("worker", 2), ("web", 1)):
        ready = tmp_path / f"{name}.ready"
        child = sleeper(tmp_path, name, ends, ending.replace("{name}", name).replace("{ready}", str(ready)))
        child.is_ready = lambda ready=ready: ready.exists() and ready.read_text() != ""
        supervisor.start(child)
        grandchildren.append(int(ready.read_text()))
    supervisor.stop()
    assert order.read_text().split() == ["web", "worker", "database"]
    assert wait_until(lambda: not any(is_running(pid, "python") for pid in grandchildren), within=10)


def test_a_child_that_ignores_the_signal_is_ended_by_force(supervisor, tmp_path):
    stubborn = sleeper(
        tmp_path,
        "stubborn",
        code="import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
    )
    stubborn.patience = 0.5
    stubborn.is_ready = lambda: "deaf" in stubborn.log.read_text()
    supervisor.start(stubborn)
    began = time.monotonic()
    supervisor.stop()
    assert stubborn.process.poll() == -signal.SIGKILL
    assert time.monotonic() - began < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel tells children that their parent was killed")
def test_a_killed_supervisor_takes_its_children_with_it(tmp_path):
    code = (
        "import pathlib, sys\n"
        "from script.support.supervise import Child, Supervisor\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "supervisor = Supervisor(folder / 'children.json')\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "supervisor.start(Child('sleeper', 'python', command, folder / 'log', 1))\n"
        "print(supervisor.children[0].process.pid, flush=True)\n"
        "supervisor.watch()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    assert is_running(child, "python")
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_until(lambda: not is_running(child, "python"), within=5)


def test_leftovers_are_ended_by_number_and_name_so_that_a_stranger_is_spared(tmp_path):
    register = tmp_path / "children.json"
    left, stranger = (subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(2))
    try:
        register.write_text(json.dumps({left.pid: "python", stranger.pid: "postgres", 2**22 + 1: "python"}))
        end_leftovers(register)
        assert left.wait(timeout=5) == -signal.SIGINT or left.returncode == 1
        assert stranger.poll() is None
        assert not register.exists()
        end_leftovers(register)
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_a_failing_command_is_one_sentence_with_its_last_lines():
    assert run(sys.executable, "-c", "print('fine')") == "fine\n"
    with pytest.raises(CannotGoOn, match=r"^It did not work\.\n    no such package$"):
        run(sys.executable, "-c", "raise SystemExit('no such package')", failing="It did not work.")
    with pytest.raises(CannotGoOn, match=r"^The disk that holds .* is full\."):
        run(sys.executable, "-c", "import errno, os; raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))")
