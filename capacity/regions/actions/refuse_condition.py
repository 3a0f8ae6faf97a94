"""Refuse a region's proposed condition, or take one's own proposal back."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import may_answer_condition, may_withdraw_condition
from capacity.regions.conditions import NotProposedAnyMore, lock_proposal
from capacity.regions.models import ConditionDeclaration, DeclarationState, Region
from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor


class NeedsAnswer(Invalid):
    """A refusal says why."""

    code = "condition_answer_needed"


def refuse_condition(*, actor: Actor, declaration_id: UUID, answer: str, at: datetime) -> ConditionDeclaration:
    """Refuse a proposal with a reason, as a duty manager other than the proposer with a fresh sign-in step."""
    with transaction.atomic():
        region, declaration = lock_proposal(declaration_id)
        require(may_answer_condition(actor, declaration, at))
        _require_proposed(declaration)
        if not answer.strip():
            raise NeedsAnswer({"answer": [_("Say why it is refused.")]})
        declaration.state = DeclarationState.REFUSED
        declaration.refused_by_id = actor.user_id
        declaration.answer = answer.strip()
        _close(region, declaration, "condition.refused", actor=actor, at=at)
        return declaration


def withdraw_condition(*, actor: Actor, declaration_id: UUID, at: datetime) -> ConditionDeclaration:
    """Take one's own proposal back while nobody has answered it."""
    with transaction.atomic():
        region, declaration = lock_proposal(declaration_id)
        require(may_withdraw_condition(actor, declaration))
        _require_proposed(declaration)
        declaration.state = DeclarationState.WITHDRAWN
        _close(region, declaration, "condition.withdrawn", actor=actor, at=at)
        return declaration


def _require_proposed(declaration: ConditionDeclaration) -> None:
    if declaration.state != DeclarationState.PROPOSED:
        raise NotProposedAnyMore()


def _close(region: Region, declaration: ConditionDeclaration, action: str, *, actor: Actor, at: datetime) -> None:
    declaration.ended_at = at
    declaration.row_version += 1
    declaration.save()
    record(
        actor=actor,
        action=action,
        subject_type="region",
        subject_id=region.code,
        reason=declaration.answer,
        after={
            "code": region.code,
            "condition": declaration.condition,
            "declaration": str(declaration.public_id),
        },
        at=at,
    )
