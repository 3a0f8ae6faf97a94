"""Propose an override: of one request, or of an organization's use in a region."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require
from priorities import policy
from priorities.access import may_propose_override
from priorities.models import (
    Override,
    OverrideKind,
    OverrideMove,
    OverrideReason,
    OverrideScope,
    OverrideState,
    WorkloadClass,
)
from priorities.override_models import LONGEST
from priorities.policies import active_policy
from users.access import Actor

# Any constant will do: it lets one proposal at a time draw the next number.
NUMBER_LOCK = 7_304_992
# A window that is to open later opens within this time; what lies further ahead is proposed nearer to it.
LATEST_START = timedelta(days=14)
MOST_REASON = 2_000
MOST_TICKET = 60


class CannotProposeOverride(Invalid):
    """The window, the tier, the limit or the reason does not do."""

    code = "cannot_propose_override"


@dataclass(frozen=True)
class About:
    """What an override is about: a request, or an organization with a use and a region (codes)."""

    key: UUID
    label: str
    workload: str = ""
    region: str = ""

    @property
    def scope(self) -> OverrideScope:
        return OverrideScope.ORGANIZATION if self.workload or self.region else OverrideScope.REQUEST


@dataclass(frozen=True)
class Effect:
    """What an override does: the tier goes with a change of tier, the limit (in parts of a thousand) with a cap."""

    kind: str
    to_tier: int | None = None
    cap_permille: int | None = None


def propose_override(
    *,
    actor: Actor,
    about: About,
    effect: Effect,
    reason_code: str,
    reason: str,
    hours: int,
    at: datetime,
    starts_at: datetime | None = None,
    ticket: str = "",
    overtakes: list[dict[str, Any]] | None = None,
) -> Override:
    """State a fact against the policy's own result; it has no effect before a second person confirms.

    `hours` is how long it is to last, at most what the policy allows, from `starts_at` or from now; `overtakes` is
    whom it overtakes in each queue, as the caller computed and showed it. Raises `CannotProposeOverride`.
    """
    with transaction.atomic():
        require(may_propose_override(actor, region=about.region or None))
        _version, terms = active_policy(at)
        check(about, effect, reason_code=reason_code, reason=reason, ticket=ticket)
        check_window(terms, hours=hours, starts_at=starts_at, at=at)
        # In UTC, or a night on which the clocks change would make the hours more or fewer.
        opens = (starts_at or at).astimezone(UTC)
        override = keep(
            actor=actor,
            about=about,
            effect=effect,
            at=at,
            reason_code=reason_code,
            reason=reason.strip(),
            ticket=ticket.strip(),
            starts_at=opens,
            ends_at=opens + timedelta(hours=hours),
            overtakes=overtakes or [],
        )
        record_beginning(override, "override.proposed", actor=actor, at=at)
        return override


def check(about: About, effect: Effect, *, reason_code: str, reason: str, ticket: str) -> None:
    """Raise `CannotProposeOverride` naming every field that does not do."""
    fields: dict[str, list[Any]] = {}
    if effect.kind not in OverrideKind.values:
        fields["kind"] = [_("Choose what the override does.")]
    elif effect.kind == OverrideKind.RETIER and effect.to_tier not in range(1, 6):
        fields["to_tier"] = [_("Choose a tier from 1 to 5.")]
    elif effect.kind == OverrideKind.CAP and effect.cap_permille not in range(1, 1000):
        fields["cap_percent"] = [_("Name a limit between 1 and 99 percent.")]
    if about.scope == OverrideScope.ORGANIZATION:
        if not about.region:
            fields["region"] = [_("Choose the region it applies in.")]
        if not WorkloadClass.objects.filter(code=about.workload).exists():
            fields["workload"] = [_("Choose the use it applies to.")]
    if reason_code not in OverrideReason.values:
        fields["reason_code"] = [_("Choose a reason.")]
    if not reason.strip():
        fields["reason"] = [_("Say why, in a sentence that will still be clear in a year.")]
    elif len(reason) > MOST_REASON:
        fields["reason"] = [_("At most %(most)s characters.") % {"most": MOST_REASON}]
    if len(ticket) > MOST_TICKET:
        fields["ticket"] = [_("At most %(most)s characters.") % {"most": MOST_TICKET}]
    if fields:
        raise CannotProposeOverride(fields)


def check_window(terms: policy.Policy, *, hours: int, starts_at: datetime | None, at: datetime) -> None:
    """Raise `CannotProposeOverride` for a window in the past, too far ahead or too long."""
    fields: dict[str, list[Any]] = {}
    most = min(timedelta(days=terms.override_max_days), LONGEST) // timedelta(hours=1)
    if not 1 <= hours <= most:
        fields["hours"] = [_("Between 1 and %(most)s hours.") % {"most": most}]
    if starts_at is not None and starts_at < at:
        fields["starts_at"] = [_("This is in the past. Leave it empty to begin at once.")]
    elif starts_at is not None and starts_at > at + LATEST_START:
        fields["starts_at"] = [_("At most %(days)s days ahead.") % {"days": LATEST_START.days}]
    if fields:
        raise CannotProposeOverride(fields)


def keep(*, actor: Actor, about: About, effect: Effect, at: datetime, **values: Any) -> Override:
    """Write the row and its first move, under the next number. For the actions that begin an override."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    number = (Override.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    override = Override.objects.create(
        number=number,
        kind=effect.kind,
        to_tier=effect.to_tier if effect.kind == OverrideKind.RETIER else None,
        cap_permille=effect.cap_permille if effect.kind == OverrideKind.CAP else None,
        scope=about.scope,
        subject_key=about.key,
        subject_label=about.label,
        workload_code=about.workload,
        region_code=about.region,
        proposed_by_id=actor.user_id,
        proposed_at=at,
        **{"state": OverrideState.PROPOSED, **values},
    )
    OverrideMove.objects.create(
        override=override, new_state=override.state, by_id=actor.user_id, at=at, reason=override.reason
    )
    return override


def record_beginning(override: Override, action: str, *, actor: Actor, at: datetime) -> None:
    """The journal entry of an override that begins."""
    record(
        actor=actor,
        action=action,
        subject_type="override",
        subject_id=override.public_id,
        reason=override.reason,
        after={
            "kind": override.kind,
            str(override.scope): str(override.subject_key),
            "workload": override.workload_code,
            "region": override.region_code,
            "to_tier": override.to_tier,
            "cap_permille": override.cap_permille,
            "starts_at": override.starts_at.isoformat(),
            "ends_at": override.ends_at.isoformat(),
            "sign_by": override.sign_by.isoformat() if override.sign_by else None,
            "renews": str(override.renews.public_id) if override.renews else None,
            "overtakes": len(override.overtakes),
        },
        at=at,
    )
