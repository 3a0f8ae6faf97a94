"""Write down a complaint about a verification; it opens a review by somebody who was not involved."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from customers.access import visible_claims
from customers.assurance.access import counts, may_complain
from customers.assurance.models import ClaimReview
from customers.claims import required_reason
from customers.models import Claim, ClaimState
from customers.particulars import has_control_characters
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor

TIME_TO_ANSWER = timedelta(days=5)
MAX_COMPLAINT = 4_000


class NothingToDoubt(Conflict):
    """Only what counts can be doubted."""

    code = "nothing_to_doubt"
    message = _("This claim does not count at present, so there is nothing to complain about.")


class ComplaintIsOpen(Conflict):
    """One complaint at a time."""

    code = "complaint_is_open"
    message = _("A complaint about this verification is being looked into already.")
    remedy = _("Add what you know to the claim's contacts, or wait for its result.")


class ComplaintTooLong(Invalid):
    """Free text has bounds."""

    code = "complaint_invalid"


def complain(*, actor: Actor, claim_id: UUID, complaint: str, at: datetime) -> ClaimReview:
    """Open a review. The claim counts until somebody finds otherwise. Raises `NothingToDoubt`, `ComplaintIsOpen`."""
    with transaction.atomic():
        claim: Claim | None = (
            visible_claims(actor)
            .select_related("organization", "category")
            .filter(public_id=claim_id)
            .exclude(state=ClaimState.DRAFT)
            .first()
        )
        if claim is None:
            raise NotFound()
        require(may_complain(actor, claim))
        text = required_reason(complaint, "complaint")
        if len(text) > MAX_COMPLAINT or has_control_characters(text):
            raise ComplaintTooLong({"complaint": [_("At most %(most)s visible characters.") % {"most": MAX_COMPLAINT}]})
        if not counts(claim):
            raise NothingToDoubt()
        try:
            with transaction.atomic():
                review = ClaimReview.objects.create(
                    claim=claim,
                    cause=ClaimReview.Cause.COMPLAINT,
                    complaint=text,
                    opened_by_id=actor.user_id,
                    opened_at=at,
                    due_at=at + TIME_TO_ANSWER,
                )
        except IntegrityError as error:
            if "one_open_complaint_per_claim" not in str(error):
                raise
            raise ComplaintIsOpen() from None
        record(
            actor=actor,
            action="claim.complained_of",
            subject_type="claim",
            subject_id=claim.public_id,
            after={"review": str(review.public_id)},
            at=at,
        )
        return review
