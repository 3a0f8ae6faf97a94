"""Sign or refuse the step of a lever that waits."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_sign_step
from capacity.levers.actions.follow_levers import follow_levers
from capacity.levers.lapsing import lapse_lift
from capacity.levers.models import LEVER_LIFE, Lever, LeverMove, LeverState
from capacity.levers.steps import lock_lever
from journal.record import record
from kit.refusal import Conflict, require
from users.access import SYSTEM, Actor


class NoStepWaits(Conflict):
    """Somebody was quicker."""

    code = "no_step_waits"
    message = _("No step of this lever waits for a signature any more.")


def sign_step(*, actor: Actor, lever_id: UUID, agrees: bool, reason: str = "", at: datetime) -> Lever:
    """Carry out the waiting step, or refuse it, as a duty manager other than who asked.

    Capacity that a step in force released leaves its pools as the step is left. Needs a fresh sign-in step.
    Raises `NoStepWaits`.
    """
    with transaction.atomic():
        lever = lock_lever(lever_id)
        require(may_sign_step(actor, lever, at=at))
        if not lever.pending_state:
            raise NoStepWaits()
        wanted, before = LeverState(lever.pending_state), lever.state
        old_step, step = lever.step, lever.pending_step
        if agrees:
            LEVER_LIFE.require(before, wanted)
            LeverMove.objects.create(
                lever=lever,
                old_state=before,
                new_state=wanted,
                old_step=old_step,
                step=step,
                proposed_by_id=lever.pending_by_id,
                confirmed_by_id=actor.user_id,
                at=at,
                reason=reason.strip(),
            )
            lever.state = wanted
            lever.step = step
        # Whatever held before, the days of the lift condition begin anew with the answer.
        lever.lift_holds_since = None
        lever.pending_state = ""
        lever.pending_step = None
        lever.pending_by = None
        lever.pending_at = None
        lever.row_version += 1
        lever.save(
            update_fields=[
                "state",
                "step",
                "lift_holds_since",
                "pending_state",
                "pending_step",
                "pending_by",
                "pending_at",
                "row_version",
            ]
        )
        record(
            actor=actor,
            action="lever.moved" if agrees else "lever.refused",
            subject_type="lever",
            subject_id=lever.public_id,
            reason=reason.strip(),
            before={"state": before, "step": old_step.position if old_step else 0},
            after={"state": lever.state, "wanted": wanted, "step": lever.step.position if lever.step else 0},
            at=at,
        )
        if agrees:
            lapse_lift(lever, at=at)
            follow_levers(actor=SYSTEM, at=at)
        return lever
