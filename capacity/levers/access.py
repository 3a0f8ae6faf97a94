"""Who sees levers, who pulls them, who signs, who measures."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import Lever, LiftProposal, LiftState
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


def may_work_lever(actor: Actor, region_code: str | None) -> Refusal | None:
    """Region operators propose, measure and answer; a lever over all regions takes one who looks after all of them."""
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


def steps_to_sign(actor: Actor) -> QuerySet[Lever]:
    """Levers with a step that this duty manager may sign, the longest set up first."""
    waiting = Lever.objects.exclude(pending_state="").exclude(pending_by=actor.user_id).order_by("pk")
    reach = actor.regions_of(Role.DUTY_MANAGER)
    return waiting if reach is None else waiting.filter(Q(region=None) | Q(region__code__in=reach))


def lifts_to_answer(actor: Actor) -> QuerySet[LiftProposal]:
    """Open proposals to lift whose lever this operator works, the oldest first."""
    waiting = LiftProposal.objects.filter(state=LiftState.OPEN).order_by("pk")
    reach = actor.regions_of(Role.REGION_OPERATOR)
    return waiting if reach is None else waiting.filter(lever__region__code__in=reach)
