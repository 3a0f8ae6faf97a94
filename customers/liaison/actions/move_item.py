"""Move an item of the liaison log along: the next step after this one, or its end."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.liaison.access import may_move_item, visible_items
from customers.liaison.actions.log_contact import MAX_TEXT, check_texts, checked_step, step_facts
from customers.liaison.models import LiaisonItem, LiaisonStep
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor


class CannotMoveItem(Invalid):
    """Something is missing or wrong; told at its field."""

    code = "cannot_move_liaison_item"


class ItemIsClosed(Conflict):
    """What is closed stays as it is."""

    code = "liaison_item_is_closed"
    message = _("This item is closed already.")
    remedy = _("Write down a new contact instead.")


def move_item(
    *,
    actor: Actor,
    item_id: UUID,
    row_version: int,
    outcome: str,
    at: datetime,
    next_step: str = "",
    owner: UUID | None = None,
    due_date: date | None = None,
) -> LiaisonItem:
    """Say what came of the step, and plan the next one; without a next one the item is closed.

    Raises `CannotMoveItem`, `ItemIsClosed` and `StaleForm`.
    """
    with transaction.atomic():
        item = visible_items(actor).filter(public_id=item_id).first()
        if item is None:
            raise NotFound()
        item = LiaisonItem.objects.select_for_update().get(pk=item.pk)
        require(may_move_item(actor, item))
        if item.closed_at is not None:
            raise ItemIsClosed()
        require_version(item, row_version)
        fields: dict[str, list[Any]] = {}
        if not outcome.strip():
            fields["outcome"] = [_("Say what came of it.")]
        check_texts(fields, outcome=(outcome, MAX_TEXT))
        step = checked_step(fields, next_step=next_step, owner=owner, due_date=due_date, at=at)
        if fields:
            raise CannotMoveItem(fields)
        assert actor.user_id is not None  # a role was required above
        before = step_facts(item)
        if item.next_step and item.owner_id and item.due_date:
            LiaisonStep.objects.create(
                item=item,
                next_step=item.next_step,
                owner_id=item.owner_id,
                due_date=item.due_date,
                what_came_of_it=outcome.strip(),
                by_id=actor.user_id,
                at=at,
            )
        changes: dict[str, Any] = {**step, "row_version": item.row_version + 1}
        if not step["next_step"]:
            changes |= {"closed_at": at, "closed_by_id": actor.user_id, "outcome": outcome.strip()}
        for name, value in changes.items():
            setattr(item, name, value)
        item.save(update_fields=[name.removesuffix("_id") for name in changes])
        record(
            actor=actor,
            action="liaison.moved" if item.closed_at is None else "liaison.closed",
            subject_type="liaison",
            subject_id=item.public_id,
            before=before,
            after=step_facts(item),
            at=at,
        )
        return item
