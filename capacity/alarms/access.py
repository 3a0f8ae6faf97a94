"""Who may see alarms and say that they took one up."""

from django.db.models import QuerySet

from capacity.alarms.models import Alarm
from kit.refusal import Refusal
from users.access import Actor
from users.roles import Role

SEE_ALARMS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR)

TAKE_UP = (Role.REGION_OPERATOR, Role.DUTY_MANAGER)


def visible_alarms(actor: Actor) -> QuerySet[Alarm]:
    """The alarms of the regions that the actor's roles reach."""
    reach = actor.regions_of(*SEE_ALARMS)
    return Alarm.objects.all() if reach is None else Alarm.objects.filter(region__code__in=reach)


def alarms_to_take_up(actor: Actor) -> QuerySet[Alarm]:
    """Open alarms that nobody took up, in the regions where the actor may."""
    reach = actor.regions_of(*TAKE_UP)
    mine = Alarm.objects.filter(ended_at=None, acknowledged_by=None)
    return mine if reach is None else mine.filter(region__code__in=reach)


def may_see_alarms(actor: Actor) -> Refusal | None:
    """Whether there is an inbox for the actor at all."""
    return actor.needs(*SEE_ALARMS)


def may_acknowledge_alarm(actor: Actor, alarm: Alarm) -> Refusal | None:
    """Operators and duty managers take up what happens in their regions."""
    return actor.needs(*TAKE_UP, region=alarm.region.code)
