"""A proposal to lift that does not hold any more."""

from datetime import datetime

from capacity.levers.models import Lever, LiftProposal, LiftState
from journal.record import record
from users.access import SYSTEM


def lapse_lift(lever: Lever, *, at: datetime) -> None:
    """Close the lever's open proposal to lift, if there is one, in the caller's transaction."""
    for proposal in LiftProposal.objects.filter(lever=lever, state=LiftState.OPEN).select_for_update():
        proposal.state = LiftState.LAPSED
        proposal.answered_at = at
        proposal.row_version += 1
        proposal.save(update_fields=["state", "answered_at", "row_version"])
        record(
            actor=SYSTEM,
            action="lever.lift_lapsed",
            subject_type="lever",
            subject_id=lever.public_id,
            before={"proposal": str(proposal.public_id), **proposal.grounds},
            at=at,
        )
