"""Take an alarm over from a colleague, or hand it to one."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import TAKE_UP, may_acknowledge_alarm, may_hand_over_alarm
from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarm
from capacity.alarms.keeping import about, lock_open_alarm
from capacity.alarms.models import Alarm
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor, actor_of
from users.models import User


class HasItAlready(Conflict):
    """It would stay where it is."""

    code = "alarm_has_this_owner"
    message = _("%(name)s has this alarm already.")


class CannotOwnAlarm(Invalid):
    """The person could do nothing about it."""

    code = "cannot_own_alarm"
    message = _("%(name)s is neither operator nor duty manager of this region.")
    remedy = _("Hand it to somebody who is.")


def take_over_alarm(*, actor: Actor, alarm_id: UUID, at: datetime) -> Alarm:
    """Become the owner of an open alarm that another person has; one that nobody has is taken up.

    Raises `AlarmIsOver`, `HasItAlready`.
    """
    with transaction.atomic():
        alarm = lock_open_alarm(actor, alarm_id)
        require(may_acknowledge_alarm(actor, alarm))
        if alarm.owner is None:
            return acknowledge_alarm(actor=actor, alarm_id=alarm_id, at=at)
        return _give(alarm, User.objects.get(pk=actor.user_id), "alarm.taken_over", actor=actor, reason="", at=at)


def hand_over_alarm(*, actor: Actor, alarm_id: UUID, to: UUID, reason: str = "", at: datetime) -> Alarm:
    """Give an open alarm to a colleague who may do something about it in its region.

    Raises `AlarmIsOver`, `NotYours`, `HasItAlready`, `CannotOwnAlarm`.
    """
    with transaction.atomic():
        alarm = lock_open_alarm(actor, alarm_id)
        require(may_hand_over_alarm(actor, alarm))
        colleague = User.objects.filter(public_id=to).first()
        if colleague is None or not actor_of(colleague).holds(*TAKE_UP, region=alarm.region.code):
            raise CannotOwnAlarm(name=colleague.name if colleague else "–")
        return _give(alarm, colleague, "alarm.handed_over", actor=actor, reason=reason[:300], at=at)


def _give(alarm: Alarm, person: User, action: str, *, actor: Actor, reason: str, at: datetime) -> Alarm:
    before = alarm.owner
    if before is not None and before.pk == person.pk:
        raise HasItAlready(name=person.name)
    if before is None:
        # Who gives it away has seen it.
        alarm.acknowledged_by_id, alarm.acknowledged_at = actor.user_id, at
    alarm.owner = person
    alarm.row_version += 1
    alarm.save(update_fields=["acknowledged_by", "acknowledged_at", "owner", "row_version"])
    record(
        actor=actor,
        action=action,
        subject_type="alarm",
        subject_id=alarm.public_id,
        reason=reason,
        before={"owner": str(before.public_id) if before else None},
        after={**about(alarm), "owner": str(person.public_id)},
        at=at,
    )
    return alarm
