"""Say what belongs to a plan, and take back what does not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.response.access import may_change_plan
from capacity.response.models import ResponsePlan
from capacity.response.plans import LINKS, LinkKind, lock_plan, require_open
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor


class CannotLink(Invalid):
    """There is nothing of that kind, or the actor may not see it."""

    code = "cannot_link"


class LinkedAlready(Conflict):
    """Once is enough."""

    code = "linked_already"
    message = _("This belongs to the plan already.")


def link_to_plan(*, actor: Actor, plan_id: UUID, kind: str, target: UUID, at: datetime) -> ResponsePlan:
    """Let a condition, lever, notice or contact that the actor may read belong to the plan.

    Raises `CannotLink`, `LinkedAlready` and `PlanIsOver`.
    """
    with transaction.atomic():
        plan, of_kind = _plan_and_kind(actor, plan_id, kind)
        found = of_kind.targets(actor).filter(public_id=target).first()
        if found is None:
            raise CannotLink({"target": [_("Choose one of these.")]})
        link: Any = of_kind.link
        if link.objects.filter(plan=plan, target=found).exists():
            raise LinkedAlready()
        link.objects.create(plan=plan, target=found, linked_by_id=actor.user_id, linked_at=at)
        _tell("plan.linked", actor, plan, kind, target, at)
        return plan


def unlink_from_plan(*, actor: Actor, plan_id: UUID, kind: str, target: UUID, at: datetime) -> ResponsePlan:
    """Take a link away that the actor may see. Raises `NotFound` and `PlanIsOver`."""
    with transaction.atomic():
        plan, of_kind = _plan_and_kind(actor, plan_id, kind)
        link: Any = of_kind.link
        gone, _rows = link.objects.filter(
            plan=plan, target__in=of_kind.visible(actor).filter(public_id=target).values("pk")
        ).delete()
        if not gone:
            raise NotFound()
        _tell("plan.unlinked", actor, plan, kind, target, at)
        return plan


def _plan_and_kind(actor: Actor, plan_id: UUID, kind: str) -> tuple[ResponsePlan, LinkKind]:
    plan = lock_plan(actor, plan_id)
    require_open(plan)
    require(may_change_plan(actor, plan))
    if kind not in LINKS:
        raise NotFound()
    return plan, LINKS[kind]


def _tell(action: str, actor: Actor, plan: ResponsePlan, kind: str, target: UUID, at: datetime) -> None:
    record(
        actor=actor,
        action=action,
        subject_type="response_plan",
        subject_id=plan.public_id,
        after={"kind": kind, "target": str(target)},
        at=at,
    )
