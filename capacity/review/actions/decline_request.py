"""Decline a request, with what stood in the way, what helps out, and when it is looked at again."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.requests.models import Decision, Outcome, RequestState
from capacity.review.case import LOOK_AGAIN_AFTER
from capacity.review.refusing import decide_without_grant
from kit.refusal import Invalid
from users.access import Actor


class BlockNotNamed(Invalid):
    """Where capacity would allow it, a person has to say what speaks against it."""

    code = "block_not_named"
    message = _("There is room for %(request)s in %(region)s. Say which block speaks against it.")
    remedy = _("Grant it, or choose access, offer or quota and give the reason.")


def decline_request(
    *,
    actor: Actor,
    request_id: UUID,
    reason: str,
    at: datetime,
    block: str = "",
    next_look_date: date | None = None,
    row_version: int | None = None,
) -> Decision:
    """Decline. `block` is what a person found ("access", "offer", "quota"); left empty, the diagnosis names it.

    Raises `BlockNotNamed`, `AlreadyDecided`, `NotInReview`.
    """
    with transaction.atomic():
        return decide_without_grant(
            actor=actor,
            request_id=request_id,
            outcome=Outcome.DECLINE,
            state=RequestState.DECLINED,
            action="request.declined",
            reason=reason,
            block=block,
            next_look_date=next_look_date or at.date() + LOOK_AGAIN_AFTER,
            missing_block=BlockNotNamed,
            row_version=row_version,
            at=at,
        )
