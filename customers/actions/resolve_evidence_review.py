"""Say what it means that a register lost or changed an entry: the evidence still holds, or it does not."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_check_evidence
from customers.actions.check_evidence import check_evidence
from customers.actions.end_verification import end_verification
from customers.claims import required_reason
from customers.registers.models import EvidenceReview
from customers.registers.queries import review_facts, visible_reviews, with_subjects
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor

Outcome = EvidenceReview.Outcome


class AlreadyResolved(Conflict):
    """Somebody was quicker, or the register lists the entry again."""

    code = "review_already_resolved"
    message = _("This review is done: %(outcome)s.")


class UnknownOutcome(Invalid):
    """A verifier says yes or no."""

    code = "unknown_outcome"
    message = _("Say whether the evidence still holds.")


def resolve_evidence_review(
    *,
    actor: Actor,
    review_id: UUID,
    outcome: str,
    reason: str,
    at: datetime,
    row_version: int | None = None,
) -> EvidenceReview:
    """Record what a verifier found: `outcome` is "holds" or "fails", `reason` says why either way.

    The item of evidence is checked with it. What no longer holds ends the verification at once: the claim falls due
    for renewal. Raises `AlreadyResolved`, `UnknownOutcome`, `ReasonMissing`, `StaleForm`, and the refusals of
    `check_evidence`.
    """
    with transaction.atomic():
        locked = visible_reviews(actor).select_for_update(of=("self",))
        review = with_subjects(locked).filter(public_id=review_id).first()
        if review is None:
            raise NotFound()
        require(may_check_evidence(actor, review.evidence))
        if review.resolved_at is not None:
            raise AlreadyResolved(outcome=review.get_outcome_display())
        if row_version is not None:
            require_version(review, row_version)
        if outcome not in (Outcome.HOLDS, Outcome.FAILS):
            raise UnknownOutcome({"outcome": [UnknownOutcome.message]})
        reason = required_reason(reason)
        check_evidence(actor=actor, evidence=review.evidence, holds=outcome == Outcome.HOLDS, reason=reason, at=at)
        if outcome == Outcome.FAILS:
            end_verification(claim=review.evidence.claim, ends_at=at, at=at, actor=actor, reason=reason)
        review.resolved_at = at
        review.resolved_by_id = actor.user_id
        review.outcome = Outcome(outcome)
        review.reason = reason
        review.row_version += 1
        review.save(update_fields=["resolved_at", "resolved_by", "outcome", "reason", "row_version"])
        record(
            actor=actor,
            action="evidence_review.resolved",
            subject_type="evidence_review",
            subject_id=review.public_id,
            reason=reason,
            after=review_facts(review),
            at=at,
        )
        return review
