"""Look again at what was verified under another name."""

from datetime import datetime

from customers.assurance.access import counts
from customers.assurance.actions.complain import TIME_TO_ANSWER
from customers.assurance.models import ClaimReview
from customers.models import Claim, Organization
from journal.record import record
from users.access import Actor


def review_renamed(
    *, actor: Actor, organization: Organization, former: str, name: str, at: datetime
) -> list[ClaimReview]:
    """Open a review of every verification of an organization that was renamed; inside the caller's transaction.

    A verification says that the body of this name belongs to its category. It counts until somebody who was not
    involved finds otherwise. Where such a review is open already, it speaks of the present name anyway.
    """
    cause = ClaimReview.Cause.RENAMED
    open_ones = ClaimReview.objects.filter(cause=cause, resolved_at=None).values("claim")
    reviews = []
    for claim in Claim.objects.filter(organization=organization).exclude(pk__in=open_ones).select_related("category"):
        if not counts(claim):
            continue
        review = ClaimReview.objects.create(
            claim=claim,
            cause=cause,
            complaint=f"{former} → {name}",
            opened_by_id=actor.user_id,
            opened_at=at,
            due_at=at + TIME_TO_ANSWER,
        )
        record(
            actor=actor,
            action="claim.renamed_under",
            subject_type="claim",
            subject_id=claim.public_id,
            after={"review": str(review.public_id), "category": claim.category.code},
            at=at,
        )
        reviews.append(review)
    return reviews
