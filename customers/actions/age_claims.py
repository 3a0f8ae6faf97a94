"""Move claims along whose time has come: due for renewal, in grace, lapsed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from customers.claims import GRACE, move
from customers.models import Claim, ClaimState
from users.access import SYSTEM

# When a verification becomes due for renewal.
RENEWAL_AHEAD = timedelta(days=30)


def age_claims(*, at: datetime, limit: int = 500) -> int:
    """Take every claim whose time has come one step further; returns how many moved, at most `limit`.

    Only the words change: whether a claim counts is always read from `valid_until`. What is locked
    by a decision just being made is left for the next run.
    """
    steps = (
        (Q(state=ClaimState.PROVISIONAL, valid_until__lte=at), ClaimState.LAPSED, "claim.lapsed"),
        (Q(state=ClaimState.GRACE, valid_until__lte=at - GRACE), ClaimState.LAPSED, "claim.lapsed"),
        (Q(state=ClaimState.REVALIDATION_DUE, valid_until__lte=at), ClaimState.GRACE, "claim.in_grace"),
        (
            Q(state=ClaimState.VERIFIED, valid_until__lte=at + RENEWAL_AHEAD),
            ClaimState.REVALIDATION_DUE,
            "claim.renewal_due",
        ),
    )
    moved = 0
    with transaction.atomic():
        for condition, new_state, action in steps:
            due = (
                Claim.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("organization", "category")
                .filter(condition)
                .order_by("valid_until", "pk")[: limit - moved]
            )
            for claim in due:
                move(claim, new_state, actor=SYSTEM, action=action, at=at)
                moved += 1
    return moved
