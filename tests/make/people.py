"""The cast: people with roles, as actors."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from users.access import Actor, actor_of
from users.models import Portfolio, RoleAssignment, User
from users.roles import PORTFOLIO_SCOPED, REGION_SCOPED, Role

# A Thursday in the week the product is modelled on.
NOW = datetime(2020, 3, 26, 12, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery"

counting = itertools.count(1)


def person(*roles: str, name: str = "", regions=(), portfolios=(), **fields) -> User:
    """A member of staff holding the roles, limited to regions and portfolios where given."""
    number = next(counting)
    user = User(
        email=fields.pop("email", f"person{number}@vorrang.example"),
        name=name or f"Person {number}",
        joined_at=NOW,
        language=fields.pop("language", "en"),
        time_zone=fields.pop("time_zone", "UTC"),
        **fields,
    )
    user.set_password(PASSWORD)
    user.save()
    for role in roles:
        assignment = RoleAssignment.objects.create(
            user=user,
            role=role,
            regions=list(regions) if role in REGION_SCOPED else [],
            assigned_by=None,
            started_at=NOW,
        )
        if role in PORTFOLIO_SCOPED:
            assignment.portfolios.set(portfolios)
    return user


def moments(start: datetime) -> Iterator[datetime]:
    """Moments a second apart, so that each act has one of its own."""
    return (start + timedelta(seconds=number) for number in itertools.count(1))


def actor(user: User, *, fresh_at: datetime | None = None) -> Actor:
    """The actor for a person, with a sign-in step of that moment."""
    return actor_of(user, fresh_at=fresh_at)


def acting(*roles: str, fresh_at: datetime | None = None, **fields) -> Actor:
    """A new person with these roles, as an actor."""
    return actor(person(*roles, **fields), fresh_at=fresh_at)


def account_manager(**fields) -> User:
    return person(Role.ACCOUNT_MANAGER, **fields)


def portfolio(name: str = "", code: str = "") -> Portfolio:
    number = next(counting)
    return Portfolio.objects.create(code=code or f"portfolio-{number}", name=name or f"Portfolio {number}")
