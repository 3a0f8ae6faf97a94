"""What is known about people: who they are, what they hold, who is on duty."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from users.access import Actor
from users.models import DutyShift, Invitation, Portfolio, RoleAssignment, SavedView, User
from users.roles import Role


@dataclass(frozen=True)
class OnDuty:
    """Who gives second signatures now, who stands in, and until when; None where nobody does."""

    holder: User | None = None
    deputy: User | None = None
    until: datetime | None = None

    def among(self, people: Collection[User]) -> "OnDuty":
        """Those of the two who are among these people: who may not sign is not waited for."""
        holder, deputy = (one if one in people else None for one in (self.holder, self.deputy))
        return replace(self, holder=holder, deputy=deputy)


def on_duty(at: datetime) -> OnDuty:
    """The duty holder and deputy at a moment; one query. Shifts are half-open and never overlap."""
    shift = DutyShift.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("holder", "deputy").first()
    return OnDuty(shift.holder, shift.deputy, shift.ends_at) if shift else OnDuty()


def duty_column(at: datetime) -> ArraySubquery:
    """The same as a column of another question, for pages that have many; `duty_in` reads it."""
    shift = DutyShift.objects.filter(starts_at__lte=at, ends_at__gt=at)
    row: dict[str, Any] = {name: F(name) for name in ("holder_id", "holder__name", "deputy_id", "deputy__name")}
    held = RoleAssignment.objects.filter(role=Role.DUTY_MANAGER, ended_at=None, user__is_active=True)
    for one in ("holder", "deputy"):
        row[f"{one}_regions"] = Subquery(held.filter(user=OuterRef(one)).values("regions")[:1])
    return ArraySubquery(shift.values(row=JSONObject(**row)))


def duty_in(column: Sequence[Mapping[str, Any]], region: str = "") -> OnDuty:
    """Who is on duty, from `duty_column`: people by key and name alone, and only who may sign in the region."""
    people = {
        role: User(pk=row[f"{role}_id"], name=row[f"{role}__name"])
        for row in column
        for role in ("holder", "deputy")
        if row[f"{role}_regions"] is not None and reaches(row[f"{role}_regions"], region)
    }
    return OnDuty(people.get("holder"), people.get("deputy"))


def reaches(regions: Collection[str], region: str) -> bool:
    """Whether a role held in these regions holds in one; empty: in all of them, and of no region in particular."""
    return not (regions and region) or region in regions


def coming_shifts(at: datetime) -> QuerySet[DutyShift]:
    """The shift that runs now and all later ones, in order."""
    return DutyShift.objects.filter(ends_at__gt=at).select_related("holder", "deputy").order_by("starts_at")


def people() -> QuerySet[User]:
    """Everybody who is or was a member of staff, with the roles held now as `held`."""
    held = RoleAssignment.objects.filter(ended_at=None).prefetch_related("portfolios").order_by("role")
    return User.objects.prefetch_related(Prefetch("assignments", queryset=held, to_attr="held"))


def people_with(*roles: str) -> QuerySet[User]:
    """The active people who hold one of the roles now, wherever it reaches."""
    holding = RoleAssignment.objects.filter(role__in=roles, ended_at=None)
    return User.objects.filter(is_active=True, pk__in=holding.values("user_id")).order_by("name", "pk")


def assignments_of(user: User) -> QuerySet[RoleAssignment]:
    """What a person holds and held, the present first."""
    return (
        RoleAssignment.objects.filter(user=user)
        .select_related("assigned_by", "ended_by")
        .prefetch_related("portfolios")
        .order_by("-ended_at", "role", "-pk")
    )


def colleagues_of(person: User, actor: Actor) -> QuerySet[User]:
    """Who could take over from a person: everybody else but the one who decides it."""
    return User.objects.filter(is_active=True).exclude(pk__in=[person.pk, actor.user_id])


def open_invitations() -> QuerySet[Invitation]:
    """Invitations that can still be accepted, or ran out without an answer."""
    return (
        Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
        .select_related("invited_by")
        .prefetch_related("portfolios")
        .order_by("-invited_at", "-pk")
    )


def portfolios() -> QuerySet[Portfolio]:
    """Every portfolio."""
    return Portfolio.objects.all()


def names_of(public_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names behind pseudonymous ids; one query. Ids of nobody are left out."""
    wanted = {public_id for public_id in public_ids if public_id is not None}
    return dict(User.objects.filter(public_id__in=wanted).values_list("public_id", "name")) if wanted else {}


def saved_views(actor: Actor, page: str) -> Sequence[SavedView]:
    """The person's saved views of a list page, by name."""
    return list(SavedView.objects.filter(user_id=actor.user_id, page=page))


def matching(term: str) -> Q:
    """People whose name or address contains the term."""
    return Q(name__icontains=term) | Q(email__icontains=term)


def tokens_of(user: Any) -> QuerySet[Any]:
    """The person's API tokens, the newest first."""
    return user.auth_token_set.order_by("-created", "pk")
