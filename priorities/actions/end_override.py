"""End an override: early by a person, or in the books once its window is over."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require, require_version
from priorities.access import may_end_override
from priorities.models import Override, OverrideState
from priorities.overrides import follow, move
from users.access import SYSTEM, Actor


class EndingNeedsReason(Invalid):
    """Ending early is an act with weight."""

    code = "ending_needs_reason"
    message = _("Say why it ends early.")


def revoke_override(
    *, actor: Actor, override: Override, reason: str, at: datetime, row_version: int | None = None
) -> Override:
    """End an override in force before its time, and with it the renewal that would continue it.

    Raises `EndingNeedsReason` and `StaleForm`.
    """
    with transaction.atomic():
        override = Override.objects.select_for_update().get(pk=override.pk)
        require(may_end_override(actor, override))
        if row_version is not None:
            require_version(override, row_version)
        if not reason.strip():
            raise EndingNeedsReason({"reason": [EndingNeedsReason.message]})
        # One that is over by itself stays what it is: its books are only late.
        expire_overrides(at=at, subject_key=override.subject_key)
        override.refresh_from_db()
        _revoke(override, actor=actor, reason=reason, at=at)
        for renewal in Override.objects.select_for_update().filter(renews=override):
            if renewal.state == OverrideState.ACTIVE:
                _revoke(renewal, actor=actor, reason=reason, at=at)
            elif renewal.state == OverrideState.PROPOSED:
                move(renewal, OverrideState.REFUSED, actor=actor, at=at, reason=reason)
                _record(renewal, "override.refused", OverrideState.PROPOSED, actor=actor, reason=reason, at=at)
        return override


def _revoke(override: Override, *, actor: Actor, reason: str, at: datetime) -> None:
    before = override.state
    move(override, OverrideState.REVOKED, actor=actor, at=at, reason=reason, ended_by_id=actor.user_id, ended_at=at)
    _record(override, "override.revoked", before, actor=actor, reason=reason, at=at)
    follow(override, actor=actor, at=at)


def expire_overrides(*, at: datetime, subject_key: UUID | None = None) -> int:
    """Write down that windows are over. Being over is read from the window; this only keeps the books.

    Break-glass that nobody signed in time ends here too and is flagged by what it is. Returns how many were marked,
    on one subject where it is named. Safe to run at any time, any number of times, in parallel.
    """
    due = Q(state__in=[OverrideState.PROPOSED, OverrideState.ACTIVE], ends_at__lte=at)
    due |= Q(state=OverrideState.UNCONFIRMED, sign_by__lte=at)
    with transaction.atomic():
        over = Override.objects.select_for_update(skip_locked=True).filter(due)
        if subject_key is not None:
            over = over.filter(subject_key=subject_key)
        for override in (rows := list(over.order_by("pk"))):
            before = override.state
            lapsed = before == OverrideState.UNCONFIRMED
            move(override, OverrideState.EXPIRED, actor=SYSTEM, at=at, ended_at=override.over_at)
            _record(override, "override.lapsed" if lapsed else "override.expired", before, actor=SYSTEM, at=at)
            if before != OverrideState.PROPOSED:
                follow(override, actor=SYSTEM, at=at)
        return len(rows)


def _record(override: Override, action: str, before: str, *, actor: Actor, at: datetime, reason: str = "") -> None:
    record(
        actor=actor,
        action=action,
        subject_type="override",
        subject_id=override.public_id,
        reason=reason,
        before={"state": before},
        after={"state": override.state, str(override.scope): str(override.subject_key)},
        at=at,
    )
