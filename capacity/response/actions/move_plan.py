"""Activate a plan, stand it down, review it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.response.access import may_activate_plan, may_review_plan, may_stand_down
from capacity.response.models import PLAN_LIFE, PlanState, ResponsePlan
from capacity.response.plans import lock_plan, move_plan
from kit.refusal import Conflict, Invalid, require
from users.access import Actor


class NeedsPhase(Conflict):
    """Without a phase nobody would know what is on."""

    code = "plan_needs_phase"
    message = _("A plan is activated with one phase at least.")
    remedy = _("Who drafted it adds the first phase.")


class NeedsText(Invalid):
    """An end and a review say something."""

    code = "plan_needs_text"


def activate_plan(*, actor: Actor, plan_id: UUID, at: datetime) -> ResponsePlan:
    """Bring a draft into force as a duty manager who did not draft it; its first phase begins.

    Needs a fresh sign-in step. Raises `NeedsPhase`, `MoveRefused`.
    """
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        require(may_activate_plan(actor, plan, at))
        PLAN_LIFE.require(plan.state, PlanState.ACTIVE)
        first = plan.phases.order_by("position").first()
        if first is None:
            raise NeedsPhase()
        first.began_at = at
        first.row_version += 1
        first.save(update_fields=["began_at", "row_version"])
        move_plan(plan, PlanState.ACTIVE, actor=actor, at=at, activated_by_id=actor.user_id, activated_at=at)
        return plan


def stand_down(*, actor: Actor, plan_id: UUID, reason: str, at: datetime) -> ResponsePlan:
    """End an active plan and its current phase, with a reason. Tasks that are left stay as they are."""
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        require(may_stand_down(actor))
        PLAN_LIFE.require(plan.state, PlanState.STOOD_DOWN)
        text = _said(reason, "reason")
        for phase in plan.phases.filter(began_at__isnull=False, ended_at=None):
            phase.ended_at = at
            phase.row_version += 1
            phase.save(update_fields=["ended_at", "row_version"])
        facts: dict[str, Any] = {"stood_down_by_id": actor.user_id, "stood_down_at": at, "stand_down_reason": text}
        move_plan(plan, PlanState.STOOD_DOWN, actor=actor, at=at, reason=text, **facts)
        return plan


def review_plan(*, actor: Actor, plan_id: UUID, review: str, at: datetime) -> ResponsePlan:
    """Say what went well and what is to change, as another person than who stood it down."""
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        require(may_review_plan(actor, plan))
        PLAN_LIFE.require(plan.state, PlanState.REVIEWED)
        text = _said(review, "review")
        facts: dict[str, Any] = {"reviewed_by_id": actor.user_id, "reviewed_at": at, "review": text}
        move_plan(plan, PlanState.REVIEWED, actor=actor, at=at, **facts)
        return plan


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise NeedsText({field: [_("This is missing.")]})
    return text.strip()
