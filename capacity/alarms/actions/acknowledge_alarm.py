"""Say that one has taken up an alarm: from now on it is one's own."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import may_acknowledge_alarm
from capacity.alarms.keeping import about, lock_open_alarm
from capacity.alarms.models import Alarm
from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor


class TakenUp(Conflict):
    """Another person acknowledged it first."""

    code = "alarm_taken_up"
    message = _("%(name)s has taken this up already.")
    remedy = _("Take it over if you want to see to it yourself.")


def acknowledge_alarm(*, actor: Actor, alarm_id: UUID, at: datetime) -> Alarm:
    """Take up an open alarm. It stays open until its cause is gone. Raises `AlarmIsOver`, `TakenUp`."""
    with transaction.atomic():
        alarm = lock_open_alarm(actor, alarm_id)
        require(may_acknowledge_alarm(actor, alarm))
        if alarm.owner is not None:
            raise TakenUp(name=alarm.owner.name)
        alarm.acknowledged_by_id = alarm.owner_id = actor.user_id
        alarm.acknowledged_at = at
        alarm.row_version += 1
        alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "owner", "row_version"])
        record(
            actor=actor,
            action="alarm.acknowledged",
            subject_type="alarm",
            subject_id=alarm.public_id,
            after=about(alarm),
            at=at,
        )
        return alarm
