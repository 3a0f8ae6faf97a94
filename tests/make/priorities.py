"""Policies and overrides."""

from dataclasses import replace
from datetime import datetime

from capacity.requests.models import CapacityRequest
from priorities.actions.break_glass import break_glass
from priorities.actions.confirm_override import confirm_override
from priorities.actions.draft_policy import change_policy_draft, draft_policy
from priorities.actions.propose_override import About, Effect, propose_override
from priorities.actions.propose_policy import propose_policy
from priorities.drafts import approval_of
from priorities.models import Override, PolicyState, PolicyVersion
from priorities.policies import active_version, policy_of, store_policy
from priorities.policy import Policy
from tests.make.people import NOW, acting
from users.access import Actor
from users.roles import Role


def policy_in_force(value: Policy, *, at: datetime = NOW) -> PolicyVersion:
    """This policy as the version in force from a moment on, in place of the one before it."""
    PolicyVersion.objects.filter(state=PolicyState.ACTIVE).update(state=PolicyState.RETIRED, retired_at=at)
    version = store_policy(value, title=f"Version {value.version}")
    for changes in ({"state": PolicyState.PROPOSED}, {"state": PolicyState.ACTIVE, "active_from": at}):
        PolicyVersion.objects.filter(pk=version.pk).update(**changes)
    version.refresh_from_db()
    return version


def proposed_policy(*, at: datetime = NOW, **changes) -> PolicyVersion:
    """A version beside the one in force, drafted and proposed by a reviewer."""
    by = acting(Role.CAPACITY_REVIEWER)
    draft = draft_policy(actor=by, based_on=active_version(at).number, title="Another", at=at)
    value = replace(policy_of(draft), **(changes or {"reserve_permille": 120}))
    kept = {"number": draft.number, "row_version": draft.row_version, "at": at, "actor": by}
    draft = change_policy_draft(value=value, title=draft.title, approval=approval_of(draft), **kept)
    return propose_policy(**{**kept, "row_version": draft.row_version}, reason="For once.")


def override(of: CapacityRequest, *, by: Actor | None = None, at: datetime = NOW, **fields) -> Override:
    """An override of the request's rank, proposed and not yet confirmed."""
    return propose_override(
        actor=by or acting(Role.CAPACITY_REVIEWER),
        about=About(of.public_id, of.label),
        **_overriding(at, **fields),
    )


def use_override(of: CapacityRequest, region: str = "westeurope", *, by: Actor | None = None, **fields) -> Override:
    """The same of everything that the request's organization asks for its use in a region."""
    about = About(of.organization.public_id, of.organization.legal_name, of.workload.code, region)
    at = fields.pop("at", NOW)
    return propose_override(actor=by or acting(Role.CAPACITY_REVIEWER), about=about, **_overriding(at, **fields))


def in_force(override: Override, *, at: datetime = NOW) -> Override:
    """The override with a duty manager's signature."""
    return confirm_override(actor=acting(Role.DUTY_MANAGER, fresh_at=at), override=override, at=at)


def broken_glass(of: CapacityRequest, *, by: Actor | None = None, at: datetime = NOW, **fields) -> Override:
    """An override of the request's rank that one person put in force."""
    return break_glass(
        actor=by or acting(Role.CAPACITY_REVIEWER, fresh_at=at),
        about=About(of.public_id, of.label),
        **_overriding(at, **fields),
    )


def _overriding(at: datetime, *, kind: str = "retier", to_tier: int = 1, cap_permille: int = 500, **fields):
    effect = Effect(
        kind, to_tier=to_tier if kind == "retier" else None, cap_permille=cap_permille if kind == "cap" else None
    )
    why = {"reason_code": "life_safety", "reason": "The emergency line depends on it.", "hours": 72}
    return {"effect": effect, **why, "at": at, **fields}
