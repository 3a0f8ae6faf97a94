"""Grant a request in a region that it did not ask for, because the customer agreed."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from capacity.requests.models import Decision, Outcome
from capacity.requests.moves import required_reason
from capacity.review.granting import decide_grant
from users.access import Actor


def grant_elsewhere(
    *,
    actor: Actor,
    request_id: UUID,
    region_code: str,
    reason: str,
    at: datetime,
    quantities: Mapping[str, int] | None = None,
    undated: bool = False,
    row_version: int | None = None,
    expects_signature: bool | None = None,
) -> Decision:
    """Grant in another region that the residency of the data allows, in full or these quantities.

    Raises what `decide_grant` raises.
    """
    return decide_grant(
        actor=actor,
        request_id=request_id,
        region_code=region_code,
        quantities=None if quantities is None else dict(quantities),
        outcome=Outcome.ELSEWHERE,
        reason=required_reason(reason),
        undated=undated,
        at=at,
        row_version=row_version,
        expects_signature=expects_signature,
    )
