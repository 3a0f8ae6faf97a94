"""Refuse the second signature under an override."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require, require_version
from priorities.access import may_sign_override
from priorities.models import Override, OverrideState
from priorities.overrides import move
from users.access import Actor


class RefusalNeedsReason(Invalid):
    """Whoever proposed it wants to know."""

    code = "refusal_needs_reason"
    message = _("Say why you refuse it.")


def refuse_override(
    *, actor: Actor, override: Override, reason: str, at: datetime, row_version: int | None = None
) -> Override:
    """Refuse a proposal, under the same conditions as confirming. Raises `RefusalNeedsReason` and `StaleForm`."""
    with transaction.atomic():
        override = Override.objects.select_for_update().get(pk=override.pk)
        require(may_sign_override(actor, override, at=at))
        if row_version is not None:
            require_version(override, row_version)
        if not reason.strip():
            raise RefusalNeedsReason({"reason": [RefusalNeedsReason.message]})
        move(override, OverrideState.REFUSED, actor=actor, at=at, reason=reason)
        record(
            actor=actor,
            action="override.refused",
            subject_type="override",
            subject_id=override.public_id,
            reason=reason,
            before={"state": OverrideState.PROPOSED},
            after={"state": OverrideState.REFUSED},
            at=at,
        )
        return override
