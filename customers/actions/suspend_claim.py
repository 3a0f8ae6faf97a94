"""Suspend a verification: it stops counting while something is looked into."""

from datetime import datetime

from django.db import transaction

from customers.access import may_decide_claim
from customers.actions.reject_claim import UnknownReason
from customers.claims import locked, move, required_reason
from customers.models import Claim, ClaimState
from customers.reasons import WithdrawalReason
from kit.refusal import require
from users.access import Actor


def suspend_claim(
    *, actor: Actor, claim: Claim, reason_code: str, reason: str, at: datetime, row_version: int | None = None
) -> Claim:
    """Suspend a claim that counts; taking it up again leads back to verification.

    What was granted stays granted. Raises `UnknownReason`, `ReasonMissing`, `MoveRefused`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        if reason_code not in WithdrawalReason.values:
            raise UnknownReason({"reason_code": [UnknownReason.message]})
        reason = required_reason(reason)
        move(
            claim,
            ClaimState.SUSPENDED,
            actor=actor,
            action="claim.suspended",
            at=at,
            reason=reason,
            reason_code=reason_code,
            decided_by_id=actor.user_id,
            decided_at=at,
            decision_reason=reason_code,
            decision_text=reason,
        )
        return claim
