"""What ends the preparation is said truly: its own words stand above, or a signal cut it off."""

import os
import signal
import sys

import pytest

from script.support import environment
from script.support.steps import CannotGoOn


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})", "SIGKILL"),
        ("import sys; sys.exit('no disk')", "the reason is above"),
    ],
)
def test_a_preparation_that_was_cut_off_names_the_signal(monkeypatch, act, said):
    real = environment.run_to_end
    monkeypatch.setattr(environment, "run_to_end", lambda command, env: real([sys.executable, "-c", act], env))
    with pytest.raises(CannotGoOn, match=said):
        environment.prepare(dict(os.environ), demo=False)
