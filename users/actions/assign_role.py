"""Appoint a person to a role, everywhere or for named regions and portfolios."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor, may_manage, still_administrator
from users.models import Portfolio, RoleAssignment, User
from users.people import person_for_update
from users.reach import check_reach, portfolios_for, regions_for


class HeldAlready(Conflict):
    """The person holds the role with this very reach."""

    code = "role_held_already"
    message = _("%(name)s holds this role with this reach already.")


def assign_role(
    *, actor: Actor, person_id: UUID, role: str, regions: Sequence[str], portfolios: Sequence[Portfolio], at: datetime
) -> RoleAssignment:
    """Appoint; a role already held gets the new reach (the old appointment ends, a new one begins).

    Empty `regions` or `portfolios` mean every one. Raises `CannotAppoint`, `HeldAlready`,
    `NotYourself`, `HasLeft`.
    """
    with transaction.atomic():
        require(still_administrator(actor))
        person = person_for_update(person_id)
        require(may_manage(actor, person))
        check_reach([role], regions, portfolios)
        held = RoleAssignment.objects.filter(user=person, role=role, ended_at=None).first()
        before = reach_of(held) if held else None
        wanted_regions, wanted_portfolios = regions_for(role, regions), portfolios_for(role, portfolios)
        if held is not None:
            if before == described(role, wanted_regions, wanted_portfolios):
                raise HeldAlready(name=person.name)
            end(held, by_id=actor.user_id, at=at)
        assignment = begin(person, role, wanted_regions, wanted_portfolios, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="role.assigned",
            subject_type="user",
            subject_id=person.public_id,
            before=before,
            after=reach_of(assignment),
            at=at,
        )
        return assignment


def begin(
    person: User, role: str, regions: Iterable[str], portfolios: Iterable[Portfolio], *, by_id: int | None, at: datetime
) -> RoleAssignment:
    """The row of an appointment; who calls has checked and records."""
    assignment = RoleAssignment.objects.create(
        user=person, role=role, regions=list(regions), assigned_by_id=by_id, started_at=at
    )
    assignment.portfolios.set(portfolios)
    return assignment


def end(assignment: RoleAssignment, *, by_id: int | None, at: datetime) -> None:
    """The end of an appointment; who calls has checked and records."""
    assignment.ended_at = at
    assignment.ended_by_id = by_id
    assignment.row_version += 1
    assignment.save(update_fields=["ended_at", "ended_by", "row_version"])


def reach_of(assignment: RoleAssignment) -> dict[str, Any]:
    """An appointment as the journal tells it."""
    return described(assignment.role, assignment.regions, assignment.portfolios.all())


def described(role: str, regions: Iterable[str], portfolios: Iterable[Portfolio]) -> dict[str, Any]:
    """A role and its reach as the journal tells it; empty lists mean everywhere."""
    return {
        "role": str(role),
        "regions": sorted(regions),
        "portfolios": sorted(portfolio.code for portfolio in portfolios),
    }
