"""Put the second signature under an override."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, require, require_version
from priorities.access import may_sign_override
from priorities.actions.end_override import expire_overrides
from priorities.models import Override, OverrideState
from priorities.overrides import follow, move
from users.access import Actor


class CannotConfirmOverride(Conflict):
    """Its window is over, or another override of the kind stands."""

    code = "cannot_confirm_override"


class WindowIsOver(CannotConfirmOverride):
    """Nobody signed in time."""

    code = "override_window_is_over"
    message = _("The time to confirm this override ended at %(ends_at)s.")
    remedy = _("Propose it again if it is still needed.")


class AnotherStands(CannotConfirmOverride):
    """Two standing overrides of one kind may not overlap on one subject."""

    code = "another_override_stands"
    message = _("Another confirmed override of this kind already covers the same in the same time.")
    remedy = _("End that one first, or refuse this one.")


def confirm_override(
    *,
    actor: Actor,
    override: Override,
    at: datetime,
    overtakes: list[dict[str, Any]] | None = None,
    row_version: int | None = None,
) -> Override:
    """Confirm, as a duty manager other than the proposer and with a fresh sign-in step.

    `overtakes` is whom it overtakes as shown to the second person. Raises `CannotConfirmOverride` and `StaleForm`,
    and the database refuses the same acts.
    """
    with transaction.atomic():
        override = Override.objects.select_for_update().get(pk=override.pk)
        require(may_sign_override(actor, override, at=at))
        if row_version is not None:
            require_version(override, row_version)
        if override.state in (OverrideState.PROPOSED, OverrideState.UNCONFIRMED) and override.over_at <= at:
            raise WindowIsOver(ends_at=date_format(timezone.localtime(override.over_at), "SHORT_DATETIME_FORMAT"))
        # What is over but not yet in the books must not stand in the way, whether or not a worker runs.
        expire_overrides(at=at, subject_key=override.subject_key)
        before = override.state
        changes: dict[str, Any] = {"confirmed_by_id": actor.user_id, "confirmed_at": at}
        if overtakes is not None:
            changes["overtakes"] = overtakes
        try:
            with transaction.atomic():
                move(override, OverrideState.ACTIVE, actor=actor, at=at, **changes)
        except IntegrityError as error:
            if "no_overlapping_overrides" not in str(error):
                raise
            raise AnotherStands() from None
        record(
            actor=actor,
            action="override.confirmed",
            subject_type="override",
            subject_id=override.public_id,
            reason=override.reason,
            before={"state": before},
            after={
                "state": OverrideState.ACTIVE,
                str(override.scope): str(override.subject_key),
                "overtakes": len(override.overtakes),
            },
            at=at,
        )
        follow(override, actor=actor, at=at)
        return override
