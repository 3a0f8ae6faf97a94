"""Put a request on the waiting list until a day on which it is looked at again."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from capacity.requests.models import Decision, Outcome, RequestState
from capacity.review.actions.decline_request import BlockNotNamed
from capacity.review.refusing import decide_without_grant
from users.access import Actor


def waitlist_request(
    *,
    actor: Actor,
    request_id: UUID,
    reason: str,
    next_look_date: date,
    at: datetime,
    block: str = "",
    row_version: int | None = None,
) -> Decision:
    """Keep the request waiting; on the next look date it returns to review by itself.

    Raises `BlockNotNamed`, `LookDateRefused`, `AlreadyDecided`, `NotInReview`.
    """
    with transaction.atomic():
        return decide_without_grant(
            actor=actor,
            request_id=request_id,
            outcome=Outcome.WAITLIST,
            state=RequestState.WAITLISTED,
            action="request.waitlisted",
            reason=reason,
            block=block,
            next_look_date=next_look_date,
            missing_block=BlockNotNamed,
            row_version=row_version,
            at=at,
        )
