"""End an override: early by a person, or in the books once its window is over."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require
from priorities.access import may_end_override
from priorities.models import Override, OverrideState
from priorities.overrides import move
from users.access import SYSTEM, Actor


class EndingNeedsReason(Invalid):
    """Ending early is an act with weight."""

    code = "ending_needs_reason"
    message = _("Say why it ends early.")


def revoke_override(*, actor: Actor, override: Override, reason: str, at: datetime) -> Override:
    """End a confirmed override before its time. Raises `EndingNeedsReason`."""
    with transaction.atomic():
        override = Override.objects.select_for_update().get(pk=override.pk)
        require(may_end_override(actor))
        if not reason.strip():
            raise EndingNeedsReason({"reason": [EndingNeedsReason.message]})
        move(override, OverrideState.REVOKED, actor=actor, at=at, reason=reason, ended_by_id=actor.user_id, ended_at=at)
        record(
            actor=actor,
            action="override.revoked",
            subject_type="override",
            subject_id=override.public_id,
            reason=reason,
            before={"state": OverrideState.ACTIVE},
            after={"state": OverrideState.REVOKED, "request": str(override.subject_key)},
            at=at,
        )
        return override


def expire_overrides(*, at: datetime) -> int:
    """Write down that windows are over. Being over is read from the window; this only keeps the books.

    Returns how many were marked. Safe to run at any time, any number of times, in parallel.
    """
    due = [OverrideState.PROPOSED, OverrideState.ACTIVE]
    with transaction.atomic():
        over = Override.objects.select_for_update(skip_locked=True).filter(state__in=due, ends_at__lte=at)
        for override in (rows := list(over)):
            before = override.state
            move(override, OverrideState.EXPIRED, actor=SYSTEM, at=at, ended_at=override.ends_at)
            record(
                actor=SYSTEM,
                action="override.expired",
                subject_type="override",
                subject_id=override.public_id,
                before={"state": before},
                after={"state": OverrideState.EXPIRED, "request": str(override.subject_key)},
                at=at,
            )
        return len(rows)
