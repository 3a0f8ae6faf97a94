"""Ask the account manager for something without which the request cannot be decided."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from capacity.requests.access import may_review
from capacity.requests.models import CapacityRequest, RequestState
from capacity.requests.moves import begin_review, move, note, required_reason
from capacity.review.case import open_request, refuse_unless_reviewable
from capacity.review.models import Lease
from kit.refusal import StaleForm, require
from users.access import Actor


def request_information(
    *, actor: Actor, request_id: UUID, question: str, at: datetime, row_version: int | None = None
) -> CapacityRequest:
    """Ask; the clock of the service target stands still until the answer. Raises `AlreadyDecided`, `NotInReview`."""
    with transaction.atomic():
        request = open_request(request_id)
        require(may_review(actor, request))
        refuse_unless_reviewable(request)
        if row_version is not None and row_version != request.row_version:
            raise StaleForm()
        question = required_reason(question, "question")
        begin_review(request, actor=actor, at=at)
        move(request, RequestState.INFORMATION_REQUESTED, actor=actor, at=at, reason=question)
        Lease.objects.filter(request=request).delete()
        note(request, "request.information_requested", actor=actor, reason=question, at=at)
        return request
