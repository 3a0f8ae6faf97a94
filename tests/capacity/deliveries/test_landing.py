"""When a delivery lands, given who is free to install it: properties over any rosters, and the figures by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.deliveries.landing import MOST_DAYS, landing

TODAY = date(2020, 4, 1)
DUE = TODAY + timedelta(days=10)


def spare(hours: float, days: int = 14) -> dict[date, float]:
    return {TODAY + timedelta(days=ahead): hours for ahead in range(days)}


rosters = st.dictionaries(
    st.integers(0, 13).map(lambda ahead: TODAY + timedelta(days=ahead)), st.integers(0, 200).map(float), min_size=1
)
dues = st.integers(-5, 60).map(lambda ahead: TODAY + timedelta(days=ahead))
works = st.integers(1, 3_000)


@given(rosters, dues, works, st.data())
def test_more_crew_never_lands_later_and_nothing_lands_early(roster, due, hours, data):
    more = dict(roster)
    more[data.draw(st.sampled_from(sorted(roster)))] += data.draw(st.integers(1, 100))
    one, two = (landing(due=due, today=TODAY, spare=given, planned_hours=hours) for given in (roster, more))
    assert (two.expected or date.max) <= (one.expected or date.max)
    assert all(found.expected is None or found.expected >= max(due, TODAY) for found in (one, two))
    for found in (one, two):
        assert 0 <= found.share <= 1
        if found.share == 1:
            assert found.expected == max(due, TODAY)
        if found.share == 0:
            assert found.expected is None


@pytest.mark.parametrize(
    ("hours", "planned", "days"),
    [
        (24, 192, 10),  # 10 days of 24 hours, 0.8 of them usable: exactly enough
        (24, 384, 20),  # half of it: twice as long
        (24, 200, 11),  # a part of a day is a day
        (0, 1, None),
        (1, MOST_DAYS * 10, None),  # no date that anybody can plan with
    ],
)
def test_days_stretch_as_the_design_says(hours, planned, days):
    found = landing(due=DUE, today=TODAY, spare=spare(hours), planned_hours=planned)
    assert found.expected == (None if days is None else TODAY + timedelta(days=days))


def test_without_a_roster_the_due_date_stands_and_what_is_overdue_lands_today_at_the_earliest():
    found = landing(due=DUE, today=TODAY, spare={}, planned_hours=900)
    assert (found.expected, found.share, found.spare_hours) == (DUE, 1.0, None)
    late = landing(due=TODAY - timedelta(days=3), today=TODAY, spare=spare(24), planned_hours=19)
    assert late.expected == TODAY
    assert landing(due=DUE, today=TODAY, spare=spare(24, days=2), planned_hours=192).expected == DUE
    with pytest.raises(ValueError, match="negative"):
        landing(due=DUE, today=TODAY, spare=spare(24), planned_hours=-1)
