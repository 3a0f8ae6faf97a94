"""Propose that an organization belongs to a sector category, with the evidence for it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_propose_claim
from customers.actions.add_evidence import MAX_NOTE, Item, store_evidence
from customers.claims import move
from customers.models import Claim, ClaimMove, ClaimState, Organization, SectorCategory
from customers.particulars import has_control_characters
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

# Remote work's core functions are the provider's own services; no customer can be one.
INTERNAL_CATEGORY = "RW-CORE"
MAX_ITEMS_AT_ONCE = 10


class AlreadyClaimed(Conflict):
    """A claim to the category stands already."""

    code = "already_claimed"
    message = _("%(organization)s already has a claim to %(category)s: %(state)s.")
    remedy = _("Add evidence to that claim instead.")


class OnlyForInternal(Invalid):
    """The category is for the provider's own services."""

    code = "category_is_internal"
    message = _("%(category)s is for the provider's own services; customers cannot belong to it.")


class NoEvidence(Invalid):
    """A claim without evidence cannot be checked."""

    code = "no_evidence"
    message = _("Add at least one item of evidence; without one there is nothing to verify.")


class StatementTooLong(Invalid):
    """Free text has bounds."""

    code = "statement_invalid"


def propose_claim(
    *,
    actor: Actor,
    organization: Organization,
    category: SectorCategory,
    evidence: Sequence[Item],
    statement: str = "",
    at: datetime,
) -> Claim:
    """Write the claim with its evidence and submit it for verification.

    Raises `NoEvidence`, `CannotTakeEvidence` (fields of the item at fault), `OnlyForInternal`, and
    `AlreadyClaimed` where a claim to the category stands; also where two people propose at once.
    """
    with transaction.atomic():
        require(may_propose_claim(actor, organization))
        statement = statement.strip()
        if len(statement) > MAX_NOTE or has_control_characters(statement):
            raise StatementTooLong({"statement": [_("At most %(most)s visible characters.") % {"most": MAX_NOTE}]})
        if category.code == INTERNAL_CATEGORY and not organization.is_internal:
            raise OnlyForInternal(
                {"category": [OnlyForInternal.message % {"category": category.name}]}, category=category.name
            )
        if not evidence:
            raise NoEvidence()
        if len(evidence) > MAX_ITEMS_AT_ONCE:
            raise NoEvidence({"evidence": [_("At most %(most)s items at once.") % {"most": MAX_ITEMS_AT_ONCE}]})
        try:
            with transaction.atomic():
                claim = Claim.objects.create(
                    organization=organization,
                    category=category,
                    statement=statement,
                    filed_by_id=actor.user_id,
                    filed_at=at,
                )
        except IntegrityError as error:
            if "one_standing_claim_per_category" not in str(error):
                raise
            raise _already_claimed(organization, category) from None
        ClaimMove.objects.create(claim=claim, new_state=ClaimState.DRAFT, by_id=actor.user_id, at=at)
        for item in evidence:
            store_evidence(actor, claim, item, at=at)
        move(claim, ClaimState.SUBMITTED, actor=actor, action="claim.submitted", at=at)
        return claim


def _already_claimed(organization: Organization, category: SectorCategory) -> AlreadyClaimed:
    standing = Claim.objects.filter(organization=organization, category=category).order_by("-pk").first()
    return AlreadyClaimed(
        organization=organization.legal_name,
        category=category.name,
        state=standing.get_state_display() if standing else "",
    )
