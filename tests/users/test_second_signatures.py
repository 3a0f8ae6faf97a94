"""Whose turn it is: who is on duty, the deputy after half an hour, everybody after an hour; read, never sent."""

from datetime import timedelta

import pytest

from tests import make
from users.actions.plan_duty import plan_duty
from users.queries import on_duty
from users.roles import Role
from users.second_signatures import Asked, whose_turn

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
