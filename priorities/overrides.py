"""Overrides as facts in force. A window is read, never toggled, so one ends on time without any worker."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from priorities import policy
from priorities.models import OVERRIDE_LIFE, Override, OverrideMove, OverrideState
from users.access import Actor


def in_force(at: datetime) -> QuerySet[Override]:
    """The confirmed overrides whose window holds the moment (half-open)."""
    return Override.objects.filter(state=OverrideState.ACTIVE, starts_at__lte=at, ends_at__gt=at)


def facts_in_force(subject_keys: Iterable[UUID], *, at: datetime) -> dict[UUID, tuple[policy.OverrideFact, ...]]:
    """The override facts of each subject at a moment (one query)."""
    facts: dict[UUID, list[policy.OverrideFact]] = defaultdict(list)
    for row in in_force(at).filter(subject_key__in=list(subject_keys)):
        facts[row.subject_key].append(
            policy.OverrideFact(
                kind=policy.OverrideKind(row.kind),
                value=row.to_tier if row.kind == policy.OverrideKind.RETIER else None,
                reference=str(row.public_id),
            )
        )
    return {key: tuple(values) for key, values in facts.items()}


def move(
    override: Override, new_state: OverrideState, *, actor: Actor, at: datetime, reason: str = "", **changes: object
) -> None:
    """Take one step in an override's life and keep the row of it. For the actions of this app."""
    OVERRIDE_LIFE.require(override.state, new_state)
    old_state = override.state
    override.state = new_state
    override.row_version += 1
    for name, value in changes.items():
        setattr(override, name, value)
    override.save(update_fields=["state", "row_version", *changes])
    OverrideMove.objects.create(
        override=override, old_state=old_state, new_state=new_state, by_id=actor.user_id, at=at, reason=reason
    )
