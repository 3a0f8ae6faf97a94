"""Who sees levers, who pulls them, who signs."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import Lever
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.roles import Role

READERS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.EXECUTIVE, Role.AUDITOR)


class OwnStep(NotAllowed):
    """Separation of duties: another person signs."""

    code = "own_step"
    message = _("You asked for this step yourself; another person signs it.")
    remedy = _("It waits for a duty manager who did not ask for it.")


def may_see_levers(actor: Actor) -> Refusal | None:
    """Whether one may see which offers are restricted, and why."""
    return actor.needs(*READERS)


def visible_levers(actor: Actor) -> QuerySet[Lever]:
    """All levers for those who see them."""
    return Lever.objects.all() if actor.holds(*READERS) else Lever.objects.none()


def may_propose_step(actor: Actor, region_code: str | None) -> Refusal | None:
    """Region operators propose; a lever over all regions takes one who looks after all of them."""
    if refusal := actor.needs(Role.REGION_OPERATOR, region=region_code):
        return refusal
    if region_code is None and actor.regions_of(Role.REGION_OPERATOR) is not None:
        return actor.needs(Role.REGION_OPERATOR, region="*")
    return None


def may_sign_step(actor: Actor, lever: Lever, *, at: datetime) -> Refusal | None:
    """A duty manager other than who asked, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER, region=lever.region.code if lever.region else None):
        return refusal
    return OwnStep() if actor.user_id == lever.pending_by_id else actor.needs_fresh_sign_in(at)
