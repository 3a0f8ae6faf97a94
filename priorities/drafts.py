"""What every act on a policy version shares: taking it, moving it, saying what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from journal.queries import entries_of
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require_version
from priorities.models import POLICY_LIFE, PolicyMove, PolicyState, PolicyVersion
from priorities.policies import policy_of
from priorities.policy import Policy
from users.access import Actor

MAX_REASON = 2_000
# Who was away for longer than this is shown the latest changes only.
MOST_CHANGES = 200


class NotADraft(Conflict):
    """What was proposed is not edited; a change is a new draft."""

    code = "policy_not_a_draft"
    message = _("Version %(number)s is not a draft any more and cannot be changed.")
    remedy = _("Draft a new version from it.")


class ReasonNeeded(Invalid):
    """An act with weight says why."""

    code = "reason_missing"


@dataclass(frozen=True)
class Approval:
    """The bounds of automatic approval in permille of a pool: staff read them, the public never does."""

    share: int
    below: int


def approval_of(version: PolicyVersion) -> Approval:
    """The bounds of a stored version."""
    return Approval(version.auto_approval_permille, version.auto_approval_below_permille)


def taken(number: int, row_version: int) -> PolicyVersion:
    """The version, locked, as the actor was shown it. Raises `NotFound`, `StaleForm`. Needs a transaction."""
    version = PolicyVersion.objects.select_for_update().filter(number=number).first()
    if version is None:
        raise NotFound()
    require_version(version, row_version)
    return version


def all_taken() -> dict[int, PolicyVersion]:
    """Every version by number, locked in one order, so that two who activate or draft go one after the other."""
    return {version.number: version for version in PolicyVersion.objects.select_for_update().order_by("number")}


def needed(reason: str) -> str:
    """The reason without blanks around it. Raises `ReasonNeeded`."""
    reason = reason.strip()
    if not reason:
        raise ReasonNeeded({"reason": [_("Say why, in a sentence that will still be clear in a year.")]})
    if len(reason) > MAX_REASON:
        raise ReasonNeeded({"reason": [_("At most %(most)s characters.") % {"most": MAX_REASON}]})
    return reason


def move(
    version: PolicyVersion,
    state: PolicyState,
    *,
    actor: Actor,
    at: datetime,
    action: str,
    reason: str = "",
    **after: Any,
) -> None:
    """Move a locked version to `state` and save it, with its move and its journal entry. Raises `MoveRefused`."""
    POLICY_LIFE.require(version.state, state)
    old = version.state
    version.state = state
    version.row_version += 1
    version.save()
    PolicyMove.objects.create(
        version=version, old_state=old, new_state=state, by_id=actor.user_id, at=at, reason=reason
    )
    record(
        actor=actor,
        action=action,
        subject_type="policy_version",
        subject_id=version.public_id,
        reason=reason,
        before={"state": str(old)},
        after={"number": version.number, "state": str(state), **after},
        at=at,
    )


def content_of(version: PolicyVersion) -> dict[str, Any]:
    """Everything a draft may change, as plain values for the journal."""
    approval = approval_of(version)
    return {
        "title": version.title,
        "auto_approval": [approval.share, approval.below],
        **policy_of(version).as_dict(),
    }


def value_as_shown(version: PolicyVersion, row_version: int) -> Policy:
    """What a draft said when it had that row version: what the journal tells of each change since, taken back."""
    said = policy_of(version).as_dict()
    for entry in entries_of("policy_version", version.public_id, limit=MOST_CHANGES):
        before, after = entry.before or {}, entry.after or {}
        if entry.action == "policy.changed" and after.get("row_version", 0) > row_version:
            said |= {name: content for name, content in before.items() if name in said}
    return Policy.from_dict(said)


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
