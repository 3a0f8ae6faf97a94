"""Tasks of a plan's phases: what is to be done, by whom, by when, and that it was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.response.access import may_change_plan, may_finish_item, possible_owners
from capacity.response.models import PlanItem, PlanPhase
from capacity.response.plans import PlanNotActive, lock_plan, require_open
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor


class CannotAddItem(Invalid):
    """A text, the owner or the phase is missing."""

    code = "cannot_add_plan_item"


class ItemIsDone(Conflict):
    """Somebody was quicker."""

    code = "plan_item_is_done"
    message = _("This task is done already.")


def add_item(
    *, actor: Actor, plan_id: UUID, phase: UUID, text: str, owner: UUID | None, due_at: datetime | None, at: datetime
) -> PlanItem:
    """A further task of a phase. Raises `CannotAddItem` and `PlanIsOver`."""
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        require_open(plan)
        require(may_change_plan(actor, plan))
        found = plan.phases.filter(public_id=phase).first()
        person = possible_owners().filter(public_id=owner).first() if owner else None
        fields: dict[str, list[Any]] = {}
        if found is None or found.ended_at is not None:
            fields["phase"] = [_("Choose a phase that is not over.")]
        if not text.strip():
            fields["text"] = [_("Say what is to be done.")]
        if person is None:
            fields["owner"] = [_("Choose who does it.")]
        if due_at is not None and due_at <= at:
            fields["due_at"] = [_("Choose a moment in the future.")]
        if fields or found is None or person is None:
            raise CannotAddItem(fields)
        assert actor.user_id is not None  # a role was required above
        item = PlanItem.objects.create(
            phase=found, text=text.strip(), owner=person, due_at=due_at, added_by_id=actor.user_id, added_at=at
        )
        record(
            actor=actor,
            action="plan.item_added",
            subject_type="response_plan",
            subject_id=plan.public_id,
            after={
                "position": found.position,
                "item": str(item.public_id),
                "text": item.text,
                "owner": str(person.public_id),
                "due_at": due_at.isoformat() if due_at else None,
            },
            at=at,
        )
        return item


def finish_item(*, actor: Actor, item_id: UUID, at: datetime) -> PlanItem:
    """Say that a task is done. Raises `ItemIsDone`, `PlanNotActive`."""
    with transaction.atomic():
        plan_id = PlanPhase.objects.filter(items__public_id=item_id).values_list("plan__public_id", flat=True).first()
        if plan_id is None:
            raise NotFound()
        plan = lock_plan(actor, plan_id)
        if not plan.is_active:
            raise PlanNotActive()
        item = PlanItem.objects.get(public_id=item_id)
        require(may_finish_item(actor, item))
        if item.done_at is not None:
            raise ItemIsDone()
        item.done_at, item.done_by_id = at, actor.user_id
        item.row_version += 1
        item.save(update_fields=["done_at", "done_by", "row_version"])
        record(
            actor=actor,
            action="plan.item_done",
            subject_type="response_plan",
            subject_id=plan.public_id,
            after={"item": str(item.public_id), "text": item.text},
            at=at,
        )
        return item
