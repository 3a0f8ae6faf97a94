"""Leaving ends everything at once and passes open work on."""

from datetime import timedelta

import pytest
from django.test import Client

from capacity.review.models import Lease
from journal.models import Entry
from kit.clock import now
from tests import make
from users.access import NotYourself
from users.actions.accept_invitation import InvitationVoid, accept_invitation
from users.actions.create_token import create_token
from users.actions.invite_person import invite_person
from users.actions.plan_duty import plan_duty
from users.actions.user_leaves import NeedsSuccessor, user_leaves
from users.models import ApiToken, DutyShift, RoleAssignment, User
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = now()


@pytest.fixture
def administrator():
    return make.person(Role.ADMINISTRATOR, name="Ada Administrator")


def leave(by: User, person: User, successor: User | None = None, at=AT):
    return user_leaves(
        actor=make.actor(by),
        person_id=person.public_id,
        successor_id=successor.public_id if successor else None,
        reason="New job",
        at=at,
    )


def portfolios_of(person: User) -> set[str] | None:
    held = RoleAssignment.objects.filter(user=person, role=Role.ACCOUNT_MANAGER, ended_at=None).first()
    return {portfolio.code for portfolio in held.portfolios.all()} if held else None


def plan(by: User, holder: User, deputy: User | None, hours_from: int, hours_until: int) -> DutyShift:
    return plan_duty(
        actor=make.actor(by),
        holder_id=holder.public_id,
        deputy_id=deputy.public_id if deputy else None,
        starts_at=AT + timedelta(hours=hours_from),
        ends_at=AT + timedelta(hours=hours_until),
        at=AT,
    )


def test_sessions_tokens_and_roles_end_at_once(visit, administrator):
    person = make.person(Role.AUDITOR)
    made = create_token(actor=make.actor(person, fresh_at=AT), name="Export", scope="read", days=30, at=AT)
    assert visit("/journal/", as_=person).status_code == 200

    leave(administrator, person, at=now())
    assert visit("/journal/", as_=person).headers["Location"] == "/account/login/?next=/journal/"
    assert not ApiToken.objects.filter(digest=made.token.digest).exists()
    person.refresh_from_db()
    assert not person.is_active
    assert not person.has_usable_password()
    assert not RoleAssignment.objects.filter(user=person, ended_at=None).exists()
    left = Entry.objects.get(action="person.left")
    assert left.reason == "New job"
    assert left.after["ended"]["roles"] == 1
    assert left.after["ended"]["tokens"] == 1
    assert [role["role"] for role in left.before["roles"]] == [Role.AUDITOR]


def test_customers_pass_to_a_named_successor(administrator):
    north, south = make.portfolio("North"), make.portfolio("South")
    leaver = make.account_manager(portfolios=[north])
    with pytest.raises(NeedsSuccessor):
        leave(administrator, leaver)
    with pytest.raises(NeedsSuccessor):
        leave(administrator, leaver, successor=leaver)
    with pytest.raises(NotYourself):
        leave(administrator, leaver, successor=administrator)
    assert User.objects.get(pk=leaver.pk).is_active, "a refused leaving changes nothing"

    heir = make.account_manager(portfolios=[south])
    leave(administrator, leaver, successor=heir)
    assert portfolios_of(heir) == {north.code, south.code}
    assert portfolios_of(leaver) is None
    told = Entry.objects.get(action="role.assigned", subject_id=str(heir.public_id))
    assert told.after["from"] == str(leaver.public_id)


def test_a_successor_who_reaches_everything_keeps_it_and_one_without_the_role_gets_it(administrator):
    everywhere, nobody = make.account_manager(), make.person(Role.VERIFIER)
    north = make.portfolio()
    leave(administrator, make.account_manager(portfolios=[north]), successor=everywhere)
    assert portfolios_of(everywhere) == set()
    leave(administrator, make.account_manager(portfolios=[north]), successor=nobody)
    assert portfolios_of(nobody) == {north.code}
    leave(administrator, make.account_manager(), successor=nobody)
    assert portfolios_of(nobody) == set(), "who takes over from somebody without limits has none"


def test_duty_passes_to_successor_or_deputy_or_is_dropped(administrator):
    leaver, deputy, heir = (make.person(Role.DUTY_MANAGER) for _ in range(3))
    over = DutyShift.objects.create(holder=leaver, starts_at=AT - timedelta(days=2), ends_at=AT - timedelta(days=1))
    running = plan(administrator, leaver, deputy, -1, 1)
    alone = plan(administrator, leaver, None, 1, 2)
    assisting = plan(administrator, deputy, leaver, 2, 3)

    leave(administrator, leaver)
    running.refresh_from_db()
    assisting.refresh_from_db()
    over.refresh_from_db()
    assert (running.holder, running.deputy) == (deputy, None)
    assert not DutyShift.objects.filter(pk=alone.pk).exists()
    assert (assisting.holder, assisting.deputy) == (deputy, None)
    assert over.holder == leaver, "who was on duty stays on record"

    leave(administrator, deputy, successor=heir)
    running.refresh_from_db()
    assert running.holder == heir
    told = Entry.objects.filter(action="person.left").latest("pk")
    assert told.after["ended"]["shifts_passed_on"] == 2


def test_leases_end_with_the_person(administrator):
    reviewer, other = make.person(Role.CAPACITY_REVIEWER), make.person(Role.CAPACITY_REVIEWER)
    theirs, kept = make.request(), make.request()
    Lease.objects.create(request=theirs, holder=reviewer, until=AT + timedelta(minutes=15))
    Lease.objects.create(request=kept, holder=other, until=AT + timedelta(minutes=15))
    leave(administrator, reviewer)
    assert Entry.objects.get(action="person.left").after["ended"]["leases"] == 1
    assert [lease.request for lease in Lease.objects.all()] == [kept]


def test_invitations_of_who_leaves_are_withdrawn_and_who_comes_back_keeps_the_history(administrator):
    second = make.person(Role.ADMINISTRATOR)
    sent = invite_person(
        actor=make.actor(second),
        email="new@vorrang.example",
        name="N",
        roles=[Role.AUDITOR],
        regions=(),
        portfolios=(),
        at=AT,
    )
    leave(administrator, second)
    with pytest.raises(InvitationVoid):
        accept_invitation(token=sent.token, name="N", password="a-long-enough-secret", language="en", at=AT)

    back = invite_person(
        actor=make.actor(administrator),
        email=second.email,
        name="S",
        roles=[Role.AUDITOR],
        regions=(),
        portfolios=(),
        at=AT,
    )
    returned = accept_invitation(
        token=back.token, name="Second", password="a-long-enough-secret", language="en", at=AT + timedelta(days=1)
    )
    assert returned.pk == second.pk
    assert returned.public_id == second.public_id, "the journal's old entries still name them"
    assert {held.role for held in RoleAssignment.objects.filter(user=second, ended_at=None)} == {Role.AUDITOR}
    sent = {"login": second.email, "password": "a-long-enough-secret"}
    assert Client().post("/account/login/", sent).status_code == 302


def test_the_page_asks_for_the_successor_and_says_what_ends(visit, administrator):
    leaver, heir = make.account_manager(name="Lena Leaver"), make.person(name="Hera Heir")
    address = f"/people/{leaver.public_id}/leaving/"
    page = visit(address, as_=administrator).content.decode()
    assert "An account manager needs a successor" in page
    assert "Hera Heir" in page
    assert "Ada Administrator</option>" not in page
    assert visit(address, as_=administrator, method="post", data={}).status_code == 400
    unknown = visit(address, as_=administrator, method="post", data={"successor": "not an id"})
    assert unknown.status_code == 400
    done = visit(address, as_=administrator, method="post", data={"successor": str(heir.public_id), "reason": "Rent"})
    assert done.status_code == 302
    assert visit(address, as_=administrator).status_code == 409, "once is enough"
    assert visit(f"/people/{administrator.public_id}/leaving/", as_=administrator).status_code == 403
