"""What the acts on response plans share: the lock, moves of the plan's life, and what is linked to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import visible_levers
from capacity.levers.models import Lever, LeverState
from capacity.notices.access import visible_notices
from capacity.notices.models import Notice
from capacity.notices.queries import published_notices
from capacity.regions.models import ConditionDeclaration, DeclarationState
from capacity.regions.queries import visible_declarations
from capacity.response.access import visible_plans
from capacity.response.models import (
    PLAN_LIFE,
    LinkedCondition,
    LinkedLever,
    LinkedLiaison,
    LinkedNotice,
    PlanLink,
    PlanMove,
    PlanState,
    ResponsePlan,
)
from customers.liaison.access import visible_items
from customers.liaison.models import LiaisonItem
from journal.record import record
from kit.refusal import Conflict, NotFound
from users.access import Actor


class PlanIsOver(Conflict):
    """What was stood down stays as it was."""

    code = "plan_is_over"
    message = _("This plan was stood down and is not changed any more.")
    remedy = _("Draft another plan where the incident comes back.")


class PlanNotActive(Conflict):
    """Work is done in an active plan."""

    code = "plan_not_active"
    message = _("This plan is not active.")
    remedy = _("A duty manager activates it first.")


@dataclass(frozen=True)
class LinkKind:
    """Something that can belong to a plan: its link rows, and the targets that an actor may link and read."""

    link: type[PlanLink]
    label: Any
    targets: Callable[[Actor], QuerySet[Any]]
    visible: Callable[[Actor], QuerySet[Any]]


def _conditions(actor: Actor) -> QuerySet[ConditionDeclaration]:
    states = [DeclarationState.PROPOSED, DeclarationState.IN_FORCE]
    return visible_declarations(actor).filter(state__in=states).order_by("region__name", "-pk")


def _levers(actor: Actor) -> QuerySet[Lever]:
    return visible_levers(actor).exclude(state=LeverState.RESTORED).select_related("region").order_by("-pk")


def _notices(actor: Actor) -> QuerySet[Notice]:
    return (published_notices() | visible_notices(actor)).distinct().order_by("-pk")


def _contacts(actor: Actor) -> QuerySet[LiaisonItem]:
    return visible_items(actor).filter(closed_at=None).select_related("organization").order_by("-happened_date", "-pk")


LINKS: dict[str, LinkKind] = {
    "condition": LinkKind(LinkedCondition, _("Region condition"), _conditions, visible_declarations),
    "lever": LinkKind(LinkedLever, _("Lever"), _levers, visible_levers),
    "notice": LinkKind(LinkedNotice, _("Notice"), _notices, _notices),
    "liaison": LinkKind(LinkedLiaison, _("Contact"), _contacts, visible_items),
}


def lock_plan(actor: Actor, plan_id: UUID) -> ResponsePlan:
    """The plan, locked; raises `NotFound` where the actor may not know of it."""
    key = visible_plans(actor).filter(public_id=plan_id).values_list("pk", flat=True).first()
    if key is None:
        raise NotFound()
    return ResponsePlan.objects.select_for_update().get(pk=key)


def require_open(plan: ResponsePlan) -> None:
    """Raise `PlanIsOver` for plans that were stood down."""
    if plan.state in (PlanState.STOOD_DOWN, PlanState.REVIEWED):
        raise PlanIsOver()


def move_plan(
    plan: ResponsePlan, state: PlanState, *, actor: Actor, at: datetime, reason: str = "", **facts: Any
) -> None:
    """Bring the plan into another state in the caller's transaction, with its move and its journal entry."""
    PLAN_LIFE.require(plan.state, state)
    before = plan.state
    for name, value in facts.items():
        setattr(plan, name, value)
    plan.state = state
    plan.row_version += 1
    plan.save()
    PlanMove.objects.create(plan=plan, old_state=before, new_state=state, by_id=actor.user_id, at=at, reason=reason)
    record(
        actor=actor,
        action=_MOVED[state],
        subject_type="response_plan",
        subject_id=plan.public_id,
        reason=reason,
        before={"state": before},
        after={"state": state},
        at=at,
    )


_MOVED = {
    PlanState.ACTIVE: "plan.activated",
    PlanState.STOOD_DOWN: "plan.stood_down",
    PlanState.REVIEWED: "plan.reviewed",
}
