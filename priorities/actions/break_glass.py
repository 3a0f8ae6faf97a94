"""Break the glass: one person acts alone where lives are at risk, and has a day to be confirmed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Invalid, require
from priorities.access import may_break_glass
from priorities.actions.confirm_override import AnotherStands
from priorities.actions.end_override import expire_overrides
from priorities.actions.propose_override import About, Effect, check, check_window, keep, record_beginning
from priorities.models import Override, OverrideState
from priorities.override_models import LIFE_SAFETY_REASONS, LONGEST_ALONE
from priorities.overrides import follow
from priorities.policies import active_policy
from users.access import Actor


class OnlyForLives(Invalid):
    """Nothing else is worth acting alone."""

    code = "break_glass_only_for_lives"
    message = _("One person acts alone only where lives depend on it.")
    remedy = _("Propose it: another person confirms it, and it takes effect then.")


def break_glass(
    *,
    actor: Actor,
    about: About,
    effect: Effect,
    reason_code: str,
    reason: str,
    hours: int,
    at: datetime,
    ticket: str = "",
    overtakes: list[dict[str, Any]] | None = None,
) -> Override:
    """Put an override in force at once on one signature, given with a fresh sign-in step.

    Unless another person confirms it within the hours that the policy names (24 at most) it ends by itself and is
    flagged. Raises `OnlyForLives`, `CannotProposeOverride` and `AnotherStands`.
    """
    with transaction.atomic():
        require(may_break_glass(actor, region=about.region or None, at=at))
        _version, terms = active_policy(at)
        check(about, effect, reason_code=reason_code, reason=reason, ticket=ticket)
        check_window(terms, hours=hours, starts_at=None, at=at)
        if reason_code not in LIFE_SAFETY_REASONS:
            raise OnlyForLives({"reason_code": [OnlyForLives.message]})
        expire_overrides(at=at, subject_key=about.key)
        began = at.astimezone(UTC)
        ends_at = began + timedelta(hours=hours)
        alone = min(timedelta(hours=terms.break_glass_hours), LONGEST_ALONE)
        try:
            with transaction.atomic():
                override = keep(
                    actor=actor,
                    about=about,
                    effect=effect,
                    at=at,
                    state=OverrideState.UNCONFIRMED,
                    is_break_glass=True,
                    sign_by=min(ends_at, began + alone),
                    reason_code=reason_code,
                    reason=reason.strip(),
                    ticket=ticket.strip(),
                    starts_at=at,
                    ends_at=ends_at,
                    overtakes=overtakes or [],
                )
        except IntegrityError as error:
            if "no_overlapping_overrides" not in str(error):
                raise
            raise AnotherStands() from None
        record_beginning(override, "override.glass_broken", actor=actor, at=at)
        follow(override, actor=actor, at=at)
        return override
