"""Decide whether the categories of its parent count for an organization."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_decide_inheritance, visible_organizations
from customers.claims import required_reason
from customers.models import Inheritance, Organization
from journal.record import record
from kit.refusal import Conflict, NotFound, require
from users.access import Actor


class NothingToInherit(Conflict):
    """Without a parent there is nothing to inherit from."""

    code = "nothing_to_inherit"
    message = _("%(organization)s stands below no other organization.")


class ParentChanged(Conflict):
    """The decision would be about another parent than the one that was shown."""

    code = "parent_changed"
    message = _("The parent of this organization was changed meanwhile.")
    remedy = _("Look at the new one and decide again.")


def decide_inheritance(
    *, actor: Actor, organization: Organization, parent: Organization, is_accepted: bool, reason: str, at: datetime
) -> Inheritance:
    """Let what `parent` holds count for the organization, or not; the decision ends where the parent changes.

    Raises `NothingToInherit`, `ParentChanged`, `OwnPortfolio`, `ReasonMissing`.
    """
    with transaction.atomic():
        current = (
            visible_organizations(actor)
            .select_for_update(of=("self",))
            .select_related("parent")
            .filter(pk=organization.pk)
            .first()
        )
        if current is None:
            raise NotFound()
        require(may_decide_inheritance(actor, current))
        if current.parent is None:
            raise NothingToInherit(organization=current.legal_name)
        if current.parent_id != parent.pk:
            raise ParentChanged()
        reason = required_reason(reason)
        former = Inheritance.objects.filter(organization=current, parent=parent).first()
        decided, _is_new = Inheritance.objects.update_or_create(
            organization=current,
            defaults={
                "parent": parent, "is_accepted": is_accepted, "reason": reason,
                "decided_by_id": actor.user_id, "decided_at": at,
            },
        )  # fmt: skip
        record(
            actor=actor,
            action="inheritance.accepted" if is_accepted else "inheritance.declined",
            subject_type="organization",
            subject_id=current.public_id,
            reason=reason,
            before={"accepted": former.is_accepted} if former else None,
            after={"parent": str(parent.public_id), "accepted": is_accepted},
            at=at,
        )
        return decided
