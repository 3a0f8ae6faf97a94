"""Hand organizations to another portfolio, one or many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from customers.access import may_register_organization, may_update_organization, visible_organizations
from customers.models import Organization
from journal.record import record
from kit.refusal import NotFound, Refusal, require
from users.access import Actor
from users.models import Portfolio


@dataclass(frozen=True)
class Assigned:
    """What became of a set: the name of each and, where it was refused, why."""

    moved: list[str]
    unchanged: list[str]
    refused: list[tuple[str, Refusal]]


def assign_portfolio(*, actor: Actor, organization_id: UUID, portfolio: Portfolio, at: datetime) -> Organization:
    """Hand one over; it takes the account manager of both portfolios. Raises `NotFound`, `NotInYourPortfolio`."""
    with transaction.atomic():
        organization = (
            visible_organizations(actor)
            .select_for_update(of=("self",))
            .select_related("portfolio")
            .filter(public_id=organization_id)
            .first()
        )
        if organization is None:
            raise NotFound()
        require(may_update_organization(actor, organization))
        require(may_register_organization(actor, portfolio))
        former = organization.portfolio
        if former.pk == portfolio.pk:
            return organization
        organization.portfolio = portfolio
        organization.row_version += 1
        organization.save(update_fields=["portfolio", "row_version"])
        record(
            actor=actor,
            action="organization.updated",
            subject_type="organization",
            subject_id=organization.public_id,
            before={"portfolio": former.code},
            after={"portfolio": portfolio.code},
            at=at,
        )
        return organization


def assign_portfolios(
    *, actor: Actor, organization_ids: Iterable[UUID], portfolio: Portfolio, at: datetime
) -> Assigned:
    """Hand each of these over; what is refused of one does not hold up the others."""
    done = Assigned([], [], [])
    with transaction.atomic():
        # In the order of keys, so that two bulk acts cannot wait for each other.
        ids = sorted(organization_ids)
        known = {row.public_id: row for row in visible_organizations(actor).filter(public_id__in=ids)}
        for public_id in ids:
            before = known.get(public_id)
            name = before.legal_name if before is not None else str(public_id)
            try:
                after = assign_portfolio(actor=actor, organization_id=public_id, portfolio=portfolio, at=at)
            except Refusal as refusal:
                done.refused.append((name, refusal))
            else:
                is_same = before is not None and before.row_version == after.row_version
                (done.unchanged if is_same else done.moved).append(name)
    return done
