"""Reject a claim."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_decide_claim
from customers.claims import locked, move, required_reason
from customers.models import Claim, ClaimState
from customers.reasons import RejectionReason
from kit.refusal import Invalid, require
from users.access import Actor


class UnknownReason(Invalid):
    """The reason is not one of those that are counted."""

    code = "unknown_reason"
    message = _("Choose a reason.")


def reject_claim(
    *, actor: Actor, claim: Claim, reason_code: str, reason: str, at: datetime, row_version: int | None = None
) -> Claim:
    """Reject a claim in verification, or a provisional one, with a reason code and a sentence.

    The category can be claimed again. Raises `UnknownReason`, `ReasonMissing`, `MoveRefused`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        if reason_code not in RejectionReason.values:
            raise UnknownReason({"reason_code": [UnknownReason.message]})
        reason = required_reason(reason)
        move(
            claim,
            ClaimState.REJECTED,
            actor=actor,
            action="claim.rejected",
            at=at,
            reason=reason,
            reason_code=reason_code,
            decided_by_id=actor.user_id,
            decided_at=at,
            decision_reason=reason_code,
            decision_text=reason,
            valid_until=None,
        )
        return claim
