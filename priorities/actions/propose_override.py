"""Propose an override of one request's rank."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require
from priorities.access import may_propose_override
from priorities.models import Override, OverrideKind, OverrideMove, OverrideReason, OverrideState
from priorities.policies import active_policy
from users.access import Actor

# Any constant will do: it lets one proposal at a time draw the next number.
NUMBER_LOCK = 7_304_992


class CannotProposeOverride(Invalid):
    """The window, the tier or the reason does not do."""

    code = "cannot_propose_override"


def propose_override(
    *,
    actor: Actor,
    kind: str,
    subject_key: UUID,
    subject_label: str,
    reason_code: str,
    reason: str,
    hours: int,
    at: datetime,
    to_tier: int | None = None,
    ticket: str = "",
    overtakes: list[dict[str, Any]] | None = None,
    renews: Override | None = None,
) -> Override:
    """State a fact against the policy's own result; it has no effect before a second person confirms.

    `hours` is how long it is to last from now, at most what the policy allows; `overtakes` is whom it
    overtakes in each queue, as the caller computed and showed it. Raises `CannotProposeOverride`.
    """
    with transaction.atomic():
        require(may_propose_override(actor))
        _version, terms = active_policy(at)
        _check(kind, to_tier, reason_code, reason, hours, terms.override_max_days)
        if renews is not None and _renewals_before(renews) >= terms.override_renewals:
            raise CannotProposeOverride(
                {"renews": [_("An override is renewed %(n)s times at most.") % {"n": terms.override_renewals}]}
            )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
        number = (Override.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        override = Override.objects.create(
            number=number,
            kind=kind,
            subject_key=subject_key,
            subject_label=subject_label,
            to_tier=to_tier if kind == OverrideKind.RETIER else None,
            reason_code=reason_code,
            reason=reason.strip(),
            ticket=ticket.strip(),
            starts_at=at,
            ends_at=at + timedelta(hours=hours),
            renews=renews,
            overtakes=overtakes or [],
            proposed_by_id=actor.user_id,
            proposed_at=at,
        )
        OverrideMove.objects.create(
            override=override, new_state=OverrideState.PROPOSED, by_id=actor.user_id, at=at, reason=override.reason
        )
        record(
            actor=actor,
            action="override.proposed",
            subject_type="override",
            subject_id=override.public_id,
            reason=override.reason,
            after={
                "kind": kind,
                "request": str(subject_key),
                "to_tier": override.to_tier,
                "ends_at": override.ends_at.isoformat(),
                "overtakes": len(override.overtakes),
            },
            at=at,
        )
        return override


def _check(kind: str, to_tier: int | None, reason_code: str, reason: str, hours: int, max_days: int) -> None:
    fields: dict[str, list[Any]] = {}
    if kind not in OverrideKind.values:
        fields["kind"] = [_("Choose what the override does.")]
    elif kind == OverrideKind.RETIER and to_tier not in range(1, 6):
        fields["to_tier"] = [_("Choose a tier from 1 to 5.")]
    if reason_code not in OverrideReason.values:
        fields["reason_code"] = [_("Choose a reason.")]
    if not reason.strip():
        fields["reason"] = [_("Say why, in a sentence that will still be clear in a year.")]
    if not 1 <= hours <= max_days * 24:
        fields["hours"] = [_("Between 1 and %(most)s hours.") % {"most": max_days * 24}]
    if fields:
        raise CannotProposeOverride(fields)


def _renewals_before(override: Override) -> int:
    count = 0
    while override.renews is not None:
        count += 1
        override = override.renews
    return count
