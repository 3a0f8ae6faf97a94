"""Shifts have twelve hours, in the datacenter's own time, and a report lasts until its successor was due."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.staffing import shifts

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2020, 3, 26)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (4, (date(2020, 3, 25), "night")),  # 05:59 in Berlin
        (5, (DAY, "day")),
        (16, (DAY, "day")),
        (17, (DAY, "night")),
    ],
)
def test_the_shift_that_is_on_follows_local_time(hour, expected):
    minute = 59 if hour in (4, 16) else 0
    assert shifts.current(datetime(2020, 3, 26, hour, minute, tzinfo=UTC), BERLIN) == expected


def test_a_night_in_which_clocks_change_is_an_hour_shorter():
    begun = shifts.starts_at(date(2020, 3, 28), "night", BERLIN)
    ended = shifts.starts_at(date(2020, 3, 29), "day", BERLIN)
    assert (ended - begun).total_seconds() == 11 * 3600


def test_a_report_is_fresh_until_half_an_hour_into_the_next_shift_of_its_role():
    both = shifts.fresh_until(DAY, "day", {"day", "night"}, BERLIN)
    assert both == datetime(2020, 3, 26, 18, 30, tzinfo=BERLIN)
    by_day = shifts.fresh_until(DAY, "day", {"day"}, BERLIN)
    assert by_day == datetime(2020, 3, 27, 6, 30, tzinfo=BERLIN)


@given(
    st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Phoenix", "Australia/Sydney", "Asia/Kolkata"]),
)
def test_the_current_shift_has_begun_and_the_next_has_not(at, zone):
    zone = ZoneInfo(zone)
    on = shifts.current(at, zone)
    assert shifts.starts_at(*on, zone) <= at < shifts.starts_at(*shifts.following(*on), zone)
