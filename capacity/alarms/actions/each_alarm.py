"""One act on many alarms, each by itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from capacity.alarms.access import visible_alarms
from capacity.alarms.models import Alarm
from kit.refusal import NotFound, Refusal
from users.access import Actor


@dataclass(frozen=True)
class Result:
    """What became of one alarm: the alarm where the actor sees it, and the refusal where it was refused."""

    alarm: Alarm | None
    refusal: Refusal | None


def each_alarm(actor: Actor, alarm_ids: Iterable[UUID], act: Callable[[UUID], object]) -> list[Result]:
    """Do `act` to each of these; what is refused of one does not hold up the others. In the order of raising."""
    with transaction.atomic():
        ids = set(alarm_ids)
        seen = list(visible_alarms(actor).filter(public_id__in=ids).select_related("region").order_by("pk"))
        hidden = sorted(ids - {alarm.public_id for alarm in seen})
        refused: dict[UUID, Refusal] = {}
        # In the order in which whatever keeps alarms locks them, so that neither waits for the other.
        for alarm_id in [*(alarm.public_id for alarm in seen), *hidden]:
            try:
                act(alarm_id)
            except Refusal as refusal:
                refused[alarm_id] = refusal
    results = [Result(alarm, refused.get(alarm.public_id)) for alarm in seen]
    return results + [Result(None, refused.get(key) or NotFound()) for key in hidden]
