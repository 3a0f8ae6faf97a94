"""Who will come and what a crew can repair: the design's worked figures, and what must hold of any figures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.staffing.presence import (
    DayOutlook,
    Observed,
    Papers,
    Planned,
    day_outlook,
    people_with_papers,
    place_people,
    presence_of,
    reaches,
    standing_ahead,
)
from capacity.staffing.repair import install_throughput, repair
from capacity.staffing.status import Severity, Standing, Status, with_what_comes

TODAY = date(2020, 3, 26)
EXPIRY = TODAY + timedelta(days=6)

counts = st.integers(0, 8)
shares = st.integers(0, 100).map(lambda percent: percent / 100)


@st.composite
def rosters(draw):
    """The posts of a day: up to three roles in one or two shifts."""
    roles = draw(st.lists(st.sampled_from(["facilities", "network", "security"]), min_size=1, unique=True))
    return [
        Planned(role, shift, draw(st.integers(0, 4)), draw(counts))
        for role in roles
        for shift in draw(st.sampled_from([["day"], ["day", "night"]]))
    ]


def severity(posts, papers=None, presence=None, day=TODAY):
    return day_outlook(day, posts, papers=papers or {}, presence=presence or {}).severity


# --- the probability ---


@pytest.mark.parametrize(
    ("presence", "chance"),
    [(0.95, 0.995), (0.85, 0.969), (0.75, 0.916), (0.60, 0.780)],
)
def test_four_rostered_reach_a_minimum_of_two_as_the_design_says(presence, chance):
    assert reaches(4, 2, presence) == pytest.approx(chance, abs=0.0005)


def test_who_falls_ill_together_is_missing_together():
    assert reaches(4, 2, 0.75, correlation=1e-9) == pytest.approx(0.949, abs=0.0005)
    assert (reaches(1, 2, 0.99), reaches(0, 0, 0.0), reaches(3, 1, 0), reaches(3, 3, 1)) == (0, 1, 0, 1)
    for values in ((-1, 1, 0.9), (1, -1, 0.9), (1, 1, 1.1), (1, 1, 0.9, 0)):
        with pytest.raises(ValueError, match=r"negative|shares"):
            reaches(*values)


@given(counts, counts, shares, shares)
def test_more_people_and_a_better_presence_never_lower_the_probability(people, minimum, one, other):
    worse, better = sorted((one, other))
    assert reaches(people, minimum, worse) <= reaches(people + 1, minimum, worse)
    assert reaches(people, minimum, worse) <= reaches(people, minimum, better)
    assert reaches(people, minimum + 1, worse) <= reaches(people, minimum, worse)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 900), st.integers(0, 900))
def test_more_unplanned_absence_never_raises_presence(unplanned, came, regional, others):
    def presence(here, elsewhere):
        return presence_of(Observed(here, here + came), Observed(here + elsewhere, here + elsewhere + came + others))

    assert presence(unplanned + 1, regional) <= presence(unplanned, regional)
    assert presence(unplanned, regional + 1) <= presence(unplanned, regional)


def test_presence_is_assumed_until_it_is_seen_and_drawn_to_the_region():
    assert presence_of(Observed(), Observed()) == 0.95
    assert presence_of(Observed(), Observed(3000, 10_000)) == pytest.approx(0.70, abs=0.002)
    assert presence_of(Observed(5, 56), Observed(3000, 10_000)) == pytest.approx(0.805, abs=0.002)
    assert presence_of(Observed(250, 1000), Observed(250, 1000)) == pytest.approx(0.76, abs=0.01)


# --- a day ---


@pytest.mark.parametrize(
    ("rostered", "presence", "status"),
    [
        (4, 0.95, Status.GREEN),
        (4, 0.85, Status.AMBER),
        (4, 0.60, Status.RED),
        (2, 0.9999, Status.AMBER),  # nobody above the minimum
        (1, 0.9999, Status.RED),
        (None, 0.95, Status.UNKNOWN),
    ],
)
def test_a_day_is_green_from_ninety_nine_percent_amber_from_ninety(rostered, presence, status):
    other = Planned("security", "day", 0, 3)
    found = day_outlook(
        TODAY, [Planned("network", "day", 2, rostered), other], papers={}, presence={"network": presence}
    )
    assert (found.status, found.severity == Severity.NONE) == (status, status is Status.GREEN)
    if status is not Status.GREEN:
        assert (found.role, found.shift, found.minimum, found.rostered) == ("network", "day", 2, rostered)


def test_a_day_without_roster_is_unknown_and_limits_nothing():
    bare = [Planned("network", "day", 2, None)]
    unknown = day_outlook(TODAY, bare, papers={}, presence={})
    untracked = day_outlook(TODAY, bare, papers={}, presence={}, keeps_rosters=False)
    over = day_outlook(TODAY, [], papers={}, presence={})
    assert (unknown.status, untracked.status, over.status) == (Status.UNKNOWN, Status.NOT_TRACKED, "")
    assert {one.severity for one in (unknown, untracked, over)} == {Severity.NONE}
    assert standing_ahead([unknown, untracked, over]).status is Status.NOT_TRACKED


@given(rosters(), st.data())
def test_more_crew_never_worsens_a_day(posts, data):
    papers = {post.role: [Papers("permit", data.draw(counts), EXPIRY)] for post in posts if data.draw(st.booleans())}
    presence = {post.role: data.draw(shares) for post in posts}
    more = [
        Planned(post.role, post.shift, post.minimum, post.rostered + data.draw(st.integers(0, 3))) for post in posts
    ]
    assert severity(more, papers, presence) <= severity(posts, papers, presence)
    fuller = {
        role: [Papers("permit", papers[role][0].people + data.draw(st.integers(0, 3)), EXPIRY)] for role in papers
    }
    assert severity(posts, fuller, presence) <= severity(posts, papers, presence)
    sicker = {role: share * data.draw(shares) for role, share in presence.items()}
    assert severity(posts, papers, sicker) >= severity(posts, papers, presence)


@given(rosters(), st.integers(0, 8), st.integers(0, 8))
def test_papers_that_expire_on_a_day_change_that_day_and_none_before(posts, expiring, lasting):
    role = posts[0].role
    last = Papers("permit", lasting, EXPIRY + timedelta(days=30))
    with_both, without = {role: [Papers("permit", expiring, EXPIRY), last]}, {role: [last]}
    for ahead in range(9):
        day = TODAY + timedelta(days=ahead)
        full = {role: [Papers("permit", expiring + lasting, EXPIRY + timedelta(days=30))]}
        same_as = without if day >= EXPIRY else full
        assert day_outlook(day, posts, papers=with_both, presence={}) == day_outlook(
            day, posts, papers=same_as, presence={}
        )
        assert severity(posts, with_both, day=day) >= severity(posts, full, day=day)


def test_papers_of_a_kind_add_up_and_every_kind_is_needed():
    papers = [
        Papers("permit", 4, EXPIRY),
        Papers("permit", 2, EXPIRY + timedelta(days=1)),
        Papers("letter", 5, EXPIRY + timedelta(days=9)),
    ]
    days = [EXPIRY - timedelta(days=1), EXPIRY, EXPIRY + timedelta(days=1)]
    assert [people_with_papers(papers, day) for day in days] == [5, 2, 0]
    assert people_with_papers([], TODAY) is None


def test_those_with_papers_are_placed_where_the_minimum_is_least_certain():
    posts = [Planned("network", "day", 2, 5), Planned("network", "night", 2, 3)]
    assert place_people(posts, 6, 0.95) == [3, 3]
    assert place_people(posts, 7, 0.95) == [4, 3]
    assert place_people(posts, 3, 0.95) == [2, 1]
    assert place_people(posts, None, 0.95) == place_people(posts, 99, 0.95) == [5, 3]


# --- the coming days ---


def outlooks(*counted):
    return [
        day_outlook(TODAY + timedelta(days=ahead), [Planned("network", "night", 2, people)], papers={}, presence={})
        for ahead, people in enumerate(counted)
    ]


def test_the_worst_of_the_coming_days_counts_and_its_first_day_is_named():
    standing = standing_ahead(outlooks(5, 2, 1, 0, None))
    assert (standing.status, standing.severity) == (Status.RED, Severity.CLOSED)
    (reason,) = standing.reasons
    assert (reason.code, reason.params["date"], reason.params["rostered"]) == ("roster_is_thin", "2020-03-28", 1)
    assert standing_ahead(outlooks(5, 5)).status is Status.GREEN

    short = Papers("travel", 1, EXPIRY)
    post = Planned("network", "night", 2, 4)
    (reason,) = standing_ahead([day_outlook(TODAY, [post], papers={"network": [short]}, presence={})]).reasons
    assert (reason.code, reason.params["with_papers"], reason.params["percent"]) == ("papers_run_out", 1, 0)
    hole = [Planned("security", "day", 2, 4), Planned("network", "day", 2, None)]
    standing = standing_ahead([day_outlook(TODAY, hole, papers={}, presence={})])
    assert (standing.status, standing.severity) == (Status.UNKNOWN, Severity.WARNING)
    assert [reason.code for reason in standing.reasons] == ["nobody_rostered"]


@given(st.sampled_from(list(Status)), st.sampled_from(list(Severity)), st.lists(st.none() | counts, max_size=5))
def test_an_outlook_only_ever_worsens_what_was_reported_and_silence_is_never_green(status, severity, counted):
    now = Standing(status, severity, ())
    both = with_what_comes(now, standing_ahead(outlooks(*counted)))
    assert both.severity >= severity
    if both.status is Status.GREEN:
        assert status is Status.GREEN
    for outlook, people in zip(outlooks(*counted), counted, strict=True):
        assert people is not None or outlook.status != Status.GREEN
    assert isinstance(both, Standing)


def test_reported_and_expected_warnings_stand_side_by_side():
    now = Standing(Status.AMBER, Severity.WARNING, ())
    ahead = standing_ahead([DayOutlook(TODAY, "amber", Severity.WARNING, "network", "day", 2, 2, 2, 0.97)])
    assert len(with_what_comes(now, ahead).reasons) == 1
    assert with_what_comes(Standing(Status.UNKNOWN, Severity.WARNING, ()), ahead).status is Status.UNKNOWN


# --- repair and installing ---


def test_a_smaller_crew_repairs_slower_until_the_backlog_grows():
    def crew(technicians):
        return repair(tickets_per_day=40_000 / 1_000, hours_each=3, technicians=technicians)

    assert crew(10).hours == pytest.approx(3.0, abs=0.05)
    assert crew(6).hours == pytest.approx(4.8, abs=0.05)
    assert crew(6).out_of_service == pytest.approx(40 / 24 * 4.76, abs=0.02)
    assert (crew(5).is_stable, crew(5).hours, crew(5).out_of_service) == (False, None, None)
    assert crew(4).growth_per_day == pytest.approx(8)
    assert repair(tickets_per_day=0, hours_each=3, technicians=0).out_of_service == 0
    with pytest.raises(ValueError, match="work takes time"):
        repair(tickets_per_day=1, hours_each=0, technicians=1)


@given(st.integers(1, 400), st.integers(1, 48), st.integers(0, 40))
def test_one_technician_more_never_slows_repairs(tickets, hours, technicians):
    fewer, more = (
        repair(tickets_per_day=tickets, hours_each=hours, technicians=count) for count in (technicians, technicians + 1)
    )
    assert more.growth_per_day <= fewer.growth_per_day
    assert more.is_stable or not fewer.is_stable
    if fewer.hours is not None and more.hours is not None:
        assert hours <= more.hours <= fewer.hours * (1 + 1e-12)


def test_installing_gets_what_repairs_leave_of_the_spare_hours():
    assert install_throughput(spare_hours=100, repair_hours=30, planned_hours=100) == pytest.approx(0.5)
    assert install_throughput(spare_hours=100, repair_hours=90, planned_hours=50) == 0
    assert install_throughput(spare_hours=100, repair_hours=0, planned_hours=50) == 1
    assert install_throughput(spare_hours=0, repair_hours=0, planned_hours=0) == 1
    with pytest.raises(ValueError, match="negative"):
        install_throughput(spare_hours=-1, repair_hours=0, planned_hours=0)
