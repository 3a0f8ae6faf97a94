"""The thresholds as mathematics: worse never speaks for milder, unknown never eases, and nothing flaps."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from capacity.regions.models import Condition
from capacity.regions.threshold_models import MeasureName
from capacity.regions.thresholds import (
    BOUNDED,
    FIRST_RULES,
    NORMAL,
    SEVERITY,
    Measure,
    Reading,
    Standing,
    Threshold,
    indicated,
    is_due,
    look,
    problems_of,
    reasons_of,
    still_fits,
)
from tests import make
from tests.drills import rounds

T = FIRST_RULES.thresholds
MOST = {"free": 1000, "exhaustion": 1000, "staffing": 2, "tier1": 1500, "surge": 300}
MINUTE = timedelta(minutes=1)


def free(permille: int | None) -> list[Reading]:
    return [Reading(Measure.FREE, "vcpu", permille)]


def some_readings(source: random.Random) -> list[Reading]:
    measures = [Measure.FREE, *source.choices(list(Measure), k=source.randrange(4))]
    return [Reading(one, f"s{at}", source.randrange(MOST[one] + 1)) for at, one in enumerate(measures)]


def worse(source: random.Random, readings: list[Reading]) -> list[Reading]:
    at = source.randrange(len(readings))
    one = readings[at]
    bad = (
        source.randrange(one.value + 1) if one.measure == "free" else source.randrange(one.value, MOST[one.measure] + 1)
    )
    return [*readings[:at], replace(one, value=bad), *readings[at + 1 :]]


def walk(values, *, current=NORMAL, step=MINUTE):
    """The standings after each value of the free share, a step apart."""
    at, standing = make.NOW, None
    for value in values:
        standing = look(current, free(value), FIRST_RULES, standing, at)
        yield at, standing
        at += step


def test_names_are_those_of_the_product():
    assert set(SEVERITY) == set(Condition.values)
    assert list(Measure) == MeasureName.values
    assert problems_of(FIRST_RULES) == []


@pytest.mark.drill
def test_worse_readings_never_speak_for_a_milder_condition():
    source = random.Random(5)
    for _round in range(rounds(1_500, full=300_000)):
        readings, current, before = some_readings(source), source.choice(list(SEVERITY)), source.choice(["", *BOUNDED])
        for _step in range(3):
            harder = worse(source, readings)
            was, now = (indicated(current, one, T, before) for one in (readings, harder))
            assert SEVERITY[now] >= SEVERITY[was], (current, before, readings, harder)
            readings = harder


@pytest.mark.drill
def test_what_is_not_known_never_eases_and_scarce_ones_end_through_recovering():
    source = random.Random(7)
    for _round in range(rounds(1_000, full=200_000)):
        readings, current = some_readings(source), source.choice(list(SEVERITY))
        found = indicated(current, readings, T)
        if current in ("constrained", "critical"):
            assert found in ("recovering", "constrained", "critical")
        at = source.randrange(len(readings))
        readings[at] = replace(readings[at], value=None)
        assert SEVERITY[indicated(current, readings, T)] >= SEVERITY[current]
    assert indicated("critical", [], T) == "critical"
    assert indicated("critical", [Reading(Measure.SURGE, "vcpu", 0)], T) == "critical"


@pytest.mark.parametrize(
    ("current", "value", "found"),
    [
        ("normal", 1000, "normal"), ("normal", 201, "normal"), ("normal", 200, "watch"),
        ("normal", 80, "constrained"), ("normal", 0, "critical"), ("watch", 249, "watch"),
        ("watch", 250, "normal"), ("constrained", 119, "constrained"), ("constrained", 120, "recovering"),
        ("critical", 49, "critical"), ("critical", 50, "constrained"), ("critical", 120, "recovering"),
        ("recovering", 100, "recovering"), ("recovering", 80, "constrained"), ("recovering", 130, "watch"),
        ("recovering", 250, "normal"),
    ],
)  # fmt: skip
def test_the_bounds_themselves(current, value, found):
    assert indicated(current, free(value), T) == found


@pytest.mark.drill
def test_a_reading_that_trembles_within_a_band_proposes_at_most_once():
    source = random.Random(11)
    for _round in range(rounds(40, full=3_000)):
        one = source.choice([threshold for threshold in T if threshold.measure == "free"])
        values = [source.randrange(one.enters + 1, one.leaves) for _minute in range(60)]
        for current in SEVERITY:
            asked = [
                standing.condition
                for at, standing in walk(values, current=current)
                if is_due(standing, FIRST_RULES, at)
            ]
            assert len(set(asked)) <= 1
            assert not asked or SEVERITY[asked[0]] > SEVERITY[current], "nothing eases within the band"


def test_a_worse_condition_waits_minutes_and_a_milder_one_a_day():
    standings = list(walk([60] * 12))
    assert [is_due(one, FIRST_RULES, at) for at, one in standings] == [False] * 10 + [True] * 2
    easing = list(walk([400] * 26, current="constrained", step=timedelta(hours=1)))
    assert [is_due(one, FIRST_RULES, at) for at, one in easing] == [False] * 24 + [True] * 2
    # A relapse of a single look starts the day anew.
    again = list(walk([400] * 20 + [100] + [400] * 20, current="constrained", step=timedelta(hours=1)))
    assert not any(is_due(one, FIRST_RULES, at) for at, one in again)


def test_a_milder_way_off_has_held_all_along_and_a_farther_one_has_not():
    *_rest, (_at, worst), (_later, milder) = walk([10] * 5 + [55])
    assert (worst.condition, milder.condition) == ("critical", "constrained")
    assert milder.since == worst.since
    assert milder.changed_at > worst.changed_at
    *_rest, (at, farther) = walk([60] * 5 + [10])
    assert (farther.condition, farther.since) == ("critical", at)
    assert still_fits("constrained", farther), "an open proposal waits for the worse one to hold"
    assert not still_fits("critical", milder)


def test_reasons_name_the_readings_and_the_bounds():
    readings = [*free(60), Reading(Measure.FREE, "gpu", 100), Reading(Measure.STAFFING, "x-1", 0)]
    worst = Standing("constrained", "normal", make.NOW, make.NOW)
    (first, second) = reasons_of(worst, readings, T)
    assert (first.reading.subject, first.bound, first.is_entered) == ("vcpu", 80, True)
    assert (second.reading.subject, second.bound, second.is_entered) == ("gpu", 120, False)
    eased = reasons_of(Standing("recovering", "critical", make.NOW, make.NOW), [*free(300), readings[2]], T)
    assert [(one.reading.measure, one.condition, one.bound, one.has_left) for one in eased] == [
        ("free", "constrained", 120, True), ("staffing", "constrained", 0, True),
    ]  # fmt: skip


def test_contradictory_rules_are_named():
    def codes(*thresholds, **fields):
        rules = replace(FIRST_RULES, **({"thresholds": thresholds} if thresholds else {}), **fields)
        return {code for code, _one in problems_of(rules)}

    whole = T[0]
    assert codes(Threshold("free", "watch", 200, 200)) == {"no_band"}
    assert codes(whole, whole, Threshold("free", "watch", 100, 150)) == {"doubled"}
    assert codes(whole, Threshold("free", "critical", 300, 400)) == {"not_harsher"}
    assert codes(Threshold("tier1", "watch", 800, 700)) == {"no_free"}
    assert codes(whole, Threshold("mood", "watch", 1, 0), Threshold("surge", "normal", 1, 0)) == {"unknown"}
    assert codes(whole, Threshold("surge", "watch", 1, -1)) == {"negative"}
    assert codes(worse_after=timedelta(days=2)) == {"wait"}
