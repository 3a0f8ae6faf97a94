"""Ask the account manager for what is missing."""

from datetime import datetime

from django.db import transaction

from customers.access import may_decide_claim
from customers.actions.reject_claim import UnknownReason
from customers.claims import locked, move, required_reason
from customers.models import Claim, ClaimState
from customers.reasons import InformationReason
from kit.refusal import require
from users.access import Actor


def request_information(
    *, actor: Actor, claim: Claim, question: str, reason_code: str = "", at: datetime, row_version: int | None = None
) -> Claim:
    """Put a question, by a code of `InformationReason` ("other" unless told); the claim waits for the answer.

    Raises `UnknownReason`, `ReasonMissing` (field `question`), `MoveRefused`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        reason_code = reason_code or InformationReason.OTHER
        if reason_code not in InformationReason.values:
            raise UnknownReason({"reason_code": [UnknownReason.message]})
        question = required_reason(question, "question")
        move(
            claim,
            ClaimState.INFORMATION_REQUESTED,
            actor=actor,
            action="claim.information_requested",
            at=at,
            reason=question,
            reason_code=reason_code,
        )
        return claim
