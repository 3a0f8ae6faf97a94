"""The actor: who acts, with which roles, where, and how fresh the sign-in is.

Built once per request from the database, so a revoked role fails on the next request.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kit.refusal import Conflict, NotAllowed, Refusal
from users.models import RoleAssignment, User
from users.roles import Role

# How old a sign-in step may be for a second signature (product rule; OWASP ASVS 5.0, 7.5.3).
FRESH_FOR = timedelta(minutes=5)


class NeedsRole(NotAllowed):
    """The actor lacks every role that may do this, or lacks it here."""

    code = "needs_role"
    message = _("This needs the role %(roles)s%(scope)s.")


class NotYourself(NotAllowed):
    """Administrators manage other people's rights, never their own."""

    code = "not_yourself"
    message = _("Nobody changes their own rights.")
    remedy = _("Ask another administrator.")


class HasLeft(Conflict):
    """The person is not a member of staff any more."""

    code = "person_has_left"
    message = _("%(name)s has left.")
    remedy = _("Invite them again.")


class NeedsFreshSignIn(NotAllowed):
    """A second signature needs a sign-in step that is at most five minutes old."""

    code = "needs_fresh_sign_in"
    interrupts = True
    message = _("Please confirm that it is you: this act needs a sign-in step of the last five minutes.")
    remedy = _("Confirm with your password or your code and repeat the act.")


@dataclass(frozen=True)
class Assignment:
    """One held role; `None` for regions or portfolios means everywhere."""

    role: str
    regions: frozenset[str] | None = None
    portfolios: frozenset[int] | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts. `user_id` is None for the system and for nobody."""

    user_id: int | None
    public_id: UUID | None
    name: str
    assignments: tuple[Assignment, ...] = ()
    fresh_at: datetime | None = None
    request_id: UUID | None = None
    is_system: bool = field(default=False)

    @property
    def roles(self) -> frozenset[str]:
        """The codes of all held roles, wherever they reach."""
        return frozenset(assignment.role for assignment in self.assignments)

    @property
    def is_somebody(self) -> bool:
        """Whether a person is signed in."""
        return self.user_id is not None

    def holds(self, *roles: str, region: str | None = None, portfolio_id: int | None = None) -> bool:
        """Whether one of the roles is held, and reaches the region and portfolio where they are named."""
        return any(
            assignment.role in roles
            and (region is None or assignment.regions is None or region in assignment.regions)
            and (portfolio_id is None or assignment.portfolios is None or portfolio_id in assignment.portfolios)
            for assignment in self.assignments
        )

    def regions_of(self, *roles: str) -> frozenset[str] | None:
        """The region codes the roles reach together; None means every region, an empty set none."""
        return _union(a.regions for a in self.assignments if a.role in roles)

    def portfolios_of(self, *roles: str) -> frozenset[int] | None:
        """The portfolio keys the roles reach together; None means every portfolio."""
        return _union(a.portfolios for a in self.assignments if a.role in roles)

    def needs(self, *roles: str, region: str | None = None, portfolio_id: int | None = None) -> Refusal | None:
        """None where one of the roles is held, else the refusal that says which would do."""
        if self.holds(*roles, region=region, portfolio_id=portfolio_id):
            return None
        names = ", ".join(str(Role(role).label) for role in roles)
        return NeedsRole(roles=names, scope=f" ({region})" if region else "")

    def needs_fresh_sign_in(self, at: datetime) -> Refusal | None:
        """None where the last sign-in step is at most five minutes old."""
        if self.is_system or (self.fresh_at is not None and at - self.fresh_at <= FRESH_FOR):
            return None
        return NeedsFreshSignIn()


def _union(scopes: Iterable[frozenset[Any] | None]) -> frozenset[Any] | None:
    reach: set[Any] = set()
    for scope in scopes:
        if scope is None:
            return None
        reach |= scope
    return frozenset(reach)


NOBODY = Actor(user_id=None, public_id=None, name="")
SYSTEM = Actor(user_id=None, public_id=None, name="Vorrang", is_system=True)


def actor_of(user: User, *, fresh_at: datetime | None = None, request_id: UUID | None = None) -> Actor:
    """The actor for a person, with the roles held at this moment (two queries)."""
    if not user.is_active:
        return NOBODY
    held = RoleAssignment.objects.filter(user_id=user.pk, ended_at=None).prefetch_related("portfolios")
    assignments = tuple(
        Assignment(
            role=row.role,
            regions=frozenset(row.regions) or None,
            portfolios=frozenset(portfolio.pk for portfolio in row.portfolios.all()) or None,
        )
        for row in held
    )
    return Actor(
        user_id=user.pk,
        public_id=user.public_id,
        name=user.name,
        assignments=assignments,
        fresh_at=fresh_at,
        request_id=request_id,
    )


def may_see_people(actor: Actor) -> Refusal | None:
    """Administrators and the auditor see who holds what."""
    return actor.needs(Role.ADMINISTRATOR, Role.AUDITOR)


def may_invite(actor: Actor) -> Refusal | None:
    """Administrators invite."""
    return actor.needs(Role.ADMINISTRATOR)


def may_manage(actor: Actor, person: User) -> Refusal | None:
    """Administrators appoint and dismiss, and see off who leaves; never themselves."""
    if refusal := actor.needs(Role.ADMINISTRATOR):
        return refusal
    if person.pk == actor.user_id:
        return NotYourself()
    return HasLeft(name=person.name) if person.left_at else None


def may_plan_duty(actor: Actor) -> Refusal | None:
    """Administrators and duty managers plan the rota."""
    return actor.needs(Role.ADMINISTRATOR, Role.DUTY_MANAGER)


def may_read_journal(actor: Actor) -> Refusal | None:
    """The whole journal is for the auditor and administrators; others see the history on each record's page."""
    return actor.needs(Role.AUDITOR, Role.ADMINISTRATOR)


def still_administrator(actor: Actor) -> Refusal | None:
    """As `actor.needs`, but as the database has it now, with every administrator's row locked.

    Two administrators who act on each other at once wait for one another here; whoever comes second
    and is none any more is refused, so one always remains. Needs a transaction.
    """
    held = RoleAssignment.objects.select_for_update().filter(role=Role.ADMINISTRATOR, ended_at=None).order_by("pk")
    if actor.user_id in {assignment.user_id for assignment in held}:
        return None
    return NeedsRole(roles=Role.ADMINISTRATOR.label, scope="")
