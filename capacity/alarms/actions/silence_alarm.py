"""Say that nobody needs to be reminded of an alarm until a moment, and why; or that one does again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import may_silence_alarm
from capacity.alarms.keeping import about, lock_open_alarm
from capacity.alarms.models import LONGEST_SILENCE, Alarm
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from kit.templatetags.ui import absolute
from users.access import Actor


class BadSilence(Invalid):
    """It would have no end soon enough, or no reason."""

    code = "bad_silence"
    message = _("A silence ends later than now and within %(days)s days, and says why.")


class SilentAlready(Conflict):
    """A silence is stated once; who wants another ends it first."""

    code = "alarm_is_silent"
    message = _("%(name)s has silenced this until %(until)s.")
    remedy = _("End that silence first if another should hold.")


class NotSilent(Conflict):
    """There is nothing to end."""

    code = "alarm_is_not_silent"
    message = _("This alarm is not silenced.")


def silence_alarm(*, actor: Actor, alarm_id: UUID, until: datetime, reason: str, at: datetime) -> Alarm:
    """Leave an open alarm out of what waits for anybody until a moment at most seven days away.

    It stays open, is listed, and waits again when the window is over: nothing has to happen for that.
    Raises `AlarmIsOver`, `SilentAlready`, `BadSilence`.
    """
    with transaction.atomic():
        alarm = lock_open_alarm(actor, alarm_id)
        require(may_silence_alarm(actor, alarm))
        if alarm.is_silent(at) and alarm.silenced_by and alarm.silenced_until:
            raise SilentAlready(name=alarm.silenced_by.name, until=absolute(alarm.silenced_until))
        reason = reason.strip()[:300]
        if not (at < until <= at + LONGEST_SILENCE and reason):
            raise BadSilence(days=LONGEST_SILENCE.days)
        alarm.silenced_by_id, alarm.silenced_at, alarm.silenced_until = actor.user_id, at, until
        alarm.silence_reason = reason
        return _kept(
            alarm, "alarm.silenced", {**about(alarm), "until": until.isoformat()}, actor=actor, reason=reason, at=at
        )


def end_silence(*, actor: Actor, alarm_id: UUID, at: datetime) -> Alarm:
    """Let an alarm wait again before its silence is over. Raises `AlarmIsOver`, `NotSilent`."""
    with transaction.atomic():
        alarm = lock_open_alarm(actor, alarm_id)
        require(may_silence_alarm(actor, alarm))
        if not alarm.is_silent(at):
            raise NotSilent()
        # The silence stays in the journal.
        alarm.silenced_by = alarm.silenced_at = alarm.silenced_until = None
        alarm.silence_reason = ""
        return _kept(alarm, "alarm.silence_ended", about(alarm), actor=actor, reason="", at=at)


def _kept(alarm: Alarm, action: str, after: dict[str, object], *, actor: Actor, reason: str, at: datetime) -> Alarm:
    alarm.row_version += 1
    alarm.save(update_fields=["silenced_by", "silenced_at", "silenced_until", "silence_reason", "row_version"])
    record(
        actor=actor,
        action=action,
        subject_type="alarm",
        subject_id=alarm.public_id,
        reason=reason,
        after=after,
        at=at,
    )
    return alarm
