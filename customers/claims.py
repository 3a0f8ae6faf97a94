"""How a claim moves: locked, checked against its life, one row per step, one journal entry."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import CLAIM_LIFE, CaseLease, Claim, ClaimMove, ClaimState
from journal.record import record
from kit.refusal import Invalid, require_version
from users.access import Actor

# How long a claim counts on somebody's word alone.
PROVISIONAL_FOR = timedelta(days=14)
# How long a verification that ran out still counts for new requests, marked.
GRACE = timedelta(days=30)


# States in which a verifier works on the case; every other step frees it.
IN_HAND = (ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION)


class ReasonMissing(Invalid):
    """An act of weight says why."""

    code = "reason_missing"
    message = _("Say why, in a sentence that will still be clear in a year.")


def locked(claim: Claim, *, row_version: int | None = None) -> Claim:
    """The claim as it is now, locked for this transaction, with organization and category.

    Raises `StaleForm` where it changed since `row_version` was shown (None skips the check).
    """
    current = Claim.objects.select_for_update(of=("self",)).select_related("organization", "category").get(pk=claim.pk)
    if row_version is not None:
        require_version(current, row_version)
    return current


def move(
    claim: Claim,
    new_state: ClaimState,
    *,
    actor: Actor,
    action: str,
    at: datetime,
    reason: str = "",
    reason_code: str = "",
    **changes: Any,
) -> None:
    """Take one step in the claim's life and record it; `changes` are stored with it.

    Raises `MoveRefused` where the state does not lead there.
    """
    old_state = ClaimState(claim.state)
    CLAIM_LIFE.require(old_state, new_state)
    claim.state = new_state
    claim.row_version += 1
    for name, value in changes.items():
        setattr(claim, name, value)
    claim.save(update_fields=["state", "row_version", *changes])
    if new_state not in IN_HAND:
        CaseLease.objects.filter(claim=claim).delete()
    ClaimMove.objects.create(
        claim=claim,
        old_state=old_state,
        new_state=new_state,
        by_id=actor.user_id,
        at=at,
        reason=reason,
        reason_code=reason_code,
    )
    record(
        actor=actor,
        action=action,
        subject_type="claim",
        subject_id=claim.public_id,
        reason=reason,
        before={"state": str(old_state)},
        after={**journal_facts(claim), "state": str(new_state), **({"why": reason_code} if reason_code else {})},
        at=at,
    )


def journal_facts(claim: Claim) -> dict[str, Any]:
    """Whose claim to what, and until when: what followers of the journal need to find who is concerned."""
    return {
        "organization": str(claim.organization.public_id),
        "category": claim.category.code,
        "valid_until": claim.valid_until and claim.valid_until.isoformat(),
    }


def required_reason(text: str, field: str = "reason") -> str:
    """The reason without blanks around it. Raises `ReasonMissing`."""
    reason = text.strip()
    if not reason:
        raise ReasonMissing({field: [ReasonMissing.message]})
    return reason


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of the month so many months later, or that month's last day, at midnight UTC."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = moment.day
    while True:
        try:
            return datetime(year, month + 1, day, tzinfo=UTC)
        except ValueError:
            day -= 1
