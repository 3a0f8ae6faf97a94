"""Lifting is proposed when its condition has held long enough, once, and done by people alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.levers.actions.keep_pulled import NothingToAnswer, SayWhy, keep_pulled
from capacity.levers.actions.propose_lifts import propose_lifts
from capacity.levers.actions.propose_step import propose_step
from capacity.levers.lifting import MARGIN_PERMILLE, Condition, Facts, headroom, judge
from capacity.levers.models import LiftProposal
from capacity.levers.wording import grounds_text
from journal.models import Entry
from kit.refusal import NotAllowed
from tests import make
from tests.capacity.desk.test_today import titles
from tests.sql import refused
from users.roles import Role

DAY = timedelta(days=1)
T0 = datetime(2020, 3, 26, 12, tzinfo=UTC)
HEADROOM = Condition("headroom", permille=200, days=3)


def walk(condition, course, **facts):
    """The verdicts of one look a day at these headrooms."""
    since, verdicts = None, []
    for number, permille in enumerate(course):
        seen = judge(condition, Facts(permille, **{"is_normal": False, **facts}), holds_since=since, refused_at=None,
                     at=T0 + number * DAY)  # fmt: skip
        since = seen.holds_since
        verdicts.append(seen.is_due)
    return verdicts


# --- the pure core -----------------------------------------------------------------------------------


def test_headroom_must_hold_for_its_days_and_may_tremble_but_not_fall():
    assert walk(HEADROOM, [200, 200, 200, 200]) == [False, False, False, True]
    assert walk(HEADROOM, [200, 181, 185, 180]) == [False, False, False, True]
    assert walk(HEADROOM, [199] * 6) == [False] * 6
    assert walk(HEADROOM, [200, 200, 179, 199, 200, 200, 200, 200]) == [False] * 7 + [True]
    assert walk(HEADROOM, [200, None, 200, 200, 200]) == [False] * 5
    assert walk(HEADROOM, [200, 200, 200, 200, 179]) == [False, False, False, True, False]


def test_a_condition_a_day_and_an_end_are_seen():
    normal = Condition("condition", days=2)
    assert walk(normal, [None] * 3, is_normal=True) == [False, False, True]
    assert walk(Condition("date", day=date(2020, 3, 28)), [None] * 4) == [False, False, True, True]
    assert walk(Condition("judgment", ends_date=date(2020, 3, 27)), [None] * 2) == [False, True]
    assert walk(Condition("judgment"), [1000] * 3, is_normal=True) == [False] * 3


def test_what_the_lever_itself_releases_is_no_headroom():
    assert headroom(1240, 240, 1000) == 0
    assert headroom(1000, 0, 700) == 300
    assert headroom(240, 240, 0) is None
    assert headroom(1000, 500, 600) == -200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.none() | st.integers(-200, 1000), max_size=8), st.integers(1, 1000), st.integers(1, 4))
def test_it_is_never_due_without_that_many_days_at_or_near_the_mark(course, mark, days):
    for number, due in enumerate(walk(Condition("headroom", permille=mark, days=days), course)):
        if due:
            held = course[number - days : number + 1]
            assert len(held) == days + 1
            assert all(permille is not None and permille >= mark - MARGIN_PERMILLE for permille in held)


# --- the cycle ---------------------------------------------------------------------------------------


@pytest.fixture
def lever(db):
    make.pool("westeurope", powered_on=1000)
    return make.pulled_lever(lift_days=2)


def looks(days, start=0):
    return [bool(propose_lifts(at=make.NOW + number * DAY)) for number in range(start, start + days)]


def test_it_is_proposed_once_under_today_and_nothing_is_lifted(lever):
    operator = make.acting(Role.REGION_OPERATOR)
    assert looks(5) == [False, False, True, False, False]
    lever.refresh_from_db()
    assert lever.state == "paused"
    assert Entry.objects.filter(action="lever.lift_proposed").get().after["why"] == "headroom"
    title = "Levers whose condition holds: lift them, or say why not yet"
    assert titles(operator)[title] == ["Free offers · Westeurope"]
    assert titles(make.acting(Role.REGION_OPERATOR, regions=["eastus"]))[title] == []
    assert "Headroom is 100" in grounds_text(LiftProposal.objects.get().grounds)
    propose_step(actor=operator, lever_id=lever.public_id, direction="lift", at=make.NOW + 5 * DAY)
    assert LiftProposal.objects.get().state == "taken"
    assert make.signed(lever, at=make.NOW + 5 * DAY).state == "restored"
    assert looks(5, start=6) == [False] * 5


def test_its_own_release_does_not_lift_it(lever):
    pool = make.pool("westeurope", powered_on=1000)
    make.promised(pool, 850)
    make.released(lever, 400, at=make.NOW)
    assert looks(4) == [False] * 4


def test_a_proposal_whose_condition_breaks_lapses_and_comes_back_after_its_days(lever):
    assert looks(3) == [False, False, True]
    pool = make.pool("westeurope", powered_on=1000)
    make.promised(pool, 830)
    assert looks(2, start=3) == [False, False]
    assert LiftProposal.objects.get().state == "lapsed"
    assert Entry.objects.filter(action="lever.lift_lapsed").exists()
    make.pool("westeurope", powered_on=3000)
    assert looks(4, start=5) == [False, False, True, False]


def test_who_keeps_it_pulled_says_why_and_it_is_quiet_until_the_days_are_over_again(lever, visit):
    operator, at = make.acting(Role.REGION_OPERATOR), make.NOW + 2 * DAY
    with pytest.raises(NothingToAnswer):
        keep_pulled(actor=operator, lever_id=lever.public_id, reason="Not yet", at=at)
    assert looks(3) == [False, False, True]
    page = f"/levers/{lever.public_id}/"
    assert "Lifting is proposed." in visit(page, as_=make.person(Role.REGION_OPERATOR), queries=12).content.decode()
    with pytest.raises(SayWhy):
        keep_pulled(actor=operator, lever_id=lever.public_id, reason=" ", at=at)
    with pytest.raises(NotAllowed):
        keep_pulled(actor=make.acting(Role.DUTY_MANAGER), lever_id=lever.public_id, reason="No", at=at)
    person = make.person(Role.REGION_OPERATOR)
    assert visit(f"{page}keep/", as_=person, method="post", data={"reason": ""}).status_code == 400
    assert visit(f"{page}keep/", as_=person, method="post", data={"reason": "The weekend"}).status_code == 302
    answer = LiftProposal.objects.get()
    assert (answer.state, answer.answer) == ("refused", "The weekend")


def test_raw_sql_keeps_one_open_proposal_and_its_answer(lever):
    assert looks(3)[-1]
    again = (
        "INSERT INTO capacity_liftproposal (public_id, row_version, lever_id, state, grounds, proposed_at, answer)"
        " SELECT gen_random_uuid(), 1, lever_id, 'open', grounds, proposed_at, '' FROM capacity_liftproposal"
    )
    assert "one_open_lift_proposal" in refused(again)
    assert "lift_is_answered_by_somebody" in refused("UPDATE capacity_liftproposal SET state = 'taken'")
    assert "permission denied" in refused("UPDATE capacity_liftproposal SET grounds = '{}'")
