"""Take an invitation back; its link stops working."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor, may_invite
from users.models import Invitation


class NotOpen(Conflict):
    """It was accepted or withdrawn meanwhile."""

    code = "invitation_not_open"
    message = _("This invitation is not open any more.")


def withdraw_invitation(*, actor: Actor, invitation_id: UUID, at: datetime) -> Invitation:
    """Close an open invitation without an account. Raises `NotOpen`."""
    with transaction.atomic():
        require(may_invite(actor))
        invitation = (
            Invitation.objects.select_for_update()
            .filter(public_id=invitation_id, accepted_at=None, withdrawn_at=None)
            .first()
        )
        if invitation is None:
            raise NotOpen()
        close(invitation, at=at)
        record(
            actor=actor,
            action="invitation.withdrawn",
            subject_type="invitation",
            subject_id=invitation.public_id,
            at=at,
        )
        return invitation


def close(invitation: Invitation, *, at: datetime) -> None:
    """Mark as withdrawn; who calls has locked and records."""
    invitation.withdrawn_at = at
    invitation.row_version += 1
    invitation.save(update_fields=["withdrawn_at", "row_version"])
