"""Say that one has taken up an alarm."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import may_acknowledge_alarm, visible_alarms
from capacity.alarms.models import Alarm
from journal.record import record
from kit.refusal import Conflict, NotFound, Refusal, require
from users.access import Actor


class CannotAcknowledgeAlarm(Conflict):
    """Somebody was quicker, or the cause is gone."""

    code = "cannot_acknowledge_alarm"


class TakenUp(CannotAcknowledgeAlarm):
    """Another person acknowledged it first."""

    code = "alarm_taken_up"
    message = _("%(name)s has taken this up already.")


class AlarmIsOver(CannotAcknowledgeAlarm):
    """It ended by itself."""

    code = "alarm_is_over"
    message = _("The cause of this alarm is gone.")


def acknowledge_alarm(*, actor: Actor, alarm_id: UUID, at: datetime) -> Alarm:
    """Take up an open alarm. It stays open until its cause is gone. Raises `CannotAcknowledgeAlarm`."""
    with transaction.atomic():
        alarm = (
            visible_alarms(actor)
            .select_for_update(of=("self",))
            .select_related("region", "acknowledged_by")
            .filter(public_id=alarm_id)
            .first()
        )
        if alarm is None:
            raise NotFound()
        require(may_acknowledge_alarm(actor, alarm))
        if alarm.ended_at is not None:
            raise AlarmIsOver()
        if alarm.acknowledged_by is not None:
            raise TakenUp(name=alarm.acknowledged_by.name)
        alarm.acknowledged_by_id = actor.user_id
        alarm.acknowledged_at = at
        alarm.row_version += 1
        alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "row_version"])
        record(
            actor=actor,
            action="alarm.acknowledged",
            subject_type="alarm",
            subject_id=alarm.public_id,
            after={"kind": alarm.kind, "region": alarm.region.code, "subject": alarm.subject},
            at=at,
        )
        return alarm


@dataclass(frozen=True)
class Acknowledged:
    """What became of a set: the refusals of those that were not taken up."""

    refused: list[Refusal]


def acknowledge_alarms(*, actor: Actor, alarm_ids: Iterable[UUID], at: datetime) -> Acknowledged:
    """Take up each of these alarms; what is refused of one does not hold up the others."""
    refused: list[Refusal] = []
    with transaction.atomic():
        # In the order of keys, so that two bulk acts cannot wait for each other.
        for alarm_id in sorted(alarm_ids):
            try:
                acknowledge_alarm(actor=actor, alarm_id=alarm_id, at=at)
            except Refusal as refusal:
                refused.append(refusal)
    return Acknowledged(refused)
