"""Give back what a request was granted, because it is not needed any more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.pools import ledger
from capacity.requests.access import may_fulfil
from capacity.requests.models import REQUEST_LIFE, CapacityRequest, RequestState
from capacity.requests.moves import locked, move, note, required_reason
from capacity.requests.queries import standing_grants
from kit.refusal import Conflict, require
from users.access import Actor


class NothingToRelease(Conflict):
    """Nothing of it is granted now."""

    code = "nothing_to_release"
    message = _("Nothing is granted to %(request)s now: %(state)s.")


def release_grant(
    *, actor: Actor, request_id: UUID, reason: str, at: datetime, row_version: int | None = None
) -> CapacityRequest:
    """Release every line of the grant into its pool, by the operator of the region. Raises `NothingToRelease`.

    Capacity is never taken back for another request: this is for what the customer gives back.
    """
    with transaction.atomic():
        request = locked(request_id, row_version=row_version)
        grants = list(standing_grants(request))
        for grant in grants:
            require(may_fulfil(actor, grant.pool.region.code))
        if not grants or not REQUEST_LIFE.allows(request.state, RequestState.RELEASED):
            require(may_fulfil(actor))
            raise NothingToRelease(request=request.label, state=RequestState(request.state).label)
        reason = required_reason(reason)
        before = {"state": request.state}
        ledger.release([grant.entry for grant in grants], actor=actor, at=at)
        move(request, RequestState.RELEASED, actor=actor, at=at, reason=reason)
        note(
            request,
            "request.released",
            actor=actor,
            reason=reason,
            before=before,
            after={
                "released": [
                    {
                        "region": grant.pool.region.code,
                        "resource": grant.pool.resource.code,
                        "quantity": grant.quantity,
                    }
                    for grant in grants
                ]
            },
            at=at,
        )
        return request
