"""Take up an invitation: the link's bearer becomes a member of staff with the roles offered."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, NotFound
from users.access import Actor
from users.actions.assign_role import begin, described
from users.actions.invite_person import hash_of
from users.models import Invitation, RoleAssignment, User
from users.reach import portfolios_for, regions_for
from users.roles import Role


class InvitationVoid(NotFound):
    """No open invitation has this link; why not is not told, as anybody may ask."""

    code = "invitation_void"
    message = _("This invitation does not work: it was used, withdrawn, or it is too old.")
    remedy = _("Ask who sent it for a new one.")


class WeakPassword(Invalid):
    """The password is too easy to guess."""

    code = "weak_password"
    message = _("Please choose another password.")


def open_invitation(token: str, at: datetime, *, lock: bool = False) -> Invitation:
    """The invitation whose link this is, if it can be accepted now; raises `InvitationVoid`.

    It is void too once the person who sent it is no administrator any more.
    """
    rows = Invitation.objects.select_for_update(of=("self",)) if lock else Invitation.objects.all()
    invitation = rows.filter(token_hash=hash_of(token), accepted_at=None, withdrawn_at=None, expires_at__gt=at).first()
    if invitation is None:
        raise InvitationVoid()
    held = RoleAssignment.objects.select_for_update() if lock else RoleAssignment.objects.all()
    if not held.filter(user_id=invitation.invited_by_id, role=Role.ADMINISTRATOR, ended_at=None):
        raise InvitationVoid()
    return invitation


def accept_invitation(
    *, token: str, name: str, password: str, language: str, at: datetime, request_id: UUID | None = None
) -> User:
    """Open the account, or open again the one of a person who comes back.

    Raises `InvitationVoid` and `WeakPassword`.
    """
    with transaction.atomic():
        invitation = open_invitation(token, at, lock=True)
        person = User.objects.select_for_update().filter(email__iexact=invitation.email).first()
        if person is not None and person.is_active:
            raise InvitationVoid()
        person = person or User(email=invitation.email.lower())
        person.name = " ".join(name.split())
        _check_password(password, person)
        person.set_password(password)
        person.is_active = True
        person.joined_at = at
        person.left_at = None
        person.language = language
        person.save()
        invitation.accepted_at = at
        invitation.accepted_by = person
        invitation.row_version += 1
        invitation.save(update_fields=["accepted_at", "accepted_by", "row_version"])
        portfolios = list(invitation.portfolios.all())
        held = []
        for role in invitation.roles:
            reach = regions_for(role, invitation.regions), portfolios_for(role, portfolios)
            begin(person, role, *reach, by_id=invitation.invited_by_id, at=at)
            held.append(described(role, *reach))
        record(
            actor=Actor(user_id=person.pk, public_id=person.public_id, name=person.name, request_id=request_id),
            action="person.joined",
            subject_type="user",
            subject_id=person.public_id,
            after={"invitation": str(invitation.public_id), "roles": held},
            at=at,
        )
        return person


def _check_password(password: str, person: User) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise WeakPassword({"password": error.messages}) from error
