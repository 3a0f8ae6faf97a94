"""Dismiss a person from a role. It counts from their next request on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import NotFound, require
from users.access import Actor, may_manage, still_administrator
from users.actions.assign_role import end, reach_of
from users.models import RoleAssignment
from users.people import person_for_update


class NotHeld(NotFound):
    """The person does not hold this role, or not any more."""

    code = "role_not_held"
    message = _("%(name)s does not hold this role any more.")


def end_role(*, actor: Actor, person_id: UUID, assignment_id: UUID, reason: str = "", at: datetime) -> RoleAssignment:
    """End an appointment that is held now. Raises `NotHeld`, `NotYourself`, `HasLeft`."""
    with transaction.atomic():
        require(still_administrator(actor))
        person = person_for_update(person_id)
        require(may_manage(actor, person))
        assignment = RoleAssignment.objects.filter(public_id=assignment_id, user=person, ended_at=None).first()
        if assignment is None:
            raise NotHeld(name=person.name)
        end(assignment, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="role.ended",
            subject_type="user",
            subject_id=person.public_id,
            reason=reason.strip(),
            before=reach_of(assignment),
            at=at,
        )
        return assignment
