"""Verify a claim, until a day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from customers.access import may_decide_claim
from customers.claims import locked, months_later, move
from customers.evidence import RENEWABLE, missing_evidence
from customers.models import CLAIM_LIFE, Claim, ClaimState, Evidence
from kit.refusal import Conflict, Invalid, require
from users.access import Actor


class EvidenceMissing(Conflict):
    """The evidence does not suffice for the category."""

    code = "evidence_missing"
    message = _("This cannot be verified yet. Missing: %(missing)s.")
    remedy = _("Check the evidence that is there, ask for more, or let it count provisionally.")


class BadExpiry(Invalid):
    """The verification would not end, or end too late."""

    code = "bad_expiry"


def verify_claim(
    *,
    actor: Actor,
    claim: Claim,
    valid_until_date: date | None = None,
    reason: str = "",
    at: datetime,
    row_version: int | None = None,
) -> Claim:
    """Call the claim verified up to and including a day, by default as long as its category allows.

    Raises `EvidenceMissing` with what is missing, `BadExpiry`, `MoveRefused`, `StaleForm`, and the
    refusals of `may_decide_claim`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_decide_claim(actor, claim))
        CLAIM_LIFE.require(ClaimState(claim.state), ClaimState.VERIFIED)
        missing = missing_evidence(claim.category, countable_evidence(claim))
        if missing:
            raise EvidenceMissing(missing="; ".join(str(phrase) for phrase in missing))
        move(
            claim,
            ClaimState.VERIFIED,
            actor=actor,
            action="claim.verified",
            at=at,
            reason=reason.strip(),
            decided_by_id=actor.user_id,
            decided_at=at,
            decision_reason="",
            decision_text=reason.strip(),
            valid_until=_end(claim, valid_until_date, at),
        )
        return claim


def countable_evidence(claim: Claim) -> list[Evidence]:
    """The items a verification may rest on now: for a renewal, only what was checked since the last one."""
    items = list(claim.evidence.all())
    if claim.state not in RENEWABLE or claim.decided_at is None:
        return items
    return [item for item in items if item.checked_at is not None and item.checked_at > claim.decided_at]


def last_day(claim: Claim, at: datetime) -> date:
    """The last day a verification given now may count: the category's months from now."""
    return months_later(at, claim.category.validity_months).date()


def _end(claim: Claim, day: date | None, at: datetime) -> datetime:
    latest = last_day(claim, at)
    day = day or latest
    problem: Any = None
    if day <= at.date():
        problem = _("Choose a day after today.")
    elif day > latest:
        problem = _("At most until %(latest)s: this category is looked at again after %(months)s months.") % {
            "latest": date_format(latest),
            "months": claim.category.validity_months,
        }
    if problem:
        raise BadExpiry({"valid_until_date": [problem]})
    # The day itself still counts, so the half-open end is the midnight after it.
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC)
