"""The figures of the executive page against plain second computations and numbers worked out by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.figures.figures import (
    DEFINITIONS,
    Asked,
    Share,
    Tier1Share,
    Wait,
    fill_by_tier,
    jain,
    override_rate,
    tier1_share,
    time_to_decision,
)

asked = st.integers(0, 10**9).flatmap(
    lambda units: st.builds(Asked, st.integers(1, 5), st.just(units), st.integers(0, units))
)
waits = st.lists(st.builds(Wait, st.integers(0, 30), st.booleans()), max_size=30)
shares = st.lists(st.builds(Share, st.integers(1, 10**6), st.integers(0, 10**6)), max_size=20)


# --- fill ---


@given(st.lists(asked, max_size=30))
def test_fill_adds_up_each_tier_apart(rows):
    fills = fill_by_tier(rows)
    assert [fill.tier for fill in fills] == [1, 2, 3, 4, 5]
    for fill in fills:
        mine = [row for row in rows if row.tier == fill.tier]
        assert fill.requests == len(mine)
        assert fill.served == len([row for row in mine if row.granted])
        total, granted = sum(row.asked for row in mine), sum(row.granted for row in mine)
        assert (fill.asked, fill.granted) == (total, granted)
        if total == 0:
            assert fill.permille is None
        else:
            assert fill.permille <= Fraction(granted * 1000, total) < fill.permille + 1
            assert (fill.permille == 1000) == (granted == total)


def test_fill_in_numbers():
    fills = fill_by_tier([Asked(1, 100, 100), Asked(1, 200, 99), Asked(3, 10, 0)])
    assert [(fill.permille, fill.served, fill.requests) for fill in fills] == [
        (663, 2, 2),
        (None, 0, 0),
        (0, 0, 1),
        (None, 0, 0),
        (None, 0, 0),
    ]


@pytest.mark.parametrize("row", [(0, 1, 1), (6, 1, 1), (1, 1, 2), (1, 1, -1)])
def test_nobody_is_granted_more_than_was_asked(row):
    with pytest.raises(ValueError, match=r"tier|granted"):
        Asked(*row)


# --- time to decision ---


def survival(rows, minute):
    """Kaplan-Meier by its definition: the product over all minutes up to this one."""
    estimate = Fraction(1)
    for each in range(minute + 1):
        at_risk = sum(1 for row in rows if row.minutes >= each)
        events = sum(1 for row in rows if row.minutes == each and row.decided)
        if events:
            estimate *= 1 - Fraction(events, at_risk)
    return estimate


def oracle(rows, share):
    return next((minute for minute in range(31) if survival(rows, minute) <= 1 - share), None)


@given(waits)
def test_waiting_times_follow_the_definition_of_kaplan_and_meier(rows):
    found = time_to_decision(rows)
    if rows:
        assert (found.p50, found.p90) == (oracle(rows, Fraction(1, 2)), oracle(rows, Fraction(9, 10)))
    assert (found.decided, found.open) == (
        len([row for row in rows if row.decided]),
        len([row for row in rows if not row.decided]),
    )
    assert time_to_decision(rows[::-1]) == found


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_without_open_requests_the_quantiles_are_those_of_the_sample(minutes):
    found = time_to_decision(Wait(minute, decided=True) for minute in minutes)
    ordered = sorted(minutes)
    assert found.p50 == ordered[-(-len(ordered) // 2) - 1]
    assert found.p90 == ordered[-(-len(ordered) * 9 // 10) - 1]


@given(waits.filter(bool), st.data())
def test_a_request_that_stays_open_never_makes_decisions_look_faster(rows, data):
    index = data.draw(st.integers(0, len(rows) - 1))
    still_open = [*rows[:index], Wait(rows[index].minutes, decided=False), *rows[index + 1 :]]
    before, after = time_to_decision(rows), time_to_decision(still_open)
    for faster, slower in ((before.p50, after.p50), (before.p90, after.p90)):
        assert slower is None or (faster is not None and faster <= slower)


def test_waiting_times_in_numbers():
    # Ten requests: 4 decided after 10, 20, 30, 40 minutes, 6 open for longer. Dropping those would say P50 = 20.
    rows = [Wait(minutes, decided=True) for minutes in (10, 20, 30, 40)] + [Wait(60, decided=False)] * 6
    assert (time_to_decision(rows).p50, time_to_decision(rows).p90) == (None, None)
    rows = [Wait(10, decided=True), Wait(10, decided=False), Wait(50, decided=True)]
    assert (time_to_decision(rows).p50, time_to_decision(rows).p90) == (50, 50)
    assert time_to_decision([]).p50 is None
    with pytest.raises(ValueError, match="0 minutes"):
        Wait(-1, decided=True)


# --- fairness ---


@given(shares)
def test_jain_follows_its_formula_and_stays_in_its_bounds(rows):
    found = jain(rows)
    values = [row.granted / row.asked for row in rows]
    if not any(values):
        assert found is None
        return
    formula = sum(values) ** 2 / (len(values) * sum(value**2 for value in values))
    assert found == pytest.approx(formula * 1000, abs=1)
    assert 1000 // len(rows) <= found <= 1000
    assert found == jain(rows[::-1])


@given(st.integers(1, 20), st.integers(1, 1000), st.integers(1, 1000))
def test_jain_is_whole_when_all_have_the_same_share_and_one_nth_when_one_has_all(count, granted, size):
    assert jain([Share(1000 * size, granted * size)] * count) == 1000
    assert jain([Share(1000, granted)] + [Share(size, 0)] * (count - 1)) == 1000 // count


@given(shares, st.integers(2, 10))
def test_jain_does_not_depend_on_size(rows, factor):
    assert jain([Share(row.asked * factor, row.granted * factor) for row in rows]) == jain(rows)


def test_jain_in_numbers():
    assert jain([Share(10, 10), Share(10, 5)]) == 900
    assert jain([]) is None
    for wrong in ((0, 0), (1, -1)):
        with pytest.raises(ValueError, match="at least one"):
            Share(*wrong)


# --- overrides and the budget of tier 1 ---


@given(st.integers(0, 10**6), st.data())
def test_the_override_rate_is_a_share_of_all_decisions(decisions, data):
    under = data.draw(st.integers(0, decisions))
    rate = override_rate(decisions, under)
    if decisions == 0:
        assert rate is None
    else:
        assert rate <= Fraction(under * 1000, decisions) < rate + 1


def test_more_overrides_than_decisions_are_refused():
    assert override_rate(200, 3) == 15
    assert override_rate(1, 1) == 1000
    for wrong in ((1, 2), (1, -1)):
        with pytest.raises(ValueError, match="some of all"):
            override_rate(*wrong)


@pytest.mark.parametrize(
    ("committed", "supply", "permille", "beyond"),
    [
        (0, 100, 0, False),
        (60, 100, 600, False),
        (61, 100, 610, True),
        (6_001, 10_000, 600, True),  # beyond by less than the figure shows
        (150, 100, 1500, True),
        (0, 0, None, False),
        (1, 0, None, True),
        (1, -5, None, True),
        (0, -5, None, False),
    ],
)
def test_the_share_of_tier_one_is_held_against_the_mark(committed, supply, permille, beyond):
    assert tier1_share(committed, supply, 600) == Tier1Share(permille, 600, beyond)


def test_committed_units_of_tier_one_are_never_negative():
    with pytest.raises(ValueError, match="negative"):
        tier1_share(-1, 10, 600)


def test_every_figure_has_its_definition_and_unit():
    assert {code: definition.unit for code, definition in DEFINITIONS.items()} == {
        "fill": "permille",
        "time_to_decision": "minutes",
        "fairness": "permille",
        "override_rate": "permille",
        "tier1_share": "permille",
    }
