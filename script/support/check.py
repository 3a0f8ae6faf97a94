"""`script/check`: everything that can be said about the code without running it."""

import concurrent.futures
import os
import subprocess
import sys
import time
from pathlib import Path

from script.support.setup import set_up
from script.support.steps import PYTHON, ROOT, VENV, CannotGoOn, main

BIN = VENV / "bin"
MANAGE = (PYTHON, "manage.py")
# What production would set; no server is asked, so the addresses need not exist.
PRODUCTION = {
    "VORRANG_ENV": "production",
    "VORRANG_SECRET_KEY": "".join(chr(33 + number % 90) for number in range(97)),
    "VORRANG_HOSTS": "vorrang.example",
    "DATABASE_URL": "postgresql://vorrang_app@127.0.0.1:1/vorrang",
    "DATABASE_OWNER_URL": "postgresql://vorrang_owner@127.0.0.1:1/vorrang",
    "BROKER_URL": "redis://127.0.0.1:1/0",
}
TESTING = {**PRODUCTION, "VORRANG_ENV": "test"}

# The slowest first, because two run at a time.
CHECKS: dict[str, tuple[tuple[str | Path, ...], dict[str, str]]] = {
    "Types": ((BIN / "mypy", "--no-error-summary"), TESTING),
    "Import contracts": ((BIN / "lint-imports", "--no-cache"), {}),
    "Models and migrations agree": ((*MANAGE, "makemigrations", "--check", "--dry-run"), TESTING),
    "Production settings": ((*MANAGE, "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    "German texts": ((PYTHON, "-m", "script.support.messages", "--check"), {}),
    "Code style": ((BIN / "ruff", "check", "--quiet", "--output-format", "concise"), {}),
    "Code format": ((BIN / "ruff", "format", "--check", "--output-format", "concise"), {}),
}


def check(arguments: list[str]) -> None:
    """Run all checks, two at a time, and print what each failing one said."""
    if arguments:
        raise CannotGoOn("script/check takes no arguments.")
    set_up("dev")
    run_checks()


def run_checks() -> None:
    """Raises CannotGoOn that names the checks which failed, after printing their output."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        results = {name: pool.submit(_run_one, *what) for name, what in CHECKS.items()}
        failed = [name for name, result in results.items() if not _report(name, *result.result())]
    if failed:
        raise CannotGoOn(f"Not in order: {', '.join(failed)}.")


def _run_one(command: tuple[str | Path, ...], env: dict[str, str]) -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - began


def _report(name: str, code: int, output: str, seconds: float) -> bool:
    print(f"  {name:<46}{seconds:7.1f} s{'' if code == 0 else '  FAILED'}", flush=True)
    if code:
        print(output.rstrip(), file=sys.stdout, flush=True)
    return code == 0


if __name__ == "__main__":
    main(check)
