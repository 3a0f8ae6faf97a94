"""What others show on the pages of overrides: this app asks, those above answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from kit.charts import Chart
from priorities.models import Override

# Whom an override overtakes at a moment, as its row keeps them: [{number, tier, region}].
Effects = Callable[[Override, datetime], list[dict[str, Any]]]
# How many decisions were made under overrides, in pictures with their tables.
Pictures = Callable[[datetime], Sequence[Chart]]
_answers: dict[str, Callable[..., Any]] = {}


def provide_override_pages(*, effects: Effects, pictures: Pictures) -> None:
    """Called once by the wiring."""
    _answers.update(effects=effects, pictures=pictures)


def overtaken_now(override: Override, at: datetime) -> list[dict[str, Any]]:
    """Whom it overtakes as the queues stand at the moment."""
    found: list[dict[str, Any]] = _answers["effects"](override, at)
    return found


def pictures(at: datetime) -> Sequence[Chart]:
    """What stands above the register."""
    found: Sequence[Chart] = _answers["pictures"](at)
    return found
