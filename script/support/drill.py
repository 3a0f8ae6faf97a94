"""`script/drill`: every test marked `drill`, at its full count, on a database and broker of its own."""

import os
import time

from script.support.environment import run_to_end
from script.support.setup import set_up
from script.support.steps import PYTHON, ROOT, main, require_disk
from script.support.tests import find_browser, temporary_services


def drill(arguments: list[str]) -> int:
    """Run the drills, two at a time, naming what each took; arguments go to pytest. `VORRANG_DRILL=N` sets counts."""
    began = time.monotonic()
    set_up("dev")
    require_disk(ROOT, megabytes=1000)
    browser = find_browser()
    with temporary_services() as environment:
        options = ["-m", "drill", "-n", "2", "--dist", "loadgroup", "--durations", "0", "-q"]
        environment |= {"VORRANG_DRILL": os.environ.get("VORRANG_DRILL", "full"), "CHROMIUM": browser}
        code = run_to_end([PYTHON, "-m", "pytest", *options, *arguments], environment)
    print(f"script/drill took {time.monotonic() - began:.0f} s.", flush=True)
    return code


if __name__ == "__main__":
    main(drill)
