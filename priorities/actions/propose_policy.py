"""Propose a draft for activation, send a proposal back, discard a draft."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, require
from priorities.access import may_draft_policy, may_send_back_policy
from priorities.draft_wording import problem_text
from priorities.drafts import move, needed, taken
from priorities.models import POLICY_LIFE, PolicyState, PolicyVersion
from priorities.policies import policy_of, problems_of
from users.access import Actor


class PolicyUnsound(Conflict):
    """What is proposed decides about people: clauses that never apply or leave somebody out are mistakes."""

    code = "policy_unsound"
    message = _("Version %(number)s cannot be proposed: %(problems)s")
    remedy = _("Correct the draft first.")


class NothingChanged(Conflict):
    """A version that says the same as the one it was made from needs nobody's signature."""

    code = "policy_unchanged"
    message = _("Version %(number)s says the same as version %(base)s.")
    remedy = _("Change the draft first, or discard it.")


def propose_policy(*, actor: Actor, number: int, row_version: int, reason: str, at: datetime) -> PolicyVersion:
    """Close a sound draft and put it before a duty manager. Needs a reason.

    From here on its content stays as it is. Raises `PolicyUnsound`, `NothingChanged`, `ReasonNeeded`, `MoveRefused`,
    `StaleForm`, `NotFound`.
    """
    with transaction.atomic():
        require(may_draft_policy(actor))
        version = taken(number, row_version)
        POLICY_LIFE.require(version.state, PolicyState.PROPOSED)
        reason = needed(reason)
        check_soundness(version)
        _check_difference(version)
        version.reason = reason
        version.proposed_by_id, version.proposed_at = actor.user_id, at
        move(version, PolicyState.PROPOSED, actor=actor, at=at, action="policy.proposed", reason=reason)
        return version


def send_back_policy(*, actor: Actor, number: int, row_version: int, reason: str, at: datetime) -> PolicyVersion:
    """Make a draft of a proposal again: a duty manager with the reason, or whoever drafts, to correct it.

    Raises `ReasonNeeded`, `MoveRefused`, `StaleForm`, `NotFound`.
    """
    with transaction.atomic():
        require(may_send_back_policy(actor))
        version = taken(number, row_version)
        version.proposed_by, version.proposed_at = None, None
        move(version, PolicyState.DRAFT, actor=actor, at=at, action="policy.sent_back", reason=needed(reason))
        return version


def discard_policy(*, actor: Actor, number: int, row_version: int, reason: str, at: datetime) -> PolicyVersion:
    """Give a draft up; it can still be read. Raises `ReasonNeeded`, `MoveRefused`, `StaleForm`, `NotFound`."""
    with transaction.atomic():
        require(may_draft_policy(actor))
        version = taken(number, row_version)
        move(version, PolicyState.DISCARDED, actor=actor, at=at, action="policy.discarded", reason=needed(reason))
        return version


def check_soundness(version: PolicyVersion) -> None:
    """Raises `PolicyUnsound` with everything that is wrong, in words."""
    if found := problems_of(policy_of(version)):
        raise PolicyUnsound(number=version.number, problems=" ".join(problem_text(problem) for problem in found))


def _check_difference(version: PolicyVersion) -> None:
    base = version.based_on
    if base is not None and _said(version) == _said(base):
        raise NothingChanged(number=version.number, base=base.number)


def _said(version: PolicyVersion) -> dict[str, Any]:
    bounds = (version.auto_approval_permille, version.auto_approval_below_permille)
    return {**policy_of(version).as_dict(), "version": 0, "bounds": bounds}
