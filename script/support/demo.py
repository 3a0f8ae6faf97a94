"""`script/demo`: fills the database of this folder with the demonstration."""

from script.support.environment import data_folder, on_the_data, prepare, run_to_end
from script.support.setup import set_up
from script.support.steps import PYTHON, main


def demo(arguments: list[str]) -> int:
    """Arguments go to `manage.py demo`. Works beside a running server, and without one."""
    set_up("base")
    with on_the_data(data_folder()) as environment:
        prepare(environment, demo=False)
        # As for the background (`config/celery.py`), whose forecasts the demonstration makes.
        alone = {"OPENBLAS_NUM_THREADS": "1"}
        return run_to_end([PYTHON, "manage.py", "demo", *arguments], {**environment, **alone})


if __name__ == "__main__":
    main(demo)
