"""Look back at an override that is over, as somebody who had no part in it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, Invalid, require, require_version
from priorities.access import may_review_override
from priorities.actions.end_override import expire_overrides
from priorities.models import Override, OverrideState, Verdict
from priorities.overrides import move
from users.access import Actor


class ReviewIncomplete(Invalid):
    """A post-review has a verdict and a lesson."""

    code = "review_incomplete"


class NothingToReview(Conflict):
    """It runs still, or never had an effect."""

    code = "nothing_to_review"
    message = _("Only an override that was in force and is over can be reviewed.")


def review_override(
    *,
    actor: Actor,
    override: Override,
    verdict: str,
    lesson: str,
    at: datetime,
    row_version: int | None = None,
) -> Override:
    """Write the verdict and what is to be learned. Raises `ReviewIncomplete`, `NothingToReview`, `StaleForm`."""
    with transaction.atomic():
        override = Override.objects.select_for_update().get(pk=override.pk)
        require(may_review_override(actor, override))
        if row_version is not None:
            require_version(override, row_version)
        fields: dict[str, list[Any]] = {}
        if verdict not in Verdict.values:
            fields["verdict"] = [_("Choose a verdict.")]
        if not lesson.strip():
            fields["lesson"] = [_("Say what is to be learned, even if it is little.")]
        if fields:
            raise ReviewIncomplete(fields)
        expire_overrides(at=at, subject_key=override.subject_key)
        override.refresh_from_db()
        if override.review_due_at is None:
            raise NothingToReview()
        before = override.state
        move(
            override,
            OverrideState.REVIEWED,
            actor=actor,
            at=at,
            reason=lesson.strip(),
            reviewed_by_id=actor.user_id,
            reviewed_at=at,
            verdict=verdict,
            lesson=lesson.strip(),
        )
        record(
            actor=actor,
            action="override.reviewed",
            subject_type="override",
            subject_id=override.public_id,
            reason=lesson.strip(),
            before={"state": before},
            after={"state": OverrideState.REVIEWED, "verdict": verdict},
            at=at,
        )
        return override
