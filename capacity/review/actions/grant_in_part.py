"""Grant a part of what a request asks for, in a region that it accepts."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.requests.models import Decision, Outcome, RequestLine
from capacity.requests.moves import required_reason
from capacity.review.granting import decide_grant
from kit.refusal import Invalid
from users.access import Actor


class NotAPart(Invalid):
    """Everything is no part."""

    code = "not_a_part"
    message = _("This is everything the request asks for.")
    remedy = _("Approve it instead.")


def grant_in_part(
    *,
    actor: Actor,
    request_id: UUID,
    region_code: str,
    quantities: Mapping[str, int],
    reason: str,
    at: datetime,
    undated: bool = False,
    row_version: int | None = None,
    expects_signature: bool | None = None,
) -> Decision:
    """Grant these quantities (by resource code), each at least the line's minimum.

    Raises `NotAPart`, and what `decide_grant` raises.
    """
    reason = required_reason(reason)
    lines = RequestLine.objects.filter(request__public_id=request_id).values_list("resource__code", "quantity")
    if dict(lines) == dict(quantities):
        raise NotAPart()
    return decide_grant(
        actor=actor,
        request_id=request_id,
        region_code=region_code,
        quantities=dict(quantities),
        outcome=Outcome.PARTLY,
        reason=reason,
        undated=undated,
        at=at,
        row_version=row_version,
        expects_signature=expects_signature,
    )
