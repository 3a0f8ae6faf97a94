"""Take a decision back within the moments in which it has not left the house."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.pools import ledger
from capacity.requests.access import may_undo
from capacity.requests.models import REQUEST_LIFE, Decision, Grant, Outcome, RequestState
from capacity.requests.moves import locked, move, note
from capacity.requests.queries import latest_decision
from kit.refusal import Conflict, NotFound, require
from users.access import Actor

# How long the page offers it, and how long a click may take to reach us.
UNDO_FOR = timedelta(seconds=10)
ON_ITS_WAY = timedelta(seconds=2)


class TooLateToUndo(Conflict):
    """The decision has left the house; what follows is a new act."""

    code = "too_late_to_undo"
    message = _("This decision can no longer be undone; that is possible for 10 seconds.")
    remedy = _("It stands. A later change is a new act, linked to this one.")


class NothingToUndo(Conflict):
    """Something else happened to the request since."""

    code = "nothing_to_undo"
    message = _("This is no longer the last decision on %(request)s.")


def undo_decision(*, actor: Actor, decision_id: UUID, at: datetime) -> Decision:
    """Release what the decision promised and put the request back into review, as a new, linked decision.

    Raises `TooLateToUndo`, `NothingToUndo`.
    """
    with transaction.atomic():
        found = Decision.objects.select_related("request").filter(public_id=decision_id).first()
        if found is None:
            raise NotFound()
        request = locked(found.request.public_id)
        require(may_undo(actor, found))
        last = latest_decision(request)
        if last is None or last.pk != found.pk or not REQUEST_LIFE.allows(request.state, RequestState.IN_REVIEW):
            raise NothingToUndo(request=request.label)
        if at - found.at > UNDO_FOR + ON_ITS_WAY:
            raise TooLateToUndo()
        entries = [grant.entry for grant in Grant.objects.filter(decision=found).select_related("entry")]
        ledger.release(entries, actor=actor, at=at)
        undone = Decision.objects.create(
            request=request,
            outcome=Outcome.UNDO,
            follows=found,
            region=found.region,
            ranking=found.ranking,
            policy_version=found.policy_version,
            by_id=actor.user_id,
            at=at,
        )
        before = {"state": request.state}
        move(request, RequestState.IN_REVIEW, actor=actor, at=at, decided_at=None, next_look_date=None)
        note(
            request,
            "request.decision_undone",
            actor=actor,
            before=before,
            after={"decision": str(undone.public_id), "undoes": str(found.public_id)},
            at=at,
        )
        return undone
