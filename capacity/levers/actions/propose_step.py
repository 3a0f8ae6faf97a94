"""Ask for a step of a lever: the next one, one back, or lifting it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_work_lever
from capacity.levers.models import LEVER_LIFE, Lever, LeverState, LeverStep, LiftProposal, LiftState
from capacity.levers.steps import StepWaits, lock_lever, record_wanted, region_code
from kit.refusal import Conflict, require
from users.access import Actor


class Direction(StrEnum):
    """Where a lever may go from where it stands."""

    NEXT = "next"
    BACK = "back"
    LIFT = "lift"


class NoSuchStep(Conflict):
    """There is nothing in that direction."""

    code = "no_such_step"
    message = _("The lever has no step in that direction.")
    remedy = _("Add a further step, or lift it.")


def propose_step(*, actor: Actor, lever_id: UUID, direction: str, at: datetime) -> Lever:
    """Ask for the next step of a lever, the one before, or to lift it. Raises `StepWaits`, `NoSuchStep`, `MoveRefused`.

    Asking to lift takes up an open proposal to lift.
    """
    with transaction.atomic():
        lever = lock_lever(lever_id)
        require(may_work_lever(actor, region_code(lever)))
        if lever.pending_state:
            raise StepWaits()
        step = _step_towards(lever, direction)
        wanted = LeverState(step.state) if step else LeverState.RESTORED
        LEVER_LIFE.require(lever.state, wanted)
        lever.pending_step = step
        lever.pending_state = wanted
        lever.pending_by_id, lever.pending_at = actor.user_id, at
        lever.row_version += 1
        lever.save(update_fields=["pending_step", "pending_state", "pending_by", "pending_at", "row_version"])
        taken = None
        if step is None:  # `one_open_lift_proposal`
            taken = LiftProposal.objects.filter(lever=lever, state=LiftState.OPEN).select_for_update().first()
        if taken is not None:
            taken.state = LiftState.TAKEN
            taken.answered_by_id = actor.user_id
            taken.answered_at = at
            taken.row_version += 1
            taken.save(update_fields=["state", "answered_by", "answered_at", "row_version"])
        record_wanted(actor, lever, at, taken)
        return lever


def _step_towards(lever: Lever, direction: str) -> LeverStep | None:
    """The step to ask for; None for lifting. Raises `NoSuchStep`."""
    here = lever.step.position if lever.step else 0
    match direction:
        case Direction.LIFT:
            return None
        case Direction.NEXT:
            found = lever.steps.filter(position=here + 1).first()
        case Direction.BACK:
            found = lever.steps.filter(position=here - 1).first()
        case _:
            found = None
    if found is None:
        raise NoSuchStep()
    return found
