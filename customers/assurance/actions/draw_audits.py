"""Draw the sample of last month's verifications that uninvolved verifiers look at again."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from customers.assurance.models import AuditDraw, ClaimReview
from customers.assurance.sampling import SHARE_PERCENT, sample
from customers.models import ClaimMove, ClaimState
from journal.record import record
from users.access import SYSTEM

# How long the uninvolved verifier has.
TIME_TO_AUDIT = timedelta(days=14)

# Who knows where tier 1 holds more than its mark stands above this app, and is asked; see `config.wiring`.
_beyond_mark: Callable[[datetime], set[int]] = lambda at: set()  # noqa: E731 - nobody answers until one is given


def provide_beyond_mark(answer: Callable[[datetime], set[int]]) -> None:
    """Let `answer` say which organizations (keys) hold capacity where tier 1 is beyond its mark."""
    global _beyond_mark
    _beyond_mark = answer


def draw_audits(*, at: datetime, seed: int | None = None) -> list[ClaimReview]:
    """Open a review for 5 % of last month's verifications of strong categories, 10 % where tier 1 is beyond its mark.

    Once a month: a second call draws nothing, nor does one that comes at the same time. The seed is chosen now, so
    that nobody could know it while verifying, and kept, so that everybody can repeat the draw.
    """
    month = (at.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    seed = secrets.randbits(48) if seed is None else seed
    if AuditDraw.objects.filter(month=month).exists():
        return []
    beyond = _beyond_mark(at)
    moves = {move.pk: move for move in verifications_of(month)}
    marked = [key for key, move in moves.items() if move.claim.organization_id in beyond]
    ordinary = [key for key in moves if key not in set(marked)]
    drawn_ordinary = sample(ordinary, percent=SHARE_PERCENT, seed=seed)
    drawn_marked = sample(marked, percent=2 * SHARE_PERCENT, seed=seed)
    with transaction.atomic():
        draw = AuditDraw(
            month=month,
            seed=seed,
            drawn_at=at,
            ordinary=len(ordinary),
            ordinary_drawn=len(drawn_ordinary),
            beyond_mark=len(marked),
            beyond_mark_drawn=len(drawn_marked),
        )
        if not AuditDraw.objects.bulk_create([draw], ignore_conflicts=True) or not _is_ours(draw):
            return []
        reviews = [_open(moves[key], draw, at) for key in sorted([*drawn_ordinary, *drawn_marked])]
        record(
            actor=SYSTEM,
            action="audit.drawn",
            subject_type="audit",
            subject_id=month.strftime("%Y-%m"),
            after={
                "seed": seed,
                "ordinary": [len(drawn_ordinary), len(ordinary)],
                "beyond_mark": [len(drawn_marked), len(marked)],
            },
            at=at,
        )
        return reviews


def _is_ours(draw: AuditDraw) -> bool:
    """Whether the row of the month is this draw; another worker may have been quicker."""
    return AuditDraw.objects.filter(month=draw.month, seed=draw.seed, drawn_at=draw.drawn_at).exists()


def _open(move: ClaimMove, draw: AuditDraw, at: datetime) -> ClaimReview:
    return ClaimReview.objects.create(
        claim=move.claim,
        cause=ClaimReview.Cause.AUDIT,
        verification=move,
        month=draw.month,
        seed=draw.seed,
        opened_at=at,
        due_at=at + TIME_TO_AUDIT,
    )


def verifications_of(month: date) -> list[ClaimMove]:
    """The verifications of strong categories in a month (UTC), with their claims."""
    following = (month + timedelta(days=32)).replace(day=1)
    first, end = (datetime.combine(day, time.min, tzinfo=UTC) for day in (month, following))
    return list(
        ClaimMove.objects.filter(
            new_state=ClaimState.VERIFIED, claim__category__needs_strong_evidence=True, at__gte=first, at__lt=end
        )
        .select_related("claim__organization", "claim__category")
        .order_by("pk")
    )
