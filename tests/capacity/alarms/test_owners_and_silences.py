"""An alarm has an owner who can change, and a silence that ends by the clock; the database holds both."""

from datetime import timedelta
from uuid import UUID

import pytest

from capacity.alarms.access import NotYours, alarms_waiting_for
from capacity.alarms.actions.acknowledge_alarm import acknowledge_alarm
from capacity.alarms.actions.each_alarm import each_alarm
from capacity.alarms.actions.silence_alarm import BadSilence, NotSilent, SilentAlready, end_silence, silence_alarm
from capacity.alarms.actions.take_over_alarm import CannotOwnAlarm, HasItAlready, hand_over_alarm, take_over_alarm
from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import Alarm, AlarmKind
from journal.models import Entry
from tests import make, sql
from users.access import NeedsRole
from users.models import RoleAssignment
from users.roles import Role

pytestmark = pytest.mark.django_db

AT = make.NOW
WEEK = timedelta(days=7)


@pytest.fixture
def alarm(db) -> Alarm:
    region = make.region("westeurope")
    values = {"above_permille": 300, "since": "2020-03-20", "proposal": "watch", "names": {}}
    keep_alarms(AlarmKind.USAGE_SURGE, {(region.pk, "vcpu"): values}, region_ids=[region.pk], at=AT)
    return Alarm.objects.get()


def test_an_alarm_changes_hands_and_the_journal_tells_who_gave_it_to_whom(alarm):
    first, second = make.person(Role.REGION_OPERATOR), make.person(Role.REGION_OPERATOR)
    duty, elsewhere = make.person(Role.DUTY_MANAGER), make.person(Role.REGION_OPERATOR, regions=["eastus"])
    key = alarm.public_id
    assert acknowledge_alarm(actor=make.actor(first), alarm_id=key, at=AT).owner_id == first.pk
    assert take_over_alarm(actor=make.actor(second), alarm_id=key, at=AT).owner_id == second.pk
    with pytest.raises(HasItAlready):
        take_over_alarm(actor=make.actor(second), alarm_id=key, at=AT)
    with pytest.raises(NotYours):
        hand_over_alarm(actor=make.actor(first), alarm_id=key, to=duty.public_id, at=AT)
    for somebody in (elsewhere, make.person(Role.CAPACITY_REVIEWER), make.person()):
        with pytest.raises(CannotOwnAlarm):
            hand_over_alarm(actor=make.actor(second), alarm_id=key, to=somebody.public_id, at=AT)
    hand_over_alarm(actor=make.actor(second), alarm_id=key, to=first.public_id, reason="My shift is over.", at=AT)
    # A duty manager gives away what is anybody's.
    handed = hand_over_alarm(actor=make.actor(duty), alarm_id=key, to=second.public_id, at=AT)
    assert (handed.owner_id, handed.acknowledged_by_id) == (second.pk, first.pk)
    told = Entry.objects.filter(subject_id=str(key)).order_by("pk").values_list("action", "reason")
    assert list(told) == [
        ("alarm.raised", ""),
        ("alarm.acknowledged", ""),
        ("alarm.taken_over", ""),
        ("alarm.handed_over", "My shift is over."),
        ("alarm.handed_over", ""),
    ]
    assert Entry.objects.get(action="alarm.taken_over").after["owner"] == str(second.public_id)
    with pytest.raises(NeedsRole):
        take_over_alarm(actor=make.acting(Role.CAPACITY_REVIEWER), alarm_id=key, at=AT)


def test_what_waits_is_ones_own_or_nobodys_and_a_leavers_alarms_are_nobodys(alarm):
    mine, other = make.person(Role.REGION_OPERATOR), make.actor(make.person(Role.DUTY_MANAGER))
    acknowledge_alarm(actor=make.actor(mine), alarm_id=alarm.public_id, at=AT)
    assert alarms_waiting_for(make.actor(mine), AT).exists()
    assert not alarms_waiting_for(other, AT).exists()
    mine.is_active = False
    mine.save(update_fields=["is_active"])
    assert alarms_waiting_for(other, AT).exists()


@pytest.mark.parametrize("left", ["role", "region"])
def test_the_alarms_of_one_who_may_no_longer_act_there_are_nobodys(alarm, visit, left):
    was, other = make.person(Role.REGION_OPERATOR), make.person(Role.DUTY_MANAGER)
    acknowledge_alarm(actor=make.actor(was), alarm_id=alarm.public_id, at=AT)
    sql.run("UPDATE users_roleassignment SET ended_at = now() WHERE user_id = %s", was.pk)
    if left == "region":
        RoleAssignment.objects.create(user=was, role=Role.REGION_OPERATOR, regions=["eastus"], started_at=AT)
    assert alarms_waiting_for(make.actor(other), AT).exists()
    assert str(alarm.public_id) in visit("/alarms/?whose=nobody", as_=other).content.decode()


def test_alarms_are_acted_on_in_the_order_of_their_keys(alarm):
    keep_alarms(AlarmKind.DEFICIT, {(alarm.region_id, "vcpu"): {}}, region_ids=[alarm.region_id], at=AT)
    first, second, hidden = UUID(int=3), UUID(int=2), UUID(int=1)
    for one, key in zip(Alarm.objects.order_by("pk"), (first, second), strict=True):
        Alarm.objects.filter(pk=one.pk).update(public_id=key)
    acted = []
    each_alarm(make.acting(Role.REGION_OPERATOR), [hidden, second, first], acted.append)
    assert acted == [first, second, hidden]


def test_a_silence_ends_by_the_clock_and_nothing_has_to_happen_for_it(alarm):
    operator = make.acting(Role.REGION_OPERATOR)
    until = AT + timedelta(hours=4)
    silenced = silence_alarm(actor=operator, alarm_id=alarm.public_id, until=until, reason="Known.", at=AT)
    assert silenced.ended_at is None
    waits = [alarms_waiting_for(operator, AT + timedelta(hours=hours)).exists() for hours in (0, 3, 4, 9)]
    assert waits == [False, False, True, True]
    with pytest.raises(SilentAlready):
        silence_alarm(actor=operator, alarm_id=alarm.public_id, until=until, reason="Again.", at=AT)
    end_silence(actor=operator, alarm_id=alarm.public_id, at=AT + timedelta(hours=1))
    assert alarms_waiting_for(operator, AT + timedelta(hours=1)).exists()
    with pytest.raises(NotSilent):
        end_silence(actor=operator, alarm_id=alarm.public_id, at=AT + timedelta(hours=2))
    entries = Entry.objects.filter(action__startswith="alarm.silence").order_by("pk").values_list("action", "reason")
    assert list(entries) == [("alarm.silenced", "Known."), ("alarm.silence_ended", "")]
    for length, reason in ((WEEK + timedelta(seconds=1), "x"), (timedelta(0), "x"), (WEEK, "  ")):
        with pytest.raises(BadSilence):
            silence_alarm(actor=operator, alarm_id=alarm.public_id, until=AT + length, reason=reason, at=AT)
    assert silence_alarm(actor=operator, alarm_id=alarm.public_id, until=AT + WEEK, reason="x", at=AT).is_silent(AT)


def test_the_database_refuses_what_the_acts_refuse(alarm):
    owner = make.person(Role.REGION_OPERATOR)
    outsider = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    taken = "UPDATE capacity_alarm SET owner_id = %s, acknowledged_by_id = %s, acknowledged_at = now()"
    assert "may not take up" in sql.refused(taken, outsider.pk, outsider.pk)
    assert "alarm_taken_up_has_an_owner" in sql.refused("UPDATE capacity_alarm SET owner_id = %s", owner.pk)
    silent = (
        "UPDATE capacity_alarm SET silenced_by_id = %s, silenced_at = now(),"
        " silenced_until = now() + %s::interval, silence_reason = %s"
    )
    for length, reason in (("8 days", "x"), ("0 s", "x"), ("1 day", "")):
        assert "silence_has_reason_and_end" in sql.refused(silent, owner.pk, length, reason)
    assert "Cannot update" in sql.refused("UPDATE capacity_alarm SET subject = 'gpu'")
    assert "permission denied" in sql.refused("DELETE FROM capacity_alarm")
    sql.run(taken, owner.pk, owner.pk)
    sql.run(silent, owner.pk, "7 days", "x")
