"""Who may see alarms, take them up, hand them over and silence them, and what waits for whom."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.alarms.models import Alarm
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.models import RoleAssignment, User
from users.queries import people_with
from users.roles import Role

SEE_ALARMS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR)

TAKE_UP = (Role.REGION_OPERATOR, Role.DUTY_MANAGER)


def visible_alarms(actor: Actor) -> QuerySet[Alarm]:
    """The alarms of the regions that the actor's roles reach."""
    reach = actor.regions_of(*SEE_ALARMS)
    return Alarm.objects.all() if reach is None else Alarm.objects.filter(region__code__in=reach)


def silent(at: datetime) -> Q:
    """The alarms of which nobody is reminded at a moment."""
    return Q(silenced_at__lte=at, silenced_until__gt=at)


def nobodys() -> Q:
    """The alarms that nobody has who works here and may still do something about them."""
    held = RoleAssignment.objects.filter(
        Q(regions=[]) | Q(regions__contains=[OuterRef("region__code")]),
        user=OuterRef("owner"),
        user__is_active=True,
        role__in=TAKE_UP,
        ended_at=None,
    )
    return Q(~Exists(held))


def alarms_waiting_for(actor: Actor, at: datetime) -> QuerySet[Alarm]:
    """Open alarms in the regions where the actor may do something, theirs or nobody's, silent ones left out."""
    reach = actor.regions_of(*TAKE_UP)
    waiting = Alarm.objects.filter(Q(owner=actor.user_id) | nobodys(), ended_at=None).exclude(silent(at))
    return waiting if reach is None else waiting.filter(region__code__in=reach)


def possible_owners() -> QuerySet[User]:
    """Who may own alarms of some region."""
    return people_with(*TAKE_UP)


class NotYours(NotAllowed):
    """Only who has an alarm gives it away."""

    code = "alarm_not_yours"
    message = _("%(name)s has this alarm and hands it over, or a duty manager does.")
    remedy = _("Take it over if you want to see to it yourself.")


def may_see_alarms(actor: Actor) -> Refusal | None:
    """Whether there is an inbox for the actor at all."""
    return actor.needs(*SEE_ALARMS)


def may_acknowledge_alarm(actor: Actor, alarm: Alarm) -> Refusal | None:
    """Operators and duty managers take up what happens in their regions."""
    return actor.needs(*TAKE_UP, region=alarm.region.code)


def may_silence_alarm(actor: Actor, alarm: Alarm) -> Refusal | None:
    """Those who take alarms up say for how long nobody needs to be reminded."""
    return may_acknowledge_alarm(actor, alarm)


def may_hand_over_alarm(actor: Actor, alarm: Alarm) -> Refusal | None:
    """Its owner gives it to a colleague; a duty manager gives away what is anybody's."""
    if refusal := may_acknowledge_alarm(actor, alarm):
        return refusal
    if alarm.owner_id in (None, actor.user_id) or actor.holds(Role.DUTY_MANAGER, region=alarm.region.code):
        return None
    return NotYours(name=alarm.owner.name if alarm.owner else "")
