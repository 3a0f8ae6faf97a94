"""Sign or refuse the step of a lever that waits."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_sign_step
from capacity.levers.models import LEVER_LIFE, Lever, LeverMove, LeverState
from journal.record import record
from kit.refusal import Conflict, NotFound, require
from users.access import Actor


class NoStepWaits(Conflict):
    """Somebody was quicker."""

    code = "no_step_waits"
    message = _("No step of this lever waits for a signature any more.")


def sign_step(*, actor: Actor, lever_id: UUID, agrees: bool, reason: str = "", at: datetime) -> Lever:
    """Carry out the waiting step, or refuse it, as a duty manager other than who asked.

    Needs a fresh sign-in step. Raises `NoStepWaits`.
    """
    with transaction.atomic():
        lever = (
            Lever.objects.select_for_update(of=("self",)).select_related("region").filter(public_id=lever_id).first()
        )
        if lever is None:
            raise NotFound()
        require(may_sign_step(actor, lever, at=at))
        if not lever.pending_state:
            raise NoStepWaits()
        wanted, before = LeverState(lever.pending_state), lever.state
        if agrees:
            LEVER_LIFE.require(before, wanted)
            LeverMove.objects.create(
                lever=lever,
                old_state=before,
                new_state=wanted,
                proposed_by_id=lever.pending_by_id,
                confirmed_by_id=actor.user_id,
                at=at,
                reason=reason.strip(),
            )
            lever.state = wanted
        lever.pending_state = ""
        lever.pending_by = None
        lever.row_version += 1
        lever.save(update_fields=["state", "pending_state", "pending_by", "row_version"])
        record(
            actor=actor,
            action="lever.moved" if agrees else "lever.refused",
            subject_type="lever",
            subject_id=lever.public_id,
            reason=reason.strip(),
            before={"state": before},
            after={"state": lever.state, "wanted": wanted},
            at=at,
        )
        return lever
