"""Inviting, joining, appointing, dismissing: who may, what it does, and what no SQL can do around it."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from journal.models import Entry
from kit.clock import now
from kit.refusal import NotAllowed, Refusal
from tests import make
from tests.sql import refused
from users.access import HasLeft, NeedsRole, NotYourself, actor_of
from users.actions.accept_invitation import InvitationVoid, WeakPassword, accept_invitation
from users.actions.assign_role import HeldAlready, assign_role
from users.actions.end_role import NotHeld, end_role
from users.actions.invite_person import AddressTaken, InvitedAlready, invite_person
from users.actions.user_leaves import user_leaves
from users.actions.withdraw_invitation import NotOpen, withdraw_invitation
from users.models import Invitation, RoleAssignment, User
from users.reach import CannotAppoint
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = now()


@pytest.fixture(autouse=True)
def _forget_counters():
    cache.clear()


@pytest.fixture
def administrator():
    return make.person(Role.ADMINISTRATOR, name="Ada Administrator")


def invite(by: User, email="new@vorrang.example", roles=(Role.AUDITOR,), regions=(), portfolios=(), at=AT):
    return invite_person(
        actor=make.actor(by), email=email, name="Nina New", roles=roles, regions=regions, portfolios=portfolios, at=at
    )


def accept(token: str, password="a-long-enough-secret", at=AT, name="Nina New"):
    return accept_invitation(token=token, name=name, password=password, language="en", at=at)


def assign(by: User, person: User, role: str, regions=(), portfolios=(), at=AT):
    return assign_role(
        actor=make.actor(by), person_id=person.public_id, role=role, regions=regions, portfolios=portfolios, at=at
    )


def end(by: User, person: User, role: str, at=AT):
    held = RoleAssignment.objects.get(user=person, role=role, ended_at=None)
    return end_role(actor=make.actor(by), person_id=person.public_id, assignment_id=held.public_id, at=at)


# --- Invitations -------------------------------------------------------------------------------


def test_an_invitation_becomes_an_account_once(administrator):
    north = make.portfolio()
    invited = invite(administrator, roles=[Role.ACCOUNT_MANAGER, Role.AUDITOR], portfolios=[north])
    assert invited.token not in str(Invitation.objects.values().get()), "only a hash of the secret is kept"

    person = accept(invited.token)
    roles = {held.role: held for held in RoleAssignment.objects.filter(user=person)}
    assert set(roles) == {Role.ACCOUNT_MANAGER, Role.AUDITOR}
    assert list(roles[Role.ACCOUNT_MANAGER].portfolios.all()) == [north]
    assert not roles[Role.AUDITOR].portfolios.exists(), "the auditor is whole"
    assert {held.assigned_by for held in roles.values()} == {administrator}
    joined = Entry.objects.get(action="person.joined")
    assert (joined.actor_id, joined.subject_id) == (person.public_id, str(person.public_id))
    assert person.name not in str(joined.after), "the journal holds no names"
    assert person.email not in str(list(Entry.objects.values()))

    with pytest.raises(InvitationVoid):
        accept(invited.token)
    with pytest.raises(InvitationVoid):
        accept("not-a-token")


def test_an_invitation_runs_out_after_a_week_and_can_be_sent_anew(administrator):
    invited = invite(administrator)
    with pytest.raises(InvitedAlready):
        invite(administrator, email="NEW@vorrang.example")
    later = AT + timedelta(days=7)
    with pytest.raises(InvitationVoid):
        accept(invited.token, at=later)
    assert accept(invite(administrator, at=later).token, at=later).is_active


def test_an_invitation_is_withdrawn(administrator):
    invited = invite(administrator)
    withdraw_invitation(actor=make.actor(administrator), invitation_id=invited.public_id, at=AT)
    with pytest.raises(InvitationVoid):
        accept(invited.token)
    with pytest.raises(NotOpen):
        withdraw_invitation(actor=make.actor(administrator), invitation_id=invited.public_id, at=AT)


def test_an_invitation_is_void_once_who_sent_it_is_no_administrator(administrator):
    second = make.person(Role.ADMINISTRATOR)
    invited = invite(second)
    end(administrator, second, Role.ADMINISTRATOR)
    with pytest.raises(InvitationVoid):
        accept(invited.token)


def test_weak_passwords_and_taken_addresses_are_refused(administrator):
    invited = invite(administrator)
    with pytest.raises(WeakPassword) as no:
        accept(invited.token, password="password1234")
    assert no.value.fields["password"]
    assert accept(invited.token).is_active, "a refused try uses nothing up"
    with pytest.raises(AddressTaken):
        invite(administrator, email="new@VORRANG.example")


def test_only_administrators_invite_and_only_to_what_exists(administrator):
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(NeedsRole):
            invite(make.person(role))
    for wrong in ({"roles": ["pope"]}, {"roles": []}, {"regions": ["atlantis"], "roles": [Role.REGION_OPERATOR]}):
        with pytest.raises(CannotAppoint):
            invite(administrator, **wrong)
    with pytest.raises(CannotAppoint):
        invite(administrator, roles=[Role.AUDITOR], portfolios=[make.portfolio()])
    assert not Invitation.objects.exists()


def test_the_link_is_shown_once_mailed_and_leads_to_the_account(visit, administrator):
    sent = {"email": "new@vorrang.example", "name": "Nina New", "roles": [Role.AUDITOR], "idempotency_key": "just-once"}
    page = visit("/people/invite/", as_=administrator, method="post", data=sent).content.decode()
    link = re.search(r"http://testserver(/invitation/[\w-]+/)", page)[1]
    (message,) = mail.outbox
    assert link in message.body
    assert "Hallo" in message.body or "Hello" in message.body
    again = visit("/people/invite/", as_=administrator, method="post", data=sent)
    assert (again.status_code, again.headers["Location"]) == (302, "/people/")
    assert len(mail.outbox) == 1

    assert visit(link, as_=administrator).status_code == 409, "not while somebody else is signed in"
    client = Client()
    assert "new@vorrang.example" in client.get(link).content.decode()
    fields = {
        "name": "Nina Neu",
        "password": "a-long-enough-secret",
        "again": "another",
        "idempotency_key": "first-try",
    }
    assert client.post(link, fields).status_code == 400
    fields |= {"password": "short", "again": "short", "idempotency_key": "second-try"}
    assert client.post(link, fields).status_code == 400
    fields |= {"password": "a-long-enough-secret", "again": "a-long-enough-secret", "idempotency_key": "third-try"}
    assert client.post(link, fields).headers["Location"] == "/account/login/"
    assert client.get(link).status_code == 404
    done = client.post("/account/login/", {"login": "new@vorrang.example", "password": "a-long-enough-secret"})
    assert done.status_code == 302
    assert client.get("/journal/").status_code == 200


def test_an_invitation_without_mail_is_handed_over_by_hand(visit, administrator, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1  # nobody listens there
    sent = {"email": "new@vorrang.example", "name": "Nina New", "roles": [Role.AUDITOR]}
    page = visit("/people/invite/", as_=administrator, method="post", data=sent).content.decode()
    assert "could not be sent" in page
    assert "/invitation/" in page


# --- Appointments ------------------------------------------------------------------------------


def test_a_role_is_given_widened_and_ended(administrator):
    north, south = make.portfolio(), make.portfolio()
    person = make.person()
    assign(administrator, person, Role.ACCOUNT_MANAGER, portfolios=[north])
    assert actor_of(person).holds(Role.ACCOUNT_MANAGER, portfolio_id=north.pk)
    assert not actor_of(person).holds(Role.ACCOUNT_MANAGER, portfolio_id=south.pk)
    with pytest.raises(HeldAlready):
        assign(administrator, person, Role.ACCOUNT_MANAGER, portfolios=[north])

    assign(administrator, person, Role.ACCOUNT_MANAGER, portfolios=[north, south])
    assert actor_of(person).holds(Role.ACCOUNT_MANAGER, portfolio_id=south.pk)
    assert RoleAssignment.objects.filter(user=person).count() == 2, "the former reach stays on record"
    change = Entry.objects.filter(action="role.assigned").latest("pk")
    assert (change.before["portfolios"], change.after["portfolios"]) == ([north.code], sorted([north.code, south.code]))

    end(administrator, person, Role.ACCOUNT_MANAGER)
    assert not actor_of(person).roles
    held = RoleAssignment.objects.filter(user=person).first()
    with pytest.raises(NotHeld):
        end_role(actor=make.actor(administrator), person_id=person.public_id, assignment_id=held.public_id, at=AT)


def test_nobody_but_another_administrator_changes_rights(administrator):
    person = make.person(Role.AUDITOR)
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(NeedsRole):
            assign(make.person(role), person, Role.EXECUTIVE)
        with pytest.raises(NeedsRole):
            end(make.person(role), person, Role.AUDITOR)
    for act in (
        lambda: assign(administrator, administrator, Role.DUTY_MANAGER),
        lambda: end(administrator, administrator, Role.ADMINISTRATOR),
    ):
        with pytest.raises(NotYourself):
            act()
    assert not Entry.objects.exists()


def test_a_revoked_administrator_fails_at_once_even_with_the_page_still_open(administrator):
    second = make.person(Role.ADMINISTRATOR)
    as_it_was = make.actor(second)
    end(administrator, second, Role.ADMINISTRATOR)
    person = make.person()
    with pytest.raises(NotAllowed):
        assign_role(actor=as_it_was, person_id=person.public_id, role=Role.AUDITOR, regions=(), portfolios=(), at=AT)


def test_a_revoked_role_fails_on_the_next_request(visit, administrator):
    person = make.person(Role.AUDITOR)
    assert visit("/journal/", as_=person).status_code == 200
    end(administrator, person, Role.AUDITOR)
    assert visit("/journal/", as_=person).status_code == 403


# --- The same, held by the database against raw SQL as the application role ----------------------


INSERT = (
    "INSERT INTO users_roleassignment (public_id, row_version, user_id, role, regions, assigned_by_id, started_at)"
    " VALUES (gen_random_uuid(), 1, %s, %s, '{}', %s, now())"
)


def test_raw_sql_cannot_appoint_oneself_or_without_being_administrator(administrator):
    reviewer, other = make.person(Role.CAPACITY_REVIEWER), make.person()
    assert "nobody_appoints_self" in refused(INSERT, administrator.pk, Role.DUTY_MANAGER, administrator.pk)
    assert "only an administrator appoints" in refused(INSERT, other.pk, Role.AUDITOR, reviewer.pk)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [other.pk, Role.AUDITOR, administrator.pk])
    assert "role_held_once" in refused(INSERT, other.pk, Role.AUDITOR, administrator.pk)


def test_raw_sql_cannot_dismiss_oneself_revive_or_rewrite_an_appointment(administrator):
    person, reviewer = make.person(Role.AUDITOR), make.person(Role.CAPACITY_REVIEWER)
    ending = "UPDATE users_roleassignment SET ended_at = now(), ended_by_id = %s WHERE user_id = %s"
    assert "nobody_dismisses_self" in refused(ending, administrator.pk, administrator.pk)
    assert "only an administrator dismisses" in refused(ending, reviewer.pk, person.pk)
    end(administrator, person, Role.AUDITOR, at=now() + timedelta(seconds=1))
    assert "ended_stays_ended" in refused(
        "UPDATE users_roleassignment SET ended_at = NULL WHERE user_id = %s", person.pk
    )
    for change in ("role = 'administrator'", "regions = '{}'", "user_id = 1", "assigned_by_id = NULL"):
        assert "permission denied" in refused(f"UPDATE users_roleassignment SET {change}")
    assert "permission denied" in refused("DELETE FROM users_roleassignment")
    assert "permission denied" in refused("DELETE FROM users_user")


def test_raw_sql_cannot_reopen_or_redirect_an_invitation(administrator):
    invited = invite(administrator)
    person = accept(invited.token)
    assert "closed_stays_closed" in refused("UPDATE users_invitation SET accepted_at = NULL, accepted_by_id = NULL")
    assert "permission denied" in refused("UPDATE users_invitation SET roles = '{administrator}'")
    other = invite(administrator, email="other@vorrang.example").invitation
    accepting = "UPDATE users_invitation SET accepted_at = now(), accepted_by_id = %s WHERE id = %s"
    assert "nobody_accepts_own_invitation" in refused(accepting, administrator.pk, other.pk)
    both = "UPDATE users_invitation SET accepted_at = now(), accepted_by_id = %s, withdrawn_at = now() WHERE id = %s"
    assert "invitation_is_accepted_or_withdrawn" in refused(both, person.pk, other.pk)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_dismiss_each_other_leave_one():
    for _round in range(5):
        first, second = make.person(Role.ADMINISTRATOR), make.person(Role.ADMINISTRATOR)
        outcomes: list[str] = []
        start = threading.Barrier(2)

        def dismiss(by: User, whom: User, start=start, outcomes=outcomes) -> None:
            try:
                actor = make.actor(by)
                held = RoleAssignment.objects.get(user=whom, role=Role.ADMINISTRATOR, ended_at=None)
                start.wait()
                end_role(actor=actor, person_id=whom.public_id, assignment_id=held.public_id, at=now())
                outcomes.append("done")
            except Refusal as refusal:
                outcomes.append(refusal.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=dismiss, args=pair) for pair in ((first, second), (second, first))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["done", "needs_role"]
        left = RoleAssignment.objects.filter(user__in=[first, second], role=Role.ADMINISTRATOR, ended_at=None)
        assert left.count() == 1
        RoleAssignment.objects.filter(ended_at=None).update(ended_at=now())


def test_who_left_holds_nothing_and_gets_nothing(administrator):
    person = make.person(Role.AUDITOR)
    user_leaves(actor=make.actor(administrator), person_id=person.public_id, successor_id=None, at=now())
    with pytest.raises(HasLeft):
        assign(administrator, person, Role.AUDITOR)
    assert not make.actor(User.objects.get(pk=person.pk)).is_somebody
