"""Say that what was granted has been delivered."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.requests.access import may_fulfil
from capacity.requests.models import GRANTED_STATES, CapacityRequest, RequestState
from capacity.requests.moves import locked, move, note
from capacity.requests.queries import standing_grants
from kit.refusal import Conflict, require
from users.access import Actor


class NothingToFulfil(Conflict):
    """Only what is granted and not delivered yet can be fulfilled."""

    code = "nothing_to_fulfil"
    message = _("Nothing of %(request)s waits to be delivered: %(state)s.")


def fulfil_request(
    *, actor: Actor, request_id: UUID, at: datetime, reason: str = "", row_version: int | None = None
) -> CapacityRequest:
    """Mark the granted request as delivered, by the operator of its region. Raises `NothingToFulfil`."""
    with transaction.atomic():
        request = locked(request_id, row_version=row_version)
        grants = list(standing_grants(request))
        for grant in grants:
            require(may_fulfil(actor, grant.pool.region.code))
        if not grants or request.state not in GRANTED_STATES:
            require(may_fulfil(actor))
            raise NothingToFulfil(request=request.label, state=RequestState(request.state).label)
        before = {"state": request.state}
        move(request, RequestState.FULFILLED, actor=actor, at=at, reason=reason.strip())
        note(request, "request.fulfilled", actor=actor, reason=reason.strip(), before=before, at=at)
        return request
