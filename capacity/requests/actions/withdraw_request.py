"""Withdraw a request that was not decided yet."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.requests.access import may_speak_for
from capacity.requests.models import REQUEST_LIFE, CapacityRequest, RequestState
from capacity.requests.moves import locked, move, note, required_reason
from kit.refusal import Conflict, require
from users.access import Actor


class CannotWithdraw(Conflict):
    """Only what is undecided can be withdrawn; what was granted is released."""

    code = "cannot_withdraw"
    message = _("%(request)s cannot be withdrawn any more: %(state)s.")
    remedy = _("Ask the operator of the region to release what was granted.")


def withdraw_request(
    *, actor: Actor, request_id: UUID, reason: str, at: datetime, row_version: int | None = None
) -> CapacityRequest:
    """Take the request back, for good. Raises `CannotWithdraw`."""
    with transaction.atomic():
        request = locked(request_id, row_version=row_version)
        require(may_speak_for(actor, request))
        if not REQUEST_LIFE.allows(request.state, RequestState.WITHDRAWN):
            raise CannotWithdraw(request=request.label, state=RequestState(request.state).label)
        reason = required_reason(reason)
        before = {"state": request.state}
        move(request, RequestState.WITHDRAWN, actor=actor, at=at, reason=reason)
        note(request, "request.withdrawn", actor=actor, reason=reason, before=before, at=at)
        return request
