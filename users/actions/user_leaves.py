"""See off a person who leaves: rights, sessions and tokens end, open work passes to a named successor."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor, NotYourself, may_manage, still_administrator
from users.actions.assign_role import begin, described, end, reach_of
from users.actions.withdraw_invitation import close
from users.models import ApiToken, DutyShift, Invitation, Portfolio, RoleAssignment, SavedView, User
from users.people import person_for_update
from users.roles import Role

# What else ends or passes on: called with (person, successor, at) in the same transaction, each
# gives what it did as counts by name. The apps above put themselves here through the wiring.
HandOver = Callable[[User, User | None, datetime], dict[str, int]]
_hand_overs: list[HandOver] = []


class NeedsSuccessor(Invalid):
    """An account manager's customers must not be left without one."""

    code = "needs_successor"
    message = _("Name who takes over the customers of %(name)s.")


def provide_hand_over(hand_over: HandOver) -> None:
    """Called by the wiring for each app with work that belongs to a person."""
    _hand_overs.append(hand_over)


def user_leaves(*, actor: Actor, person_id: UUID, successor_id: UUID | None, reason: str = "", at: datetime) -> User:
    """End everything a person can do here, at once and in one transaction.

    The successor takes over the customers (the account manager's portfolios) and, where they are a
    duty manager, the duty; other duty falls to the deputy, or the shift is dropped. Raises
    `NeedsSuccessor`, `NotYourself`, `HasLeft`.
    """
    with transaction.atomic():
        require(still_administrator(actor))
        person = person_for_update(person_id)
        require(may_manage(actor, person))
        successor = _successor(actor, person, successor_id)
        held = list(RoleAssignment.objects.filter(user=person, ended_at=None).prefetch_related("portfolios"))
        if successor is None and any(assignment.role == Role.ACCOUNT_MANAGER for assignment in held):
            raise NeedsSuccessor({"successor": [NeedsSuccessor.message % {"name": person.name}]}, name=person.name)
        for assignment in held:
            if assignment.role == Role.ACCOUNT_MANAGER and successor is not None:
                _take_over_customers(actor, person, successor, assignment, at)
            end(assignment, by_id=actor.user_id, at=at)
        done = {"roles": len(held), **_pass_duty_on(person, successor, at), **_close_what_is_personal(person, at)}
        for hand_over in _hand_overs:
            done |= hand_over(person, successor, at)
        # Both end every session: nobody inactive is signed in, and the password's hash is part of it.
        person.is_active = False
        person.left_at = at
        person.set_unusable_password()
        person.row_version += 1
        person.save(update_fields=["is_active", "left_at", "password", "row_version"])
        record(
            actor=actor,
            action="person.left",
            subject_type="user",
            subject_id=person.public_id,
            reason=reason.strip(),
            before={"roles": [reach_of(assignment) for assignment in held]},
            after={"successor": str(successor.public_id) if successor else None, "ended": done},
            at=at,
        )
        return person


def _successor(actor: Actor, person: User, successor_id: UUID | None) -> User | None:
    if successor_id is None:
        return None
    successor = User.objects.filter(public_id=successor_id, is_active=True).exclude(pk=person.pk).first()
    if successor is None:
        raise NeedsSuccessor({"successor": [_("Choose another person who works here.")]}, name=person.name)
    if successor.pk == actor.user_id:
        # Taking over is being appointed.
        raise NotYourself()
    return successor


def _take_over_customers(actor: Actor, person: User, successor: User, assignment: RoleAssignment, at: datetime) -> None:
    """The successor's reach as account manager becomes both reaches together."""
    theirs = RoleAssignment.objects.filter(user=successor, role=Role.ACCOUNT_MANAGER, ended_at=None).first()
    before = reach_of(theirs) if theirs else None
    given: set[Portfolio] = set(assignment.portfolios.all())
    own: set[Portfolio] = set(theirs.portfolios.all()) if theirs else set()
    everywhere = not given or (theirs is not None and not own)
    portfolios = [] if everywhere else sorted(given | own, key=lambda portfolio: portfolio.code)
    after = described(Role.ACCOUNT_MANAGER, [], portfolios)
    if before == after:
        return
    if theirs is not None:
        end(theirs, by_id=actor.user_id, at=at)
    begin(successor, Role.ACCOUNT_MANAGER, [], portfolios, by_id=actor.user_id, at=at)
    record(
        actor=actor,
        action="role.assigned",
        subject_type="user",
        subject_id=successor.public_id,
        before=before,
        after={**after, "from": str(person.public_id)},
        at=at,
    )


def _pass_duty_on(person: User, successor: User | None, at: datetime) -> dict[str, int]:
    """Shifts that run or come: to the successor who may, else to the deputy, else dropped."""
    may = (
        successor is not None
        and RoleAssignment.objects.filter(user=successor, role=Role.DUTY_MANAGER, ended_at=None).exists()
    )
    done = {"shifts_passed_on": 0, "shifts_dropped": 0}
    coming = DutyShift.objects.select_for_update().filter(ends_at__gt=at)
    for shift in coming.filter(holder=person):
        heir = successor if may and successor != shift.deputy else shift.deputy
        if heir is None:
            shift.delete()
            done["shifts_dropped"] += 1
            continue
        shift.holder = heir
        shift.deputy = None if heir == shift.deputy else shift.deputy
        shift.row_version += 1
        shift.save(update_fields=["holder", "deputy", "row_version"])
        done["shifts_passed_on"] += 1
    for shift in coming.filter(deputy=person):
        shift.deputy = successor if may and successor != shift.holder else None
        shift.row_version += 1
        shift.save(update_fields=["deputy", "row_version"])
    return done


def _close_what_is_personal(person: User, at: datetime) -> dict[str, Any]:
    """Tokens, second factors and saved views go; invitations sent by the person are withdrawn."""
    tokens, _by_model = ApiToken.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    SavedView.objects.filter(user=person).delete()
    sent = Invitation.objects.select_for_update().filter(invited_by=person, accepted_at=None, withdrawn_at=None)
    for invitation in sent:
        close(invitation, at=at)
    return {"tokens": tokens, "invitations": len(sent)}
