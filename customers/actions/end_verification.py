"""End a verification before its day, because what it rests on is gone."""

from datetime import datetime

from customers.claims import journal_facts, locked, move
from customers.models import Claim, ClaimState
from journal.record import record
from users.access import SYSTEM, Actor


def end_verification(*, claim: Claim, ends_at: datetime, at: datetime, actor: Actor = SYSTEM, reason: str = "") -> None:
    """Let a verified claim fall due for renewal, its end brought forward to `ends_at`.

    What follows is what follows every verification that ran out: a grace period, then it lapses, unless a verifier
    verifies it again. Claims that do not count as verified are left as they are. Inside the caller's transaction.
    """
    claim = locked(claim)
    if claim.state not in (ClaimState.VERIFIED, ClaimState.REVALIDATION_DUE) or claim.valid_until is None:
        return
    valid_until = min(claim.valid_until, ends_at)
    if claim.state == ClaimState.VERIFIED:
        move(
            claim,
            ClaimState.REVALIDATION_DUE,
            actor=actor,
            action="claim.renewal_due",
            at=at,
            reason=reason,
            valid_until=valid_until,
        )
    elif valid_until < claim.valid_until:
        before = journal_facts(claim)
        claim.valid_until = valid_until
        claim.row_version += 1
        claim.save(update_fields=["valid_until", "row_version"])
        record(
            actor=actor,
            action="claim.ends_sooner",
            subject_type="claim",
            subject_id=claim.public_id,
            reason=reason,
            before={"valid_until": before["valid_until"]},
            after=journal_facts(claim),
            at=at,
        )
