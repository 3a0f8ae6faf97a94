"""Answer a proposal to lift with no: the lever stays pulled, for a reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_work_lever
from capacity.levers.models import Lever, LiftProposal, LiftState
from capacity.levers.steps import lock_lever, region_code
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor


class NothingToAnswer(Conflict):
    """The proposal was answered, or lapsed because its condition holds no more."""

    code = "nothing_to_answer"
    message = _("Lifting this lever is not proposed any more.")


class SayWhy(Invalid):
    """The condition holds, so keeping it pulled needs a reason."""

    code = "say_why"


def keep_pulled(*, actor: Actor, lever_id: UUID, reason: str, at: datetime) -> Lever:
    """Refuse the open proposal to lift; it comes again when the condition has held anew. Raises `NothingToAnswer`."""
    with transaction.atomic():
        lever = lock_lever(lever_id)
        require(may_work_lever(actor, region_code(lever)))
        proposal = LiftProposal.objects.select_for_update().filter(lever=lever, state=LiftState.OPEN).first()
        if proposal is None:
            raise NothingToAnswer()
        if not reason.strip():
            raise SayWhy({"reason": [_("Say why it stays pulled though its condition holds.")]})
        proposal.state = LiftState.REFUSED
        proposal.answered_by_id = actor.user_id
        proposal.answered_at = at
        proposal.answer = reason.strip()
        proposal.row_version += 1
        proposal.save(update_fields=["state", "answered_by", "answered_at", "answer", "row_version"])
        record(
            actor=actor,
            action="lever.lift_refused",
            subject_type="lever",
            subject_id=lever.public_id,
            reason=reason.strip(),
            before={"proposal": str(proposal.public_id), **proposal.grounds},
            at=at,
        )
        return lever
