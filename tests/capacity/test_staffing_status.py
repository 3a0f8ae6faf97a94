"""Crew reports in, status and gate out: more people never hurt, silence is never green."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.staffing.status import (
    Gate,
    Post,
    Severity,
    Site,
    Standing,
    Status,
    age_minutes,
    datacenter_standing,
    post_standing,
    region_gate,
)

NOW = datetime(2020, 3, 21, 6, 0, tzinfo=UTC)
SHIFT = timedelta(hours=12)
DAY = timedelta(hours=24)


def post(present, minimum=2, ago=timedelta(0), role="security", shift="day", rostered=4):
    if present is None:
        return Post(role, shift, minimum, rostered, None, None)
    return Post(role, shift, minimum, rostered, present, NOW - ago)


def crew(*posts):
    return datacenter_standing(posts, NOW)


@st.composite
def posts(draw):
    reported = draw(st.booleans())
    return Post(
        role=draw(st.sampled_from(["facilities", "network", "security"])),
        shift=draw(st.sampled_from(["day", "night"])),
        minimum=draw(st.integers(0, 4)),
        rostered=draw(st.integers(0, 8)),
        present=draw(st.integers(0, 8)) if reported else None,
        reported_at=NOW - timedelta(minutes=draw(st.integers(-60, 60 * 48))) if reported else None,
    )


crews = st.lists(posts(), max_size=5, unique_by=lambda one: one.name)


def regions(draw_crews):
    return region_gate(Site(f"dc{number}", crew(*one)) for number, one in enumerate(draw_crews))


# --- one post ---


@pytest.mark.parametrize(
    ("present", "minimum", "status", "severity", "code"),
    [
        (0, 2, Status.RED, Severity.CLOSED, "below_minimum"),
        (1, 2, Status.RED, Severity.CLOSED, "below_minimum"),
        (2, 2, Status.AMBER, Severity.WARNING, "at_minimum"),
        (3, 2, Status.GREEN, Severity.NONE, "above_minimum"),
        (0, 0, Status.GREEN, Severity.NONE, "above_minimum"),
        (1, 0, Status.GREEN, Severity.NONE, "above_minimum"),
        (None, 2, Status.NOT_TRACKED, Severity.NONE, "never_reported"),
    ],
)
def test_a_post_is_red_below_its_minimum_amber_at_it_green_above(present, minimum, status, severity, code):
    standing = post_standing(post(present, minimum), NOW)
    assert (standing.status, standing.severity, standing.reasons[0].code) == (status, severity, code)
    assert standing.is_closed == (status is Status.RED)


@pytest.mark.parametrize(
    ("present", "ago", "status", "severity"),
    [
        (3, SHIFT, Status.GREEN, Severity.NONE),
        (3, SHIFT + timedelta(microseconds=1), Status.UNKNOWN, Severity.WARNING),
        (2, SHIFT + timedelta(minutes=1), Status.UNKNOWN, Severity.WARNING),
        (3, SHIFT + DAY - timedelta(microseconds=1), Status.UNKNOWN, Severity.WARNING),
        (3, SHIFT + DAY, Status.UNKNOWN, Severity.CLOSED),
        (1, SHIFT, Status.RED, Severity.CLOSED),
        (1, SHIFT + timedelta(minutes=1), Status.UNKNOWN, Severity.CLOSED),  # silence does not open a closed gate
    ],
)
def test_an_old_report_is_unknown_amber_at_once_and_red_a_day_later(present, ago, status, severity):
    standing = post_standing(post(present, ago=ago), NOW)
    assert (standing.status, standing.severity) == (status, severity)


def test_a_shift_may_be_shorter():
    eight_hours = dataclasses.replace(post(3, ago=timedelta(hours=9)), shift_minutes=480)
    assert post_standing(eight_hours, NOW).status is Status.UNKNOWN
    assert post_standing(dataclasses.replace(eight_hours, shift_minutes=720), NOW).status is Status.GREEN


def test_the_reason_carries_the_counts_and_the_age():
    (reason,) = post_standing(post(2, ago=timedelta(minutes=90)), NOW).reasons
    assert reason.params == {
        "role": "security",
        "shift": "day",
        "minimum": 2,
        "rostered": 4,
        "present": 2,
        "age_minutes": 90,
    }
    assert age_minutes(NOW + timedelta(minutes=5), NOW) == 0


@given(posts(), st.integers(0, 60 * 72))
def test_time_without_a_report_never_improves_a_post(one, minutes):
    later = post_standing(one, NOW + timedelta(minutes=minutes))
    assert later.severity >= post_standing(one, NOW).severity


@given(posts())
def test_silence_is_never_green(one):
    standing = post_standing(one, NOW + SHIFT + timedelta(hours=1, minutes=1))
    assert standing.status in (Status.UNKNOWN, Status.NOT_TRACKED)
    assert crew(*[dataclasses.replace(one, reported_at=None, present=None)]).status is Status.NOT_TRACKED


# --- a datacenter and its region ---


@given(crews, st.data())
def test_more_people_present_never_worsen_a_datacenter_or_its_gate(one, data):
    more = [
        dataclasses.replace(each, present=each.present + data.draw(st.integers(0, 3)))
        if each.present is not None
        else each
        for each in one
    ]
    assert crew(*more).severity <= crew(*one).severity
    before, after = regions([one, []]), regions([more, []])
    assert after.permille >= before.permille
    assert after.dated_promise >= before.dated_promise
    assert after.warning <= before.warning


@given(crews)
def test_a_datacenter_is_as_bad_as_its_worst_post_in_any_order(one):
    standing = crew(*one)
    assert standing == crew(*one[::-1])
    each = [post_standing(post, NOW) for post in one]
    assert standing.severity >= max((single.severity for single in each), default=Severity.NONE)
    if standing.status is Status.GREEN:
        assert {single.status for single in each} == {Status.GREEN}


def test_the_worst_post_names_itself():
    standing = crew(post(3), post(1, role="network"), post(0, role="facilities"), post(2, role="logistics"))
    assert standing.status is Status.RED
    assert [reason.params["role"] for reason in standing.reasons] == ["facilities", "network"]


def test_what_is_red_shows_before_what_is_silent_and_that_before_what_is_amber():
    silent, silent_long = post(3, ago=SHIFT * 1.5, role="network"), post(3, ago=DAY * 2, role="network")
    assert crew(post(2), silent).status is Status.UNKNOWN
    assert crew(post(2), silent).severity is Severity.WARNING
    assert crew(post(3), silent).status is Status.UNKNOWN
    assert crew(post(1), silent_long).status is Status.RED
    assert crew(post(2), silent_long).severity is Severity.CLOSED
    assert [reason.code for reason in crew(post(1), silent_long).reasons] == ["below_minimum"]


def test_a_post_that_never_reports_is_unknown_once_its_datacenter_does():
    standing = crew(post(4), post(None, role="network"))
    assert (standing.status, standing.severity) == (Status.UNKNOWN, Severity.WARNING)
    assert [reason.code for reason in standing.reasons] == ["never_reported"]
    standing = crew(post(None), post(None, role="network"))
    assert (standing.status, standing.severity) == (Status.NOT_TRACKED, Severity.NONE)
    assert [reason.params["role"] for reason in standing.reasons] == ["network", "security"]
    assert [reason.code for reason in crew().reasons] == ["no_posts"]


@pytest.mark.parametrize(
    ("present", "gate"),
    [
        (3, (1000, False, True, Status.GREEN)),
        (2, (1000, True, True, Status.AMBER)),
        (1, (0, True, False, Status.RED)),
        (None, (1000, False, True, Status.NOT_TRACKED)),
    ],
)
def test_the_gate_of_a_region_with_one_datacenter(present, gate):
    found = region_gate([Site("dc1", crew(post(present)))])
    assert (found.permille, found.warning, found.dated_promise, found.status) == gate
    assert bool(found.reasons) == (present != 3)


def test_the_gate_is_the_share_of_supply_that_is_not_closed():
    red, amber, green = crew(post(1)), crew(post(2)), crew(post(3))
    found = region_gate([Site("dc3", red), Site("dc1", green), Site("dc2", amber)])
    assert (found.permille, found.dated_promise, found.warning, found.status) == (666, False, True, Status.RED)
    assert [(reason.code, reason.params["datacenter"]) for reason in found.reasons] == [
        ("datacenter_at_risk", "dc2"),
        ("datacenter_closed", "dc3"),
    ]
    assert region_gate([Site("dc1", green, 3), Site("dc2", red, 1)]).permille == 750
    silent = crew(post(3, ago=SHIFT * 1.5))
    found = region_gate([Site("dc1", amber), Site("dc2", silent)])
    assert (found.permille, found.status) == (1000, Status.UNKNOWN)


def test_a_region_without_datacenters_is_not_tracked():
    assert region_gate([]) == Gate(1000, False, True, Status.NOT_TRACKED, region_gate([]).reasons)
    assert [reason.code for reason in region_gate([]).reasons] == ["no_datacenters"]
    untracked = region_gate([Site("dc1", crew())])
    assert [reason.code for reason in untracked.reasons] == ["datacenter_not_tracked"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("r", "s", -1, 0, None, None), "negative"),
        (("r", "s", 0, -1, None, None), "negative"),
        (("r", "s", 0, 0, -1, NOW), "negative"),
        (("r", "s", 0, 0, 1, None), "both"),
        (("r", "s", 0, 0, None, NOW), "both"),
        (("r", "s", 0, 0, 1, datetime(2020, 3, 21)), "time zone"),
        (("r", "s", 0, 0, 1, NOW, 0), "minute"),
    ],
)
def test_a_post_refuses_what_cannot_be(values, message):
    with pytest.raises(ValueError, match=message):
        Post(*values)
    assert Post("r", "s", 0, 0, 0, NOW, 1).present == 0


def test_a_datacenter_weighs_something():
    with pytest.raises(ValueError, match="positive"):
        Site("dc1", Standing(Status.GREEN, Severity.NONE, ()), 0)
