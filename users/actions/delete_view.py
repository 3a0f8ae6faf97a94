"""Forget a saved view."""

from datetime import datetime
from uuid import UUID

from kit.refusal import NotFound
from users.access import Actor
from users.models import SavedView


def delete_view(*, actor: Actor, view_id: UUID, at: datetime) -> None:
    """Delete a view of the actor's own. Raises `NotFound` for any other."""
    deleted, _by_model = SavedView.objects.filter(user_id=actor.user_id, public_id=view_id).delete()
    if not deleted:
        raise NotFound()
