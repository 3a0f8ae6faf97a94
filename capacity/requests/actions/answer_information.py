"""Answer what a reviewer asked; the clock of the service target runs on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.requests.access import may_speak_for
from capacity.requests.models import CapacityRequest, RequestState
from capacity.requests.moves import locked, move, note, required_reason
from capacity.requests.ranking import Cause, rank_request
from kit.refusal import Conflict, require
from users.access import Actor


class NothingWasAsked(Conflict):
    """No information is asked for at the moment."""

    code = "nothing_was_asked"
    message = _("Nothing is asked about %(request)s at the moment.")
    remedy = _("Reload the page: it may have been answered meanwhile.")


def answer_information(
    *, actor: Actor, request_id: UUID, answer: str, at: datetime, row_version: int | None = None
) -> CapacityRequest:
    """Give the answer and put the request back into the queue, in its old place. Raises `NothingWasAsked`."""
    with transaction.atomic():
        request = locked(request_id, row_version=row_version)
        require(may_speak_for(actor, request))
        if request.state != RequestState.INFORMATION_REQUESTED:
            raise NothingWasAsked(request=request.label)
        answer = required_reason(answer, "answer")
        asked_at = request.moves.filter(new_state=RequestState.INFORMATION_REQUESTED).latest("pk").at
        paused = request.paused_seconds + max(0, int((at - asked_at).total_seconds()))
        move(request, RequestState.QUEUED, actor=actor, at=at, reason=answer, paused_seconds=paused)
        rank_request(request, cause=Cause.INFORMATION, actor=actor, at=at)
        note(request, "request.answered", actor=actor, reason=answer, at=at)
        return request
