"""Answer a verifier's question."""

from datetime import datetime

from django.db import transaction

from customers.access import may_answer_information
from customers.claims import locked, move, required_reason
from customers.models import Claim, ClaimState
from kit.refusal import require
from kit.transitions import MoveRefused
from users.access import Actor


def answer_information(
    *, actor: Actor, claim: Claim, answer: str, at: datetime, row_version: int | None = None
) -> Claim:
    """Answer what was asked; the claim is in verification again.

    Raises `ReasonMissing` (field `answer`), `MoveRefused`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_answer_information(actor, claim))
        answer = required_reason(answer, "answer")
        if claim.state != ClaimState.INFORMATION_REQUESTED:
            raise MoveRefused(old=claim.get_state_display(), new=ClaimState.IN_VERIFICATION.label)
        move(claim, ClaimState.IN_VERIFICATION, actor=actor, action="claim.information_given", at=at, reason=answer)
        return claim
