"""Grant everything a request asks for, in a region that it accepts."""

from datetime import datetime
from uuid import UUID

from capacity.requests.models import Decision, Outcome
from capacity.review.granting import decide_grant
from users.access import Actor


def approve_request(
    *,
    actor: Actor,
    request_id: UUID,
    region_code: str,
    at: datetime,
    reason: str = "",
    undated: bool = False,
    row_version: int | None = None,
    expects_signature: bool | None = None,
) -> Decision:
    """Grant all lines in full. What is large for its pool or goes beyond the tier-1 mark waits for a second signature.

    `undated` grants without a date; `expects_signature` is what the page said about the second signature, None where
    nobody looked. Raises what `decide_grant` raises.
    """
    return decide_grant(
        actor=actor,
        request_id=request_id,
        region_code=region_code,
        quantities=None,
        outcome=Outcome.APPROVE,
        reason=reason,
        undated=undated,
        at=at,
        row_version=row_version,
        expects_signature=expects_signature,
    )
