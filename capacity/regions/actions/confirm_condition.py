"""Put the second signature under a region's condition."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from capacity.regions.access import may_answer_condition
from capacity.regions.conditions import NotProposedAnyMore, lock_proposal, put_in_force
from capacity.regions.models import ConditionDeclaration, DeclarationState
from kit.refusal import require
from users.access import Actor


def confirm_condition(*, actor: Actor, declaration_id: UUID, at: datetime) -> ConditionDeclaration:
    """Bring a proposed condition into force, as a duty manager other than the proposer.

    Needs a fresh sign-in step. Raises `NotProposedAnyMore` where it was answered meanwhile.
    """
    with transaction.atomic():
        region, declaration = lock_proposal(declaration_id)
        require(may_answer_condition(actor, declaration, at))
        if declaration.state != DeclarationState.PROPOSED:
            raise NotProposedAnyMore()
        declaration.confirmed_by_id = actor.user_id
        declaration.row_version += 1
        put_in_force(region, declaration, actor=actor, at=at)
        return declaration
