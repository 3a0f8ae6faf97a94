"""Overrides as facts in force. A window is read, never toggled, so one ends on time without any worker."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from priorities import policy
from priorities.models import OVERRIDE_LIFE, Override, OverrideKind, OverrideMove, OverrideScope, OverrideState
from users.access import Actor

Facts = tuple[policy.OverrideFact, ...]


@dataclass(frozen=True)
class Subject:
    """What an override can be about: a request, and the organization and use it belongs to."""

    key: UUID
    organization: UUID
    workload: str


@dataclass(frozen=True)
class Covering:
    """The override facts that cover a request: on itself, and on its organization and use by region (code)."""

    own: Facts = ()
    regional: Mapping[str, Facts] = field(default_factory=dict)

    def within(self, region: str) -> Facts:
        """All that count in a region; nowhere in particular ("") only those on the request itself."""
        return self.own + self.regional.get(region, ())


def standing(at: datetime) -> Q:
    """Confirmed and inside the half-open window, or break-glass whose time to be signed is not over."""
    confirmed = Q(state=OverrideState.ACTIVE, ends_at__gt=at)
    return Q(starts_at__lte=at) & (confirmed | Q(state=OverrideState.UNCONFIRMED, sign_by__gt=at))


def in_force(at: datetime) -> QuerySet[Override]:
    """The overrides that have an effect at the moment."""
    return Override.objects.filter(standing(at))


def waiting_for_signature(at: datetime) -> QuerySet[Override]:
    """Proposals and break-glass that can still be signed."""
    proposed = Q(state=OverrideState.PROPOSED, ends_at__gt=at)
    return Override.objects.filter(proposed | Q(state=OverrideState.UNCONFIRMED, sign_by__gt=at))


def to_be_reviewed() -> QuerySet[Override]:
    """Overrides that were in force and are over by the books, and that nobody has looked back at."""
    counted = Q(is_break_glass=True) | Q(confirmed_by__isnull=False)
    return Override.objects.filter(counted, state__in=[OverrideState.EXPIRED, OverrideState.REVOKED])


def overrides_covering(subjects: Iterable[Subject], *, at: datetime) -> dict[UUID, Covering]:
    """What is in force on each request at a moment, by its key, where anything is (one query)."""
    asked = list(subjects)
    of_requests = Q(scope=OverrideScope.REQUEST, subject_key__in={one.key for one in asked})
    of_organizations = Q(scope=OverrideScope.ORGANIZATION, subject_key__in={one.organization for one in asked})
    own: dict[UUID, list[policy.OverrideFact]] = defaultdict(list)
    regional: dict[tuple[UUID, str], dict[str, Facts]] = defaultdict(dict)
    for row in in_force(at).filter(of_requests | of_organizations):
        if row.scope == OverrideScope.REQUEST:
            own[row.subject_key].append(fact_of(row))
        else:
            here = regional[row.subject_key, row.workload_code]
            here[row.region_code] = (*here.get(row.region_code, ()), fact_of(row))
    found = {
        one.key: Covering(tuple(own.get(one.key, ())), regional.get((one.organization, one.workload), {}))
        for one in asked
    }
    return {key: covering for key, covering in found.items() if covering.own or covering.regional}


def use_column(at: datetime, *, organization: str, workload: Any) -> ArraySubquery:
    """What is in force on an organization's use, as a column of another question; `regional_in` reads it.

    `organization` is the path of the organization's public id there, `workload` the expression of the use's code.
    """
    rows = in_force(at).filter(
        scope=OverrideScope.ORGANIZATION, subject_key=OuterRef(organization), workload_code=workload
    )
    names = ("kind", "to_tier", "cap_permille", "scope", "public_id", "region_code")
    return ArraySubquery(rows.values(row=JSONObject(**{name: F(name) for name in names})))


def regional_in(column: Iterable[Mapping[str, Any]]) -> dict[str, Facts]:
    """The override facts by region (code), from `use_column`."""
    found: dict[str, Facts] = {}
    for row in column:
        found[row["region_code"]] = (*found.get(row["region_code"], ()), _fact(row))
    return found


def fact_of(row: Override) -> policy.OverrideFact:
    """The override as the pure core knows it."""
    names = ("kind", "to_tier", "cap_permille", "scope", "public_id")
    return _fact({name: getattr(row, name) for name in names})


def _fact(values: Mapping[str, Any]) -> policy.OverrideFact:
    by_kind = {OverrideKind.RETIER: values["to_tier"], OverrideKind.CAP: values["cap_permille"]}
    return policy.OverrideFact(
        kind=policy.OverrideKind(values["kind"]),
        value=by_kind.get(OverrideKind(values["kind"])),
        scope=policy.OverrideScope(values["scope"]),
        reference=str(values["public_id"]),
    )


# What others do when an override takes or loses its effect: called with the override, who did it and the moment,
# in the same transaction. The requests that rank by it stand above, so they put themselves here through the wiring.
Following = Callable[[Override, Actor, datetime], object]
_followings: list[Following] = []


def provide_following(following: Following) -> None:
    """Called by the wiring for those whose order follows overrides."""
    _followings.append(following)


def follow(override: Override, *, actor: Actor, at: datetime) -> None:
    """Let the order follow at once. Without it the next cycle does, and who decides looks for himself anyway."""
    for following in _followings:
        following(override, actor, at)


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
