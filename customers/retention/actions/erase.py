"""Erase personal data about customers: at the end of its retention, or because somebody asked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_update_organization, visible_organizations
from customers.claims import required_reason
from customers.models import Organization
from customers.retention.kinds import KINDS, Kind
from customers.retention.models import Erasure
from customers.retention.rules import days_by_kind
from journal.record import record
from kit.refusal import Invalid, NotFound, require
from users.access import SYSTEM, Actor
from users.roles import Role


class NothingChosen(Invalid):
    """An erasure says what is to be erased."""

    code = "nothing_chosen"
    message = _("Choose what is to be erased.")


def erase_what_is_due(*, at: datetime, limit: int = 500) -> int:
    """Erase what was kept long enough, at most `limit` rows; returns how many. Rows in use wait for the next run."""
    days, erased = days_by_kind(), 0
    for kind in KINDS.values():
        with transaction.atomic():
            rows = kind.due_rows(at=at, days=days[kind.code]).select_for_update(of=("self",), skip_locked=True)
            for row in rows.order_by("pk")[: limit - erased]:
                _erase(kind, row, actor=SYSTEM, cause=Erasure.Cause.RETENTION, reason="", at=at)
                erased += 1
    return erased


def erase_on_request(*, actor: Actor, organization_id: UUID, kinds: list[str], reason: str, at: datetime) -> int:
    """Erase everything of these kinds about one organization; returns how many rows there were.

    Verified categories, requests and the journal stay: they name no person. For the account manager of its portfolio
    and for administrators. Raises `NothingChosen` and `ReasonMissing`.
    """
    with transaction.atomic():
        found = _organization(actor, organization_id)
        if not kinds or any(code not in KINDS for code in kinds):
            raise NothingChosen({"kinds": [NothingChosen.message]})
        text = required_reason(reason)
        count = 0
        for code in sorted(set(kinds)):
            kind = KINDS[code]
            for row in kind.about(kind.rows(), found).select_for_update(of=("self",)).order_by("pk"):
                _erase(kind, row, actor=actor, cause=Erasure.Cause.REQUEST, reason=text, at=at)
                count += 1
        return count


def _organization(actor: Actor, public_id: UUID) -> Organization:
    rows = Organization.objects.all() if actor.holds(Role.ADMINISTRATOR) else visible_organizations(actor)
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    if not actor.holds(Role.ADMINISTRATOR):
        require(may_update_organization(actor, found))
    return found


def _erase(kind: Kind, row: Any, *, actor: Actor, cause: str, reason: str, at: datetime) -> None:
    organization = kind.organization_of(row)
    public_id, content_hash = row.public_id, kind.digest(row) if kind.digest else ""
    kind.erase(row, at)
    Erasure.objects.create(
        kind=kind.code,
        subject_id=public_id,
        organization_id=organization.public_id if organization else None,
        cause=cause,
        content_hash=content_hash,
        by_id=actor.user_id,
        at=at,
    )
    record(
        actor=actor,
        action="data.erased",
        subject_type="erasure",
        subject_id=public_id,
        reason=reason,
        after={
            "kind": kind.code,
            "cause": str(cause),
            "organization": str(organization.public_id) if organization else None,
            "content_hash": content_hash,
        },
        at=at,
    )
