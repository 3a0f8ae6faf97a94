"""Open the first administrator's account, before which there is nobody who could invite."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict
from users.access import SYSTEM
from users.actions.assign_role import begin, reach_of
from users.models import RoleAssignment, User
from users.roles import Role

# Any constant will do: it names the lock that lets one first administrator be the first.
FOUNDING_LOCK = 7_304_993


class FoundedAlready(Conflict):
    """There is an administrator, who can invite."""

    code = "founded_already"
    message = _("There is an administrator already: %(email)s.")
    remedy = _("They invite everybody else.")


def found_administration(*, email: str, name: str, at: datetime) -> User:
    """Open an account without a password that holds the role of administrator. Raises `FoundedAlready`."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOUNDING_LOCK])
        held = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, ended_at=None).select_related("user").first()
        if held is not None:
            raise FoundedAlready(email=held.user.email)
        person = User.objects.filter(email__iexact=email).first() or User(email=email.lower(), joined_at=at)
        person.name = " ".join(name.split())
        person.is_active = True
        person.left_at = None
        person.set_unusable_password()
        person.save()
        assignment = begin(person, Role.ADMINISTRATOR, [], [], by_id=None, at=at)
        record(
            actor=SYSTEM,
            action="person.joined",
            subject_type="user",
            subject_id=person.public_id,
            after={"roles": [reach_of(assignment)]},
            at=at,
        )
        return person
