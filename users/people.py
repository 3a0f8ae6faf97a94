"""Getting hold of a person, or saying that there is none."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kit.refusal import NotFound
from users.models import User


class NoSuchPerson(NotFound):
    """There is no person behind this id."""

    code = "no_such_person"
    message = _("There is no such person.")


def person_for_update(public_id: UUID) -> User:
    """The person, locked until the transaction ends; raises `NoSuchPerson`."""
    person = User.objects.select_for_update().filter(public_id=public_id).first()
    if person is None:
        raise NoSuchPerson()
    return person
