"""Put a proposed version in force, from now or from a later moment: the second signature."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from priorities.access import may_activate_policy
from priorities.actions.propose_policy import check_soundness
from priorities.drafts import all_taken, move, needed
from priorities.models import POLICY_LIFE, PolicyState, PolicyVersion
from users.access import Actor

# A policy for later than this is a plan, and plans are drafts.
MOST_AHEAD = timedelta(days=90)


class CannotActivateThen(Invalid):
    """The moment is past, too far ahead, or before the one from which the latest version is in force."""

    code = "cannot_activate_then"


class PolicyMovedOn(Conflict):
    """The version to be replaced is not the one the signature was given against."""

    code = "policy_moved_on"
    message = _("Meanwhile version %(number)s was activated, and not the one you compared with.")
    remedy = _("Look at the difference to it, and then decide again.")


def activate_policy(
    *,
    actor: Actor,
    number: int,
    row_version: int,
    replaces: int | None,
    reason: str,
    active_from: datetime | None = None,
    at: datetime,
) -> PolicyVersion:
    """Activate a proposal as of `active_from` (None: now) and retire the version before it as of the same moment.

    `replaces` is the number of the version that was active when the actor looked. Another person than who drafted and
    proposed it, with a fresh sign-in step. Raises `CannotActivateThen`, `PolicyMovedOn`, `PolicyUnsound`,
    `MoveRefused`, `StaleForm`, `NotFound`, and the refusals of `may_activate_policy`.
    """
    with transaction.atomic():
        versions = all_taken()
        version = versions.get(number)
        if version is None:
            raise NotFound()
        require(may_activate_policy(actor, version, at=at))
        current = next((one for one in versions.values() if one.state == PolicyState.ACTIVE), None)
        # Before the version itself: who lost a race shall read that another one won it.
        if (current.number if current else None) != replaces:
            raise PolicyMovedOn(number=current.number if current else "–")
        require_version(version, row_version)
        POLICY_LIFE.require(version.state, PolicyState.ACTIVE)
        reason = needed(reason)
        start = at if active_from is None else active_from
        _check_start(start, current, at)
        check_soundness(version)
        if current is not None:
            current.retired_at = start
            move(
                current,
                PolicyState.RETIRED,
                actor=actor,
                at=at,
                action="policy.retired",
                reason=reason,
                retired_at=start.isoformat(),
            )
        version.activated_by_id, version.activated_at, version.active_from = actor.user_id, at, start
        move(
            version,
            PolicyState.ACTIVE,
            actor=actor,
            at=at,
            action="policy.activated",
            reason=reason,
            active_from=start.isoformat(),
            replaces=replaces,
        )
        return version


def _check_start(start: datetime, current: PolicyVersion | None, at: datetime) -> None:
    said: Any = None
    if start < at:
        said = _("This moment is past.")
    elif start > at + MOST_AHEAD:
        said = _("At most %(days)s days ahead.") % {"days": MOST_AHEAD.days}
    elif current is not None and current.active_from is not None and start < current.active_from:
        said = _("Version %(number)s comes into force first; this one can follow it or begin with it.") % {
            "number": current.number
        }
    if said is not None:
        raise CannotActivateThen({"active_from": [said]})
