"""Say what looking at a verification again has found."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_verify
from customers.actions.suspend_claim import suspend_claim
from customers.assurance.access import counts, may_resolve_review, visible_reviews
from customers.assurance.models import ClaimReview
from customers.claims import required_reason
from customers.particulars import has_control_characters
from customers.reasons import WithdrawalReason
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor

MAX_FINDING = 4_000


class AlreadyResolved(Conflict):
    """A finding is final; a new doubt is a new complaint."""

    code = "review_already_resolved"
    message = _("This review has its result already.")


class BadFinding(Invalid):
    """Outcome or text is missing or wrong."""

    code = "bad_finding"


def resolve_review(
    *, actor: Actor, review_id: UUID, outcome: str, finding: str, row_version: int, at: datetime
) -> ClaimReview:
    """The verification stands, or it is doubted: then the claim is suspended until it is verified anew.

    Raises `AlreadyResolved`, `BadFinding`, `StaleForm`, and `Involved` for whoever had a part in it.
    """
    with transaction.atomic():
        if not visible_reviews(actor).filter(public_id=review_id).exists():
            raise NotFound()
        review = (
            ClaimReview.objects.select_for_update(of=("self",))
            .select_related("claim__organization", "claim__category")
            .get(public_id=review_id)
        )
        require(may_verify(actor))
        if review.resolved_at is not None:
            raise AlreadyResolved()
        require(may_resolve_review(actor, review))
        require_version(review, row_version)
        if outcome not in ClaimReview.Outcome.values:
            raise BadFinding({"outcome": [_("Choose what you found.")]})
        text = required_reason(finding, "finding")
        if len(text) > MAX_FINDING or has_control_characters(text):
            raise BadFinding({"finding": [_("At most %(most)s visible characters.") % {"most": MAX_FINDING}]})
        review.outcome, review.finding = outcome, text
        review.resolved_by_id, review.resolved_at = actor.user_id, at
        review.row_version += 1
        review.save(update_fields=["outcome", "finding", "resolved_by", "resolved_at", "row_version"])
        record(
            actor=actor,
            action="claim.reviewed",
            subject_type="claim",
            subject_id=review.claim.public_id,
            after={"review": str(review.public_id), "outcome": outcome},
            at=at,
        )
        if outcome == ClaimReview.Outcome.DOUBTED and counts(review.claim):
            # Where the name changed nobody complained.
            is_renamed = review.cause == ClaimReview.Cause.RENAMED
            why = WithdrawalReason.ORGANIZATION_CHANGED if is_renamed else WithdrawalReason.COMPLAINT
            suspend_claim(actor=actor, claim=review.claim, reason_code=why, reason=text, at=at)
        return review
