"""Confirm what the capacity is for; only then may anything be granted on it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.requests.access import may_review
from capacity.requests.models import CapacityRequest
from capacity.requests.moves import begin_review, change, note, required_reason
from capacity.requests.ranking import Cause, rank_request
from capacity.review.case import open_request, refuse_unless_reviewable
from kit.refusal import Invalid, StaleForm, require
from priorities.models import WorkloadClass
from users.access import Actor


class UnknownWorkload(Invalid):
    """There is no such workload class."""

    code = "unknown_workload"
    message = _("Choose what the capacity is for.")


def confirm_workload(
    *,
    actor: Actor,
    request_id: UUID,
    workload: str,
    at: datetime,
    reason: str = "",
    row_version: int | None = None,
) -> CapacityRequest:
    """Confirm the claimed class (a code), or set another one with a reason, by somebody who did not file the request.

    The request is ranked anew in the same transaction. Raises `UnknownWorkload`, `ReasonMissing`, `AlreadyDecided`.
    """
    with transaction.atomic():
        request = open_request(request_id)
        require(may_review(actor, request))
        refuse_unless_reviewable(request)
        if row_version is not None and row_version != request.row_version:
            raise StaleForm()
        found = WorkloadClass.objects.filter(code=workload).first()
        if found is None:
            raise UnknownWorkload({"workload": [UnknownWorkload.message]})
        if found.pk != request.workload.pk:
            reason = required_reason(reason)
        before = {"workload": request.workload.code, "tier": request.tier}
        begin_review(request, actor=actor, at=at)
        change(request, confirmed_workload=found, confirmed_by_id=actor.user_id)
        rank_request(request, cause=Cause.WORKLOAD, actor=actor, at=at)
        note(
            request,
            "request.workload_confirmed",
            actor=actor,
            reason=reason.strip(),
            before=before,
            after={"workload": found.code, "claimed": request.claimed_workload.code, "tier": request.tier},
            at=at,
        )
        return request
