"""Long properties: a few rounds in the suite, the full count when `script/drill` runs them.

A drill is a test with the marker `drill` that asks `rounds` how often to go round:

    @pytest.mark.drill
    def test_nobody_approves_themself():
        for number in range(rounds(50, full=10_000)):
            ...
"""

import os


def rounds(few: int, *, full: int) -> int:
    """`full` when `script/drill` runs, or the number that `VORRANG_DRILL` names; `few` otherwise."""
    asked = os.environ.get("VORRANG_DRILL", "")
    if not asked:
        return few
    return int(asked) if asked.isdigit() else full


def is_full() -> bool:
    """Whether counts are asked for that take more than a moment, as `script/drill` does."""
    return bool(os.environ.get("VORRANG_DRILL"))
