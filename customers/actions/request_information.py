"""Ask the account manager for what is missing."""

from datetime import datetime

from django.db import transaction

from customers.access import may_decide_claim
from customers.claims import locked, move, required_reason
from customers.models import Claim, ClaimState
from kit.refusal import require
from users.access import Actor


def request_information(
    *, actor: Actor, claim: Claim, question: str, at: datetime, row_version: int | None = None
) -> Claim:
    """Put a question; the claim waits for the answer. Raises `ReasonMissing` (field `question`), `MoveRefused`."""
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        question = required_reason(question, "question")
        move(
            claim,
            ClaimState.INFORMATION_REQUESTED,
            actor=actor,
            action="claim.information_requested",
            at=at,
            reason=question,
        )
        return claim
