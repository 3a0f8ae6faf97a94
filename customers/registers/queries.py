"""What is asked of registers: their snapshots, entries by fragments of names, and what rests on an entry."""

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from customers import names
from customers.access import undecidable_by, visible_claims
from customers.models import Claim, Evidence, RegisterRow, RegisterSnapshot
from customers.registers.models import EvidenceReview
from users.access import Actor
from users.roles import Role

READERS = (Role.VERIFIER, Role.ACCOUNT_MANAGER, Role.AUDITOR)


def snapshot_of(code: str, day: str) -> RegisterSnapshot | None:
    """The register's snapshot of that day (as ISO text); None where there is none."""
    try:
        as_of_date = date.fromisoformat(day)
    except ValueError:
        return None
    return (
        RegisterSnapshot.objects.select_related("register", "imported_by")
        .filter(register__code=code, as_of_date=as_of_date)
        .first()
    )


def with_fragments(text: str, entry: str = "") -> Q:
    """The condition that an entry's name holds every word of the text, also in the middle of one; or its key is it.

    `entry` is the way to the entry, such as "entry__".
    """
    condition = Q()
    for spellings in names.query_words(text):
        word = Q()
        for spelling in spellings:
            word |= Q(**{f"{entry}search_text__contains": spelling})
        condition &= word
    return (condition if condition else Q(pk=None)) | Q(**{f"{entry}key": text.strip()})


def snapshots_of_key(code: str, key: str) -> QuerySet[RegisterRow]:
    """The same entry in every snapshot of its register, the newest first."""
    return (
        RegisterRow.objects.filter(snapshot__register__code=code, key=key)
        .select_related("snapshot__register")
        .order_by("-snapshot__as_of_date")
    )


def resting_on(actor: Actor, code: str, key: str) -> QuerySet[Evidence]:
    """The evidence that rests on an entry, in whichever snapshot, on claims that one may see."""
    return (
        Evidence.objects.filter(
            register_row__snapshot__register__code=code, register_row__key=key, claim__in=visible_claims(actor)
        )
        .select_related("claim__organization", "claim__category", "register_row__snapshot")
        .order_by("claim__organization__sort_name", "pk")
    )


def visible_reviews(actor: Actor) -> QuerySet[EvidenceReview]:
    """The reviews of evidence on claims that one may see."""
    if not actor.is_system and not actor.holds(*READERS):
        return EvidenceReview.objects.none()
    return EvidenceReview.objects.filter(evidence__claim__in=visible_claims(actor))


def reviews_waiting_for(actor: Actor) -> QuerySet[EvidenceReview]:
    """The open reviews that this verifier may answer."""
    if not actor.holds(Role.VERIFIER):
        return EvidenceReview.objects.none()
    own = Claim.objects.filter(undecidable_by(actor)).values("pk")
    return EvidenceReview.objects.filter(resolved_at=None).exclude(evidence__claim__in=own)


def with_subjects(reviews: QuerySet[EvidenceReview]) -> QuerySet[EvidenceReview]:
    """The reviews with everything a page says about them, in one statement."""
    return reviews.select_related(
        "evidence__claim__organization",
        "evidence__claim__category",
        "evidence__register_row__snapshot__register",
        "snapshot__register",
        "entry__snapshot__register",
        "resolved_by",
    )


def open_reviews(claim_id: int) -> list[EvidenceReview]:
    """The open reviews of a claim's evidence, for its pages; one query."""
    return list(with_subjects(EvidenceReview.objects.filter(evidence__claim=claim_id, resolved_at=None)).order_by("pk"))


def review_facts(review: EvidenceReview) -> dict[str, Any]:
    """What the journal keeps of a review: whose evidence, which entry, what became of it."""
    row = review.evidence.register_row
    assert row is not None  # only evidence from registers is reviewed
    claim = review.evidence.claim
    return {
        "organization": str(claim.organization.public_id),
        "category": claim.category.code,
        "claim": str(claim.public_id),
        "evidence": str(review.evidence.public_id),
        "register_row": f"{row.snapshot.register.code} {row.snapshot.as_of_date} {row.key}",
        "snapshot": review.snapshot.as_of_date.isoformat(),
        "change": str(review.change),
        "outcome": str(review.outcome),
    }
