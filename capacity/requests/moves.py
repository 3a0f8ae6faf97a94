"""How a request moves: locked, checked against its life, one row per step, one journal entry."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.requests.models import REQUEST_LIFE, CapacityRequest, RequestMove, RequestState
from capacity.requests.urgency import follow_request
from journal.record import record
from kit.refusal import Invalid, NotFound, StaleForm
from users.access import Actor


class ReasonMissing(Invalid):
    """An act of weight says why."""

    code = "reason_missing"
    message = _("Say why, in a sentence that will still be clear in a year.")


def locked(request_id: UUID, *, row_version: int | None = None) -> CapacityRequest:
    """The request as it is now, locked for this transaction, with what ranking it needs.

    Raises `NotFound`, and `StaleForm` where it changed since `row_version` was shown (None skips the check).
    """
    request = (
        CapacityRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organization", "claimed_workload", "confirmed_workload", "ranking")
        .filter(public_id=request_id)
        .first()
    )
    if request is None:
        raise NotFound()
    if row_version is not None and row_version != request.row_version:
        raise StaleForm()
    return request


def move(
    request: CapacityRequest, new_state: RequestState, *, actor: Actor, at: datetime, reason: str = "", **changes: Any
) -> None:
    """Take one step in the request's life and keep the row of it; `changes` are stored with it.

    Raises `MoveRefused` where the state does not lead there.
    """
    old_state = RequestState(request.state)
    REQUEST_LIFE.require(old_state, new_state)
    request.state = new_state
    change(request, "state", **changes)
    RequestMove.objects.create(
        request=request, old_state=old_state, new_state=new_state, by_id=actor.user_id, at=at, reason=reason
    )
    follow_request(request, old_state, at=at)


def change(request: CapacityRequest, *names: str, **changes: Any) -> None:
    """Store the named columns and the changes, as the next version of the row."""
    for name, value in changes.items():
        setattr(request, name, value)
    request.row_version += 1
    request.save(update_fields=[*names, *changes, "row_version"])


def begin_review(request: CapacityRequest, *, actor: Actor, at: datetime) -> None:
    """The first act on a queued request takes it into review; any other state is left to the act itself."""
    if request.state == RequestState.QUEUED:
        move(request, RequestState.IN_REVIEW, actor=actor, at=at)


def note(
    request: CapacityRequest,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write what happened to the request into the journal."""
    record(
        actor=actor,
        action=action,
        subject_type="request",
        subject_id=request.public_id,
        reason=reason,
        before=before,
        after={"request": request.label, "state": request.state, **(after or {})},
        at=at,
    )


def required_reason(text: str, field: str = "reason") -> str:
    """The reason without blanks around it. Raises `ReasonMissing`."""
    reason = text.strip()
    if not reason:
        raise ReasonMissing({field: [ReasonMissing.message]})
    return reason
