"""What follows an organization that is merged: this app asks, those above answer."""

from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from customers.models import Organization
from kit.refusal import NotFound
from users.access import Actor


class Follower(Protocol):
    """Moves what it keeps of one organization to the other, in the transaction of the merge."""

    def __call__(
        self, *, actor: Actor, merged: Organization, survivor: Organization, reason: str, at: datetime
    ) -> None:
        """Leave nothing behind that still counts."""


_followers: list[Follower] = []


def provide_follower(follower: Follower) -> None:
    """Let `follower` take part in every merge. `config` calls this once."""
    _followers.append(follower)


def followers() -> list[Follower]:
    """Everybody who takes part."""
    return list(_followers)


class Merged(NotFound):
    """The organization is another one now."""

    code = "merged"
    message = _("It was merged into the organization %(into)s.")
    remedy = _("Use that one; its former ids lead there.")
