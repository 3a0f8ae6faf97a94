"""A shift that nobody reports is late half an hour after it began, and its operators are told once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from capacity.desk.today import sections
from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.actions.remind_of_shifts import plan_shift_reminders, remind_of_shifts
from capacity.staffing.hearing import heard_now, late_ones, late_shift, shift_key
from capacity.staffing.models import ShiftReminder
from capacity.staffing.tasks import remind
from capacity.watch.actions.refresh_staffing import refresh_staffing
from journal.models import Entry
from tests import make
from tests.mail import REFUSES_UNKNOWN, UNKNOWN
from users.models import User
from users.roles import Role

# The night of make.NOW's day begins at 18:00, UTC.
DUE = make.NOW.replace(hour=18, minute=30)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Auckland")


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2021, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    worked=st.sets(st.sampled_from(shifts.SHIFTS)),
)
def test_a_shift_is_late_from_half_an_hour_after_its_begin_until_it_is_reported(at, zone, worked):
    day, shift = shifts.current(at, zone)
    late = late_shift(worked, (), zone, at)
    is_due = at - shifts.starts_at(day, shift, zone) >= timedelta(minutes=30)
    assert (late is not None) == (is_due and shift in worked)
    assert late is None or (late.date, late.shift) == (day, shift)
    assert late_shift(worked, {shift_key(day, shift)}, zone, at) is None


@pytest.fixture
def datacenter(db) -> Datacenter:
    """It reported the day; another one never reported anything."""
    make.region("westeurope")
    make.region("eastus")
    found = Datacenter.objects.select_related("region").get(code="westeurope-1")
    make.shift_reported(found)
    return found


def operator(**fields) -> User:
    return make.person(Role.REGION_OPERATOR, notify=[User.Topic.SHIFTS], **fields)


def late(at) -> list[str]:
    return [place.code for place, _shift in late_ones(heard_now(Datacenter.objects.all(), at))]


def test_operators_of_the_region_are_told_once_and_today_shows_it(datacenter, visit):
    reader, german = operator(), operator(language="de", regions=["westeurope"])
    operator(regions=["eastus"])
    make.person(Role.REGION_OPERATOR)
    assert (late(DUE - timedelta(minutes=1)), late(DUE)) == ([], ["westeurope-1"])
    assert plan_shift_reminders(at=DUE - timedelta(minutes=1)) == 0
    assert (plan_shift_reminders(at=DUE), plan_shift_reminders(at=DUE)) == (1, 0)
    assert (remind_of_shifts(at=DUE), remind_of_shifts(at=DUE)) == (1, 0)
    assert plan_shift_reminders(at=DUE + timedelta(hours=2)) == 0
    assert [message.to for message in mail.outbox] == [[reader.email], [german.email]]
    assert mail.outbox[0].subject == "A shift was not reported"
    assert "March 26, 2020, Night (18–06)" in mail.outbox[0].body
    assert mail.outbox[1].subject == "Eine Schicht ist nicht gemeldet"
    assert ShiftReminder.objects.get().told == 2
    assert Entry.objects.get(action="shift.reminded").after["told"] == 2
    (shown,) = [one for one in sections(make.actor(reader), DUE) if one.title.startswith("Shifts that nobody")]
    assert [(line.label, line.href) for line in shown.lines] == [
        ("Westeurope · westeurope-1", reverse("staffing:report", args=["westeurope-1"]))
    ]

    make.shift_reported(datacenter, at=DUE + timedelta(minutes=5))
    assert late(DUE + timedelta(minutes=6)) == []


def test_an_address_that_is_refused_is_not_told_and_keeps_no_other_letter(datacenter, settings):
    settings.EMAIL_BACKEND = REFUSES_UNKNOWN
    operator(email=UNKNOWN)
    reader = operator()
    plan_shift_reminders(at=DUE)
    assert (remind_of_shifts(at=DUE), remind_of_shifts(at=DUE)) == (1, 0)
    assert [message.to for message in mail.outbox] == [[reader.email]]
    assert ShiftReminder.objects.get().told == 1


def test_who_reports_before_the_letter_leaves_is_not_reminded_nor_is_anybody_of_a_shift_that_is_over(datacenter):
    operator()
    plan_shift_reminders(at=DUE)
    make.shift_reported(datacenter, at=DUE + timedelta(seconds=20))
    assert remind_of_shifts(at=DUE + timedelta(seconds=30)) == 1
    tomorrow = DUE + timedelta(hours=12)
    plan_shift_reminders(at=tomorrow)
    assert remind_of_shifts(at=tomorrow + timedelta(hours=12)) == 1
    assert mail.outbox == []
    assert set(ShiftReminder.objects.values_list("told", flat=True)) == {0}


def test_the_task_looks_and_reminds(datacenter, clock_at):
    operator()
    clock_at(DUE)
    assert (remind(), remind()) == (1, 0)
    assert len(mail.outbox) == 1


def test_a_shift_is_reminded_of_once_whatever_is_written(datacenter):
    plan_shift_reminders(at=DUE)
    again = "INSERT INTO capacity_shiftreminder (datacenter_id, date, shift, due_at, told) SELECT"
    for refused, wrong in (
        (IntegrityError, f"{again} datacenter_id, date, shift, due_at, 0 FROM capacity_shiftreminder"),
        (IntegrityError, "UPDATE capacity_shiftreminder SET sent_at = due_at - interval '1 second'"),
        (ProgrammingError, "DELETE FROM capacity_shiftreminder"),
        (ProgrammingError, "UPDATE capacity_shiftreminder SET due_at = due_at + interval '1 hour'"),
    ):
        with pytest.raises(refused), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(wrong)


def test_never_heard_of_is_never_late(datacenter):
    refresh_staffing(at=DUE + timedelta(days=3))
    assert late(DUE + timedelta(days=3)) == ["westeurope-1"]
