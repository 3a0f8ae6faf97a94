"""Who reads response plans, drafts, activates and works through them.

In an incident everybody must know what is being done, so every role reads plans from their activation on; what is
linked is shown only to those who may read it where it is kept.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.response.models import PlanItem, PlanPhase, PlanState, ResponsePlan
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.models import User
from users.queries import people_with
from users.roles import Role

# Who sees a draft: those who write and those who answer for it, and the auditor.
DRAFTS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.AUDITOR)
RUN = (Role.REGION_OPERATOR, Role.DUTY_MANAGER)
REVIEW = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.EXECUTIVE)


class OwnPlan(NotAllowed):
    """Separation of duties: another person activates."""

    code = "own_plan"
    message = _("You drafted this plan yourself; another person activates it.")
    remedy = _("It waits for a duty manager who did not draft it.")


class NotYourDraft(NotAllowed):
    """A draft has one hand, so that it is clear who may not activate it."""

    code = "not_your_draft"
    message = _("Only who drafted a plan changes the draft.")
    remedy = _("Ask them, or draft a plan of your own.")


class OwnStandDown(NotAllowed):
    """Another person looks back."""

    code = "own_stand_down"
    message = _("You stood this plan down yourself; another person reviews it.")
    remedy = _("Ask somebody else who worked on it.")


class NotYourTask(NotAllowed):
    """A task is done by its owner, or said to be done by those who run the plan."""

    code = "not_your_task"
    message = _("This task belongs to somebody else.")
    remedy = _("Ask its owner, a region operator or a duty manager.")


def visible_plans(actor: Actor) -> QuerySet[ResponsePlan]:
    """Every plan that was activated, for everybody who holds a role; drafts for those who write or sign them."""
    if actor.holds(*DRAFTS):
        return ResponsePlan.objects.all()
    return ResponsePlan.objects.exclude(state=PlanState.DRAFTED) if actor.roles else ResponsePlan.objects.none()


def may_read_plans(actor: Actor) -> Refusal | None:
    """Everybody who holds a role."""
    return None if actor.roles else NotAllowed()


def may_draft_plan(actor: Actor) -> Refusal | None:
    """Region operators draft."""
    return actor.needs(Role.REGION_OPERATOR)


def may_change_plan(actor: Actor, plan: ResponsePlan) -> Refusal | None:
    """A draft is its drafter's; an active plan is added to by those who run it."""
    if not plan.is_drafted:
        return actor.needs(*RUN)
    return actor.needs(Role.REGION_OPERATOR) or (None if plan.drafted_by_id == actor.user_id else NotYourDraft())


def may_activate_plan(actor: Actor, plan: ResponsePlan, at: datetime) -> Refusal | None:
    """A duty manager other than who drafted it, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER):
        return refusal
    return OwnPlan() if plan.drafted_by_id == actor.user_id else actor.needs_fresh_sign_in(at)


def plans_to_activate(actor: Actor) -> QuerySet[ResponsePlan]:
    """Drafts with phases that this duty manager may bring into force, the oldest first."""
    return complete_drafts().exclude(drafted_by=actor.user_id).order_by("drafted_at", "pk")


def complete_drafts() -> QuerySet[ResponsePlan]:
    """Drafts that could be activated: there is a phase to begin with."""
    phases = PlanPhase.objects.filter(plan=OuterRef("pk"))
    return ResponsePlan.objects.filter(Exists(phases), state=PlanState.DRAFTED)


def may_move_phase(actor: Actor, current: PlanPhase | None) -> Refusal | None:
    """Those who run the plan, and the owner of the phase that ends."""
    return None if current and current.owner_id == actor.user_id else actor.needs(*RUN)


def may_finish_item(actor: Actor, item: PlanItem) -> Refusal | None:
    """Its owner, or those who run the plan."""
    if item.owner_id == actor.user_id and actor.is_somebody:
        return None
    return None if actor.holds(*RUN) else NotYourTask()


def may_stand_down(actor: Actor) -> Refusal | None:
    """Duty managers say that it is over."""
    return actor.needs(Role.DUTY_MANAGER)


def may_review_plan(actor: Actor, plan: ResponsePlan) -> Refusal | None:
    """Somebody of those who worked with it, other than who stood it down."""
    if refusal := actor.needs(*REVIEW):
        return refusal
    return OwnStandDown() if plan.stood_down_by_id == actor.user_id else None


def possible_owners() -> QuerySet[User]:
    """Who may own a phase or a task: everybody who works here and holds a role."""
    return people_with(*Role)
