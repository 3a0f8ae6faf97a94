"""Set-up does each thing once, and again when its inputs change."""

import subprocess

import pytest

from script.support import setup, tests
from script.support.steps import ROOT, CannotGoOn


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose environment counts how often it was made and filled."""
    (tmp_path / "requirements").mkdir()
    for name in ("base", "dev", "uv"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(name)
    (tmp_path / ".venv").mkdir()
    done = []
    monkeypatch.setattr(setup, "REQUIREMENTS", tmp_path / "requirements")
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "_works", lambda: True)
    monkeypatch.setattr(setup, "_install", lambda lock: done.append(lock.stem))
    return tmp_path, done


def test_packages_are_installed_once_and_again_when_the_lock_changes(project):
    folder, done = project
    setup._python_packages("base")
    setup._python_packages("base")
    assert done == ["base"]
    (folder / "requirements" / "base.txt").write_text("newer")
    setup._python_packages("base")
    assert done == ["base", "base"]


def test_starting_the_server_never_takes_the_test_tools_away(project):
    folder, done = project
    setup._python_packages("base")
    setup._python_packages("dev")
    setup._python_packages("base")
    assert done == ["base", "dev"]
    (folder / "requirements" / "dev.txt").write_text("newer")
    setup._python_packages("base")
    assert done == ["base", "dev", "dev"]


def test_a_broken_installation_is_not_taken_for_a_finished_one(project, monkeypatch):
    _, done = project
    with monkeypatch.context() as broken:

        def fail(lock):
            raise CannotGoOn("no network")

        broken.setattr(setup, "_install", fail)
        with pytest.raises(CannotGoOn):
            setup._python_packages("base")
    setup._python_packages("base")
    assert done == ["base"]


def test_every_locked_package_has_a_hash_and_no_address():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock
        # A requirement begins its line and goes on in the next with its hashes.
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pinned, lock
        assert all("==" in line and line.endswith("\\") for line in pinned), lock


def test_scripts_are_shell_that_any_system_reads_and_refuse_an_old_python(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python"):
        (tmp_path / name).symlink_to(old)
    for script in ("server", "test", "check", "setup", "demo", "messages", "bench"):
        done = subprocess.run(
            [ROOT / "script" / script],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == (
            "Vorrang needs Python 3.11 or newer; this machine has Python 3.9.2. Install one and start again.\n"
        )


def test_a_missing_browser_is_named_with_what_to_install(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(tests.shutil, "which", lambda name: "/bin/chromium" if name == "chromium" else None)
    assert tests.find_browser() == "/bin/chromium"
    monkeypatch.setattr(tests.shutil, "which", lambda name: None)
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    with pytest.raises(
        CannotGoOn, match=r"^The browser tests need Chromium: install it \(.*apt-get install chromium\)"
    ):
        tests.find_browser()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CannotGoOn, match="CHROMIUM names /nowhere/chromium"):
        tests.find_browser()
