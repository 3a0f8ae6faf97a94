"""End an API token at once."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import NotFound
from users.access import Actor
from users.models import ApiToken


class NoSuchToken(NotFound):
    """Revoked or expired meanwhile, or somebody else's."""

    code = "no_such_token"
    message = _("There is no such token of yours.")


def revoke_token(*, actor: Actor, token_id: UUID, at: datetime) -> None:
    """Delete a token of one's own; its next use is refused. Raises `NoSuchToken`."""
    with transaction.atomic():
        deleted, _by_model = ApiToken.objects.filter(user_id=actor.user_id, public_id=token_id).delete()
        if not deleted:
            raise NoSuchToken()
        record(
            actor=actor,
            action="token.revoked",
            subject_type="user",
            subject_id=actor.public_id,
            before={"token": str(token_id)},
            at=at,
        )
