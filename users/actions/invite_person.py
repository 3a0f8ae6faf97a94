"""Offer somebody an account with roles. The link works once, and for a week."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor, may_invite, still_administrator
from users.models import Invitation, Portfolio, User
from users.reach import check_reach

VALID_FOR = timedelta(days=7)


class AddressTaken(Conflict):
    """Somebody signs in with this address already."""

    code = "address_taken"
    message = _("%(name)s signs in with this address already.")
    remedy = _("Give them the role on their page.")


class InvitedAlready(Conflict):
    """An invitation to this address is open."""

    code = "invited_already"
    message = _("An invitation to this address is open until %(until)s.")
    remedy = _("Withdraw it first.")


@dataclass(frozen=True)
class Invited:
    """An invitation and the secret of its link, which is kept nowhere."""

    invitation: Invitation
    token: str

    @property
    def public_id(self) -> UUID:
        return self.invitation.public_id


def invite_person(
    *,
    actor: Actor,
    email: str,
    name: str,
    roles: Sequence[str],
    regions: Sequence[str],
    portfolios: Sequence[Portfolio],
    at: datetime,
) -> Invited:
    """Open an invitation. Whoever left may be invited again and gets the old account back.

    Raises `CannotAppoint`, `AddressTaken`, `InvitedAlready`.
    """
    with transaction.atomic():
        require(may_invite(actor))
        require(still_administrator(actor))
        check_reach(roles, regions, portfolios)
        known = User.objects.filter(email__iexact=email, is_active=True).first()
        if known is not None:
            raise AddressTaken({"email": [AddressTaken.message % {"name": known.name}]}, name=known.name)
        former = Invitation.objects.select_for_update().filter(email__iexact=email, accepted_at=None, withdrawn_at=None)
        for invitation in former:
            if invitation.expires_at > at:
                raise InvitedAlready(until=invitation.expires_at.strftime("%Y-%m-%d"))
            # One that ran out makes room for the new one.
            Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=at)
        token = secrets.token_urlsafe(32)
        invitation = Invitation.objects.create(
            email=email,
            name=name.strip(),
            roles=sorted(set(roles)),
            regions=sorted(set(regions)),
            token_hash=hash_of(token),
            invited_by_id=actor.user_id,
            invited_at=at,
            expires_at=at + VALID_FOR,
        )
        invitation.portfolios.set(portfolios)
        record(
            actor=actor,
            action="person.invited",
            subject_type="invitation",
            subject_id=invitation.public_id,
            after={
                "roles": invitation.roles,
                "regions": invitation.regions,
                "portfolios": sorted(portfolio.code for portfolio in portfolios),
                "expires_at": invitation.expires_at.isoformat(),
            },
            at=at,
        )
        return Invited(invitation, token)


def hash_of(token: str) -> str:
    """What is kept of a link's secret. It is long and random, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()
