"""Whose turn it is: who is on duty, the deputy after half an hour, everybody after an hour; each is asked once."""

from datetime import timedelta

import pytest

from capacity.desk.today import sections
from capacity.review.actions.approve_request import approve_request
from journal.models import Entry
from kit.clock import now
from priorities.models import Override
from tests import make
from tests.mail import REFUSES_UNKNOWN, UNKNOWN
from tests.sql import refused
from users.actions.ask_for_signatures import ask_for_signatures
from users.actions.plan_duty import plan_duty
from users.models import Asked, RoleAssignment, SignatureCall, User
from users.queries import on_duty
from users.roles import Role
from users.second_signatures import whose_turn

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rota():
    holder, deputy = make.person(Role.DUTY_MANAGER, name="Anna"), make.person(Role.DUTY_MANAGER, name="Ben")
    plan_duty(
        actor=make.acting(Role.ADMINISTRATOR), holder_id=holder.public_id, deputy_id=deputy.public_id,
        starts_at=make.NOW, ends_at=make.NOW + timedelta(hours=8), at=make.NOW,
    )  # fmt: skip
    return holder, deputy


def turn(at, not_by=()):
    return whose_turn(on_duty(at), asked_at=make.NOW, not_by=not_by, at=at)


def test_it_goes_from_who_is_on_duty_to_the_deputy_and_to_everybody(rota):
    holder, deputy = rota
    half, hour = make.NOW + 30 * MINUTE, make.NOW + 60 * MINUTE
    for at, asked, people, next_at in (
        (make.NOW, Asked.HOLDER, (holder,), half),
        (half - timedelta(microseconds=1), Asked.HOLDER, (holder,), half),
        (half, Asked.DEPUTY, (holder, deputy), hour),
        (hour, Asked.EVERYBODY, (), None),
    ):
        found = turn(at)
        assert (found.asked, found.people, found.next_at) == (asked, people, next_at)


def test_nobody_waits_for_who_may_not_sign(rota):
    holder, deputy = rota
    assert turn(make.NOW, not_by=(holder.pk,)).people == (deputy,)
    assert turn(make.NOW + 30 * MINUTE, not_by=(holder.pk,)).asked is Asked.EVERYBODY
    assert turn(make.NOW, not_by=(holder.pk, deputy.pk)).asked is Asked.EVERYBODY


def test_without_anybody_on_duty_everybody_is_asked(rota):
    late = make.NOW + timedelta(hours=8)
    found = whose_turn(on_duty(late), asked_at=late, not_by=(), at=late)
    assert (found.asked, found.is_with(make.person(Role.DUTY_MANAGER).pk)) == (Asked.EVERYBODY, True)


# --- asking -------------------------------------------------------------------------------------------------


def wanting(*people):
    User.objects.filter(pk__in=[person.pk for person in people]).update(
        notify=[User.Topic.SECOND_SIGNATURE], language="en", time_zone="Europe/Berlin"
    )


def told():
    return [
        (entry.after["asked"], entry.after["mailed"])
        for entry in Entry.objects.filter(action="signature.asked").order_by("pk")
    ]


def test_each_is_asked_once_in_turn_by_letter_where_they_want_one(rota, mailoutbox):
    holder, deputy = rota
    third = make.person(Role.DUTY_MANAGER, name="Cem")
    elsewhere = make.person(Role.DUTY_MANAGER, name="Dora", regions=["northeurope"])
    wanting(holder, deputy, elsewhere)
    request = make.request(at=make.NOW)
    make.use_override(request)
    half, hour = make.NOW + 30 * MINUTE, make.NOW + 60 * MINUTE
    for at, people in (
        (make.NOW, [holder]), (half - timedelta(microseconds=1), []), (half, [deputy]), (half, []), (hour, [third]),
        (hour + 600 * MINUTE, []),
    ):  # fmt: skip
        before = set(SignatureCall.objects.values_list("pk", flat=True))
        assert ask_for_signatures(at=at) == len(people)
        assert [call.person for call in SignatureCall.objects.exclude(pk__in=before)] == people, at
    assert [letter.to for letter in mailoutbox] == [[holder.email], [deputy.email]], "the third wants no letters"
    assert "you are the deputy of who is on duty" in mailoutbox[1].body
    assert Override.objects.get().label in mailoutbox[1].body
    assert told() == [("holder", 1), ("deputy", 1), ("everybody", 0)]
    assert "permission denied" in refused("UPDATE users_signaturecall SET is_mailed = true")
    assert "signature_asked_once" in refused(
        "INSERT INTO users_signaturecall (subject_type, subject_id, asked_at, asked, is_mailed, at, person_id)"
        " SELECT subject_type, subject_id, asked_at, asked, is_mailed, at, person_id FROM users_signaturecall"
    )
    assert not SignatureCall.objects.filter(person=elsewhere).exists(), "whose reach does not hold the region"


def test_whatever_waits_is_asked_for_and_nobody_for_their_own(rota, mailoutbox):
    holder, deputy = rota
    wanting(holder, deputy)
    make.pool(powered_on=100)
    big = make.request(quantity=20, confirmed=True)
    approve_request(
        actor=make.acting(Role.CAPACITY_REVIEWER), request_id=big.public_id, region_code="westeurope", at=make.NOW
    )
    region = make.declared("westeurope", "constrained", confirmed=False).region
    version = make.proposed_policy()
    own = make.override(make.request(), by=make.actor(holder))
    lever, campaign, plan = make.lever(), make.campaign(), make.response_plan(active=False)
    make.campaign(ends_date=make.NOW.date(), at=make.NOW - timedelta(days=9))  # over, and never live
    assert ask_for_signatures(at=make.NOW) == 2
    by_holder, by_deputy = (
        {call.subject_id for call in SignatureCall.objects.filter(person=person)} for person in (holder, deputy)
    )
    assert by_holder == {row.public_id for row in (big, region, version, lever, campaign, plan)}
    assert by_deputy == {own.public_id}, "the next is asked in place of the proposer"
    first, second = sorted(mailoutbox, key=lambda letter: letter.to != [holder.email])
    assert (first.subject, first.body.count("you are on duty")) == ("6 second signatures are asked of you", 6)
    assert second.subject == "A second signature is asked of you"


def test_a_letter_that_cannot_be_sent_is_sent_in_the_next_cycle(rota, mailoutbox, monkeypatch):
    holder, _deputy = rota
    wanting(holder)
    make.override(make.request())

    def broken(*_arguments):
        raise OSError("no mail server")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no mail server"):
        patch.setattr("users.letters.send_mail", broken)
        ask_for_signatures(at=make.NOW)
    assert not SignatureCall.objects.exists()
    assert ask_for_signatures(at=make.NOW) == 1
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("gone", [False, True])
def test_who_may_not_sign_in_the_region_is_passed_over_on_pages_too(gone):
    holder = make.person(Role.DUTY_MANAGER, name="Anna", regions=[] if gone else ["northeurope"])
    deputy = make.person(Role.DUTY_MANAGER, name="Ben", regions=["westeurope"])
    administrator = make.person(Role.ADMINISTRATOR)
    plan_duty(
        actor=make.actor(administrator), holder_id=holder.public_id, deputy_id=deputy.public_id,
        starts_at=make.NOW, ends_at=make.NOW + timedelta(hours=8), at=make.NOW,
    )  # fmt: skip
    if gone:
        RoleAssignment.objects.filter(user=holder).update(ended_at=make.NOW, ended_by=administrator)
    make.use_override(make.request(at=make.NOW))
    assert ask_for_signatures(at=make.NOW) == 1
    assert SignatureCall.objects.get().person == deputy
    notes = [str(line.note) for one in sections(make.actor(deputy), make.NOW) for line in one.lines]
    assert any("waits for Ben" in note for note in notes)


def test_an_address_that_is_refused_keeps_no_other_letter(rota, settings, mailoutbox):
    settings.EMAIL_BACKEND = REFUSES_UNKNOWN
    holder, deputy = rota
    User.objects.filter(pk=holder.pk).update(email=UNKNOWN)
    wanting(holder, deputy)
    make.override(make.request())
    make.override(make.request(), by=make.actor(holder))
    assert ask_for_signatures(at=make.NOW) == 2
    assert [letter.to for letter in mailoutbox] == [[deputy.email]]
    assert sorted(told()) == [("deputy", 1), ("holder", 0)]
    assert ask_for_signatures(at=make.NOW) == 0, "nothing is sent again"


def test_the_page_says_who_was_asked(visit):
    manager, at = make.person(Role.DUTY_MANAGER, name="Anna"), now()
    override = make.override(make.request(at=at), at=at)
    ask_for_signatures(at=at)
    page = visit(f"/overrides/{override.public_id}/", as_=manager, queries=12).content.decode()
    assert "Asked so far:" in page
    assert "Second signature asked for" in page, "the journal's words"
