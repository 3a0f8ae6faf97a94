"""Take a claim up for verification."""

from datetime import datetime

from django.db import transaction

from customers.access import may_decide_claim
from customers.claims import locked, move
from customers.models import Claim, ClaimState
from kit.refusal import require
from kit.transitions import MoveRefused
from users.access import Actor

# A provisional claim could be taken up too, but would stop counting; it is verified as it stands.
WAITING = (ClaimState.SUBMITTED, ClaimState.INFORMATION_REQUESTED, ClaimState.SUSPENDED)


def take_up_claim(*, actor: Actor, claim: Claim, at: datetime, row_version: int | None = None) -> Claim:
    """Begin to verify a submitted claim, or go on with one that waits for an answer or is suspended.

    Raises `MoveRefused`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        if claim.state not in WAITING:
            raise MoveRefused(old=claim.get_state_display(), new=ClaimState.IN_VERIFICATION.label)
        move(claim, ClaimState.IN_VERIFICATION, actor=actor, action="claim.taken_up", at=at)
        return claim
