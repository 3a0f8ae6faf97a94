"""Bring waiting requests back into review on their day."""

from datetime import datetime

from django.db import transaction

from capacity.requests.models import CapacityRequest, RequestState
from capacity.requests.moves import locked, move, note
from capacity.requests.ranking import Cause, rank_request
from users.access import SYSTEM


def look_again(*, at: datetime) -> int:
    """Return every waitlisted request whose next look is due; how many. Each is a transaction of its own."""
    due = CapacityRequest.objects.filter(state=RequestState.WAITLISTED, next_look_date__lte=at.date())
    count = 0
    for request_id in list(due.order_by("next_look_date", "pk").values_list("public_id", flat=True)):
        with transaction.atomic():
            request = locked(request_id)
            if request.state != RequestState.WAITLISTED:
                continue
            before = {"state": request.state}
            move(request, RequestState.IN_REVIEW, actor=SYSTEM, at=at, decided_at=None, next_look_date=None)
            rank_request(request, cause=Cause.SWEEP, actor=SYSTEM, at=at)
            note(request, "request.looked_at_again", actor=SYSTEM, before=before, at=at)
            count += 1
    return count
