"""Make an API token: shown once, valid for a time, with which a program acts as the person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor
from users.models import ApiToken, User

MOST_TOKENS = 10
LIFETIMES = (7, 30, 90, 365)  # days


class CannotCreateToken(Invalid):
    """No name, scope or lifetime that exists."""

    code = "cannot_create_token"


class TooManyTokens(Conflict):
    """More would be forgotten ones."""

    code = "too_many_tokens"
    message = _("You have %(most)s tokens already.")
    remedy = _("Revoke one that is not needed any more.")


@dataclass(frozen=True)
class NewToken:
    """A token and its secret, which is kept nowhere."""

    token: ApiToken
    secret: str

    @property
    def public_id(self) -> UUID:
        return self.token.public_id


def create_token(*, actor: Actor, name: str, scope: str, days: int, at: datetime) -> NewToken:
    """Make a token of the person who acts, after a fresh sign-in step.

    Raises `CannotCreateToken`, `TooManyTokens`, `NeedsFreshSignIn`.
    """
    with transaction.atomic():
        require(actor.needs_fresh_sign_in(at))
        name = " ".join(name.split())
        if not name or len(name) > 60:
            raise CannotCreateToken({"name": [_("Say what it is for, in at most 60 characters.")]})
        if scope not in ApiToken.Scope.values or days not in LIFETIMES:
            raise CannotCreateToken({"scope": [_("Choose among what is shown.")]})
        person = User.objects.select_for_update().get(pk=actor.user_id)
        if ApiToken.objects.filter(user=person, expiry__gt=at).count() >= MOST_TOKENS:
            raise TooManyTokens(most=MOST_TOKENS)
        token, secret = ApiToken.objects.create(user=person, expiry=timedelta(days=days), name=name, scope=scope)
        record(
            actor=actor,
            action="token.created",
            subject_type="user",
            subject_id=person.public_id,
            after={"token": str(token.public_id), "scope": scope, "expires_at": token.expiry.isoformat()},
            at=at,
        )
        return NewToken(token, secret)
