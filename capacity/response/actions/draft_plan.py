"""Draft a response plan, or change the draft."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.response.access import may_change_plan, may_draft_plan
from capacity.response.models import PlanMove, PlanState, ResponsePlan
from capacity.response.plans import lock_plan
from journal.record import record
from kit.refusal import Conflict, Invalid, require, require_version
from users.access import Actor


class CannotDraftPlan(Invalid):
    """A text is missing."""

    code = "cannot_draft_plan"


class NoDraftAnyMore(Conflict):
    """What was activated was signed as it stood."""

    code = "plan_no_draft_any_more"
    message = _("This plan was activated; its title and situation stay as they were signed.")
    remedy = _("Add a phase or a task instead.")


def draft_plan(*, actor: Actor, title: str, situation: str, at: datetime) -> ResponsePlan:
    """A new draft; phases and tasks are added to it. Raises `CannotDraftPlan`."""
    with transaction.atomic():
        require(may_draft_plan(actor))
        _check(title, situation)
        assert actor.user_id is not None  # a role was required above
        plan = ResponsePlan.objects.create(
            title=title.strip(), situation=situation.strip(), drafted_by_id=actor.user_id, drafted_at=at
        )
        PlanMove.objects.create(plan=plan, new_state=PlanState.DRAFTED, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="plan.drafted",
            subject_type="response_plan",
            subject_id=plan.public_id,
            after={"title": plan.title, "situation": plan.situation},
            at=at,
        )
        return plan


def change_plan(
    *, actor: Actor, plan_id: UUID, row_version: int, title: str, situation: str, at: datetime
) -> ResponsePlan:
    """Change one's own draft. Raises `NoDraftAnyMore`, `StaleForm` and `CannotDraftPlan`."""
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        if not plan.is_drafted:
            raise NoDraftAnyMore()
        require(may_change_plan(actor, plan))
        require_version(plan, row_version)
        _check(title, situation)
        before = {"title": plan.title, "situation": plan.situation}
        plan.title, plan.situation = title.strip(), situation.strip()
        plan.row_version += 1
        plan.save(update_fields=["title", "situation", "row_version"])
        record(
            actor=actor,
            action="plan.changed",
            subject_type="response_plan",
            subject_id=plan.public_id,
            before=before,
            after={"title": plan.title, "situation": plan.situation},
            at=at,
        )
        return plan


def _check(title: str, situation: str) -> None:
    fields: dict[str, list[Any]] = {}
    if not title.strip():
        fields["title"] = [_("This is missing.")]
    if not situation.strip():
        fields["situation"] = [_("This is missing.")]
    if fields:
        raise CannotDraftPlan(fields)
