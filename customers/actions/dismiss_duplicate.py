"""Say that two organizations which look like one are two."""

from datetime import datetime

from django.db import transaction

from customers.access import may_update_organization, visible_duplicates
from customers.claims import required_reason
from customers.models import PossibleDuplicate
from journal.record import record
from kit.refusal import NotFound, require
from users.access import Actor


def dismiss_duplicate(*, actor: Actor, pair: PossibleDuplicate, reason: str, at: datetime) -> PossibleDuplicate:
    """Take a pair off the list for good; who may change one of the two may say so.

    Raises `NotFound`, `NotInYourPortfolio`, `ReasonMissing`.
    """
    with transaction.atomic():
        found = (
            visible_duplicates(actor)
            .select_for_update(of=("self",))
            .select_related("one", "other")
            .filter(pk=pair.pk)
            .first()
        )
        if found is None:
            raise NotFound()
        if may_update_organization(actor, found.one) is not None:
            require(may_update_organization(actor, found.other))
        found.dismissed_by_id, found.dismissed_at = actor.user_id, at
        found.dismissed_because = required_reason(reason)
        found.row_version += 1
        found.save(update_fields=["dismissed_by", "dismissed_at", "dismissed_because", "row_version"])
        record(
            actor=actor,
            action="duplicate.dismissed",
            subject_type="organization",
            subject_id=found.one.public_id,
            reason=found.dismissed_because,
            after={"other": str(found.other.public_id)},
            at=at,
        )
        return found
