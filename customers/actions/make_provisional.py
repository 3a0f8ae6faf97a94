"""Let a claim count provisionally, on somebody's word, while the evidence is awaited."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_decide_claim
from customers.claims import PROVISIONAL_FOR, locked, move, required_reason
from customers.models import Claim, ClaimState
from kit.refusal import Conflict, require
from users.access import Actor


class OnlyOnce(Conflict):
    """A claim counts provisionally once, or fourteen days would become for ever."""

    code = "provisional_only_once"
    message = _("This claim counted provisionally before; it can be verified or rejected now.")


def make_provisional(*, actor: Actor, claim: Claim, reason: str, at: datetime, row_version: int | None = None) -> Claim:
    """Count the claim as provisional for 14 days. Needs a reason. Raises `OnlyOnce`, `MoveRefused`, `StaleForm`."""
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        reason = required_reason(reason)
        if claim.moves.filter(new_state=ClaimState.PROVISIONAL).exists():
            raise OnlyOnce()
        move(
            claim,
            ClaimState.PROVISIONAL,
            actor=actor,
            action="claim.made_provisional",
            at=at,
            reason=reason,
            decided_by_id=actor.user_id,
            decided_at=at,
            decision_reason="",
            decision_text=reason,
            valid_until=at + PROVISIONAL_FOR,
        )
        return claim
