"""`script/bench`: runs one of the measurements in bench/ on a database of its own."""

import tempfile
from pathlib import Path

from script.support import services
from script.support.environment import prepare, run_to_end
from script.support.setup import set_up
from script.support.steps import PYTHON, ROOT, CannotGoOn, main, step
from script.support.supervise import Supervisor


def bench(arguments: list[str]) -> int:
    """`script/bench NAME [ARGUMENTS]`: bench/NAME.py, with a fresh, durable database and a broker."""
    names = sorted(file.stem for file in (ROOT / "bench").glob("[!_]*.py"))
    if not arguments or arguments[0] not in names:
        raise CannotGoOn(f"Say what to measure: script/bench NAME, with NAME one of {', '.join(names)}.")
    set_up("dev")
    with tempfile.TemporaryDirectory(prefix="vorrang-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        supervisor = Supervisor(data / "children.json")
        try:
            with step("Database and broker"):
                environment = services.start_database(supervisor, data) | services.start_broker(supervisor, data)
            environment |= {"VORRANG_DATA_DIR": folder, "VORRANG_SECRET_KEY": services.kept_secrets(data)["secret_key"]}
            prepare(environment, demo=False)
            return run_to_end([PYTHON, "-m", f"bench.{arguments[0]}", *arguments[1:]], environment)
        finally:
            supervisor.stop()


if __name__ == "__main__":
    main(bench)
