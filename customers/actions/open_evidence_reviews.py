"""Look at evidence again whose entry a newer snapshot lost or changed; end verifications that nobody confirmed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from customers.actions.end_verification import end_verification
from customers.models import CLAIM_STANDING
from customers.registers.comparing import declared, says
from customers.registers.models import EvidenceReview
from customers.registers.queries import review_facts, with_subjects
from journal.record import new_entry, record_many
from users.access import SYSTEM

# How long a claim keeps what it is worth while the evidence under it is looked at again.
KEEPS_FOR = timedelta(days=30)
LIMIT = 1_000
# Any constant will do: one at a time, or two runs would open a review twice.
REVIEW_LOCK = 7_304_995

Change, Outcome = EvidenceReview.Change, EvidenceReview.Outcome

# Evidence beside the entry in the newest snapshot of its register, and what was last confirmed about it.
_RESTING = """
    FROM customers_evidence item
    JOIN customers_claim claim ON claim.id = item.claim_id AND claim.state = ANY(%(standing)s)
    JOIN customers_registerrow pinned ON pinned.id = item.register_row_id
    JOIN customers_registersnapshot then_ ON then_.id = pinned.snapshot_id
    JOIN customers_register register ON register.id = then_.register_id
    JOIN LATERAL (
        SELECT id, as_of_date FROM customers_registersnapshot
        WHERE register_id = register.id ORDER BY as_of_date DESC LIMIT 1
    ) newest ON newest.as_of_date > then_.as_of_date
    LEFT JOIN customers_registerrow now_ ON now_.snapshot_id = newest.id AND now_.key = pinned.key
    LEFT JOIN LATERAL (
        SELECT review.id, review.resolved_at, review.outcome, review.change, review.entry_id, review.snapshot_id
        FROM customers_evidencereview review WHERE review.evidence_id = item.id ORDER BY review.id DESC LIMIT 1
    ) last ON true
"""

_TO_OPEN = f"""
    SELECT item.id, newest.id, now_.id
    {_RESTING}
    LEFT JOIN customers_registerrow confirmed ON confirmed.id = last.entry_id AND last.outcome = 'holds'
    WHERE item.kind = 'register_match' AND item.holds IS DISTINCT FROM false
      AND (last.id IS NULL OR (last.resolved_at IS NOT NULL AND last.snapshot_id <> newest.id))
      AND CASE
        WHEN now_.id IS NULL THEN NOT (last.id IS NOT NULL AND last.outcome = 'holds' AND last.change = 'lost')
        WHEN confirmed.id IS NOT NULL THEN {says("now_", "register.code")}
             IS DISTINCT FROM {says("confirmed", "register.code")}
        ELSE {says("now_", "register.code")} IS DISTINCT FROM {says("pinned", "register.code")}
      END
    ORDER BY item.id LIMIT %(limit)s
"""  # noqa: S608 - the parts are constants of this module

_RESTORED = f"""
    SELECT last.id
    {_RESTING}
    WHERE last.resolved_at IS NULL AND last.id IS NOT NULL AND now_.id IS NOT NULL
      AND {says("now_", "register.code")} IS NOT DISTINCT FROM {says("pinned", "register.code")}
    ORDER BY last.id LIMIT %(limit)s
"""  # noqa: S608 - the parts are constants of this module


def open_evidence_reviews(*, at: datetime) -> int:
    """Make the reviews what the newest snapshots say; returns how many were opened, closed or fell due.

    An entry that is lost or says something else opens a review, one that is listed again as it was closes it. A
    review that nobody resolved in 30 days ends the verification that rests on it. At most a thousand of each at a
    time. Found from rows alone, so running it late, twice or in parallel changes nothing.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REVIEW_LOCK])
        return _close(at) + _open(at) + _fall_due(at)


def _open(at: datetime) -> int:
    reviews = [
        EvidenceReview(
            evidence_id=evidence,
            snapshot_id=snapshot,
            entry_id=entry,
            change=Change.CHANGED if entry else Change.LOST,
            opened_at=at,
            due_at=at + KEEPS_FOR,
        )
        for evidence, snapshot, entry in _rows(_TO_OPEN)
    ]
    EvidenceReview.objects.bulk_create(reviews, batch_size=LIMIT)
    _record("evidence_review.opened", [review.pk for review in reviews], at)
    return len(reviews)


def _close(at: datetime) -> int:
    keys = [key for (key,) in _rows(_RESTORED)]
    EvidenceReview.objects.filter(pk__in=keys).update(
        resolved_at=at, outcome=Outcome.RESTORED, row_version=F("row_version") + 1
    )
    _record("evidence_review.closed", keys, at)
    return len(keys)


def _fall_due(at: datetime) -> int:
    # Who checked the item since has looked at it again, whether or not they closed the review.
    is_checked_since = Q(evidence__checked_at__gt=F("opened_at"), evidence__holds=True)
    due = list(
        EvidenceReview.objects.filter(resolved_at=None, fell_due_at=None, due_at__lte=at)
        .exclude(is_checked_since)
        .select_related("evidence__claim__organization", "evidence__claim__category")
        .order_by("evidence__claim_id", "pk")[:LIMIT]
    )
    for review in due:
        end_verification(claim=review.evidence.claim, ends_at=review.due_at, at=at)
    EvidenceReview.objects.filter(pk__in=[review.pk for review in due]).update(fell_due_at=at)
    _record("evidence_review.fell_due", [review.pk for review in due], at)
    return len(due)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    params: dict[str, Any] = {
        **declared(),
        "standing": [str(state) for state in CLAIM_STANDING],
        "limit": LIMIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _record(action: str, keys: list[int], at: datetime) -> None:
    reviews = with_subjects(EvidenceReview.objects.filter(pk__in=keys)).order_by("pk")
    record_many(
        [
            new_entry(
                actor=SYSTEM,
                action=action,
                subject_type="evidence_review",
                subject_id=review.public_id,
                after=review_facts(review),
                at=at,
            )
            for review in reviews
        ]
    )
