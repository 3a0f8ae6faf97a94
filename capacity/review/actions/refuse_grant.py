"""Refuse a held grant its second signature; what was held is free again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from capacity.pools import ledger
from capacity.requests.access import may_sign_grant
from capacity.requests.models import Decision, Grant, RequestState, Stage
from capacity.requests.moves import locked, move, note, required_reason
from capacity.review.actions.confirm_grant import signed_first
from kit.refusal import require
from users.access import Actor


def refuse_grant(
    *, actor: Actor, request_id: UUID, reason: str, at: datetime, row_version: int | None = None
) -> Decision:
    """Release the hold and put the request back into review. Raises `NothingToSign`."""
    with transaction.atomic():
        request = locked(request_id)
        first = signed_first(request)
        require(may_sign_grant(actor, request, first, at=at))
        reason = required_reason(reason)
        held = [grant.entry for grant in Grant.objects.filter(decision=first).select_related("entry")]
        ledger.release(held, actor=actor, at=at)
        refused = Decision.objects.create(
            request=request,
            outcome=first.outcome,
            stage=Stage.REFUSED_SIGNATURE,
            follows=first,
            region=first.region,
            ranking=first.ranking,
            policy_version=first.policy_version,
            reason=reason,
            by_id=actor.user_id,
            at=at,
        )
        before = {"state": request.state}
        move(request, RequestState.IN_REVIEW, actor=actor, at=at, reason=reason)
        note(
            request,
            "request.signature_refused",
            actor=actor,
            reason=reason,
            before=before,
            after={"decision": str(refused.public_id), "refuses": str(first.public_id)},
            at=at,
        )
        return refused
