"""Capacity counts only when its measured release arrives, and leaves when the step is left."""

from datetime import timedelta

import pytest
from django.urls import reverse

from capacity.alarms.models import Alarm
from capacity.desk.invariants import check_invariants
from capacity.levers.actions.add_step import add_step
from capacity.levers.actions.follow_levers import follow_levers
from capacity.levers.actions.propose_step import propose_step
from capacity.levers.actions.record_release import CannotMeasure, CountsNoMore, FallsTwice, StepNotInForce
from capacity.levers.models import Lever, LeverMeasurement
from capacity.levers.public import levers_in_force
from capacity.levers.queries import counting, moves_in_force, with_releases
from capacity.levers.steps import PlannedStep
from capacity.pools import arithmetic
from capacity.pools.models import SupplyChange
from capacity.pools.terms import terms_of
from capacity.pools.waterfall import waterfall
from capacity.watch.actions.look_at_levers import look_at_levers
from journal.models import Entry
from kit.refusal import NotAllowed
from tests import make
from tests.sql import refused, run
from users.access import SYSTEM
from users.roles import Role

pytestmark = pytest.mark.django_db

LATER = make.NOW + timedelta(hours=6)
FIRST = PlannedStep("Free offers up to 64 units", "limited", 64, 40, {"vcpu": 300})
SECOND = PlannedStep("No new free offers", "paused", None, 200, {"vcpu": 200})


@pytest.fixture
def pool():
    return make.pool("westeurope", powered_on=1000)


@pytest.fixture
def lever(pool):
    """On the first of two steps."""
    made = make.lever(step=FIRST)
    add_step(actor=make.acting(Role.REGION_OPERATOR), lever_id=made.public_id, step=SECOND, at=make.NOW)
    return make.signed(made)


def move(lever, direction, at=LATER):
    propose_step(actor=make.acting(Role.REGION_OPERATOR), lever_id=lever.public_id, direction=direction, at=at)
    return make.signed(lever, at=at)


def counted(pool):
    pool.refresh_from_db()
    terms = arithmetic.Terms(**terms_of(pool))
    assert pool.supply == arithmetic.supply(terms)
    assert pool.supply_open == arithmetic.buckets(terms).open
    faults = [fault for found in check_invariants(
        "pools_count_what_levers_were_measured_to_release", "supplies_follow_from_their_terms",
        "levers_stand_where_their_last_move_led", "no_pool_promises_more_than_it_may", "lives_follow_their_tables",
    ) for fault in found.faults]  # fmt: skip
    assert faults == []
    return pool.lever_release


def test_a_promise_counts_for_nothing_and_a_measurement_for_what_it_says(pool, lever):
    assert counted(pool) == 0
    look_at_levers(at=LATER)
    assert counted(pool) == 0
    make.released(lever, 240, at=LATER)
    assert (counted(pool), pool.supply) == (240, 1240)
    change = SupplyChange.objects.get(pool=pool, cause="lever")
    assert (change.supply_before, change.supply_after, change.reason) == (
        1000, 1240, "Mean of a day before and a day after.",
    )  # fmt: skip
    entry = Entry.objects.filter(action="lever.measured").get()
    assert (entry.after["released"], entry.after["step"], entry.after["resource"]) == (240, 1, "vcpu")
    (row,) = [step for step in waterfall(pool) if step.sign == "+"]
    assert row.quantity == 240
    shown = {str(step.label): step.width for step in waterfall(pool)}
    assert (shown["Powered on"], shown["Supply"]) == ("80.645", "100.000")
    look_at_levers(at=LATER)
    assert SupplyChange.objects.filter(pool=pool, cause="lever").count() == 1


def test_a_correction_is_a_new_row_and_the_last_one_counts(pool, lever):
    first = make.released(lever, 240, at=LATER)
    second = make.released(lever, 150, at=LATER, corrects=first.public_id)
    assert (counted(pool), second.corrects) == (150, first)
    with pytest.raises(CountsNoMore):
        make.released(lever, 10, at=LATER, corrects=first.public_id)
    make.released(lever, 180, at=LATER + timedelta(hours=1))
    assert counted(pool) == 180
    # Where use grew, nothing was released.
    make.released(lever, 0, at=LATER + timedelta(hours=2), before_level=100, after_level=400)
    assert counted(pool) == 0
    assert LeverMeasurement.objects.count() == 4


def test_what_was_measured_leaves_with_its_step_and_comes_back_only_when_measured_anew(pool, lever):
    make.released(lever, 240, at=LATER)
    with pytest.raises(StepNotInForce):
        make.released(lever, 100, position=2, at=LATER)
    lever = move(lever, "next")
    with pytest.raises(FallsTwice):
        make.released(lever, 100, position=2, at=LATER)
    make.released(lever, 100, position=2, at=LATER, before_level=660, after_level=560)
    make.promised(pool, 1100)
    assert counted(pool) == 340
    lever = move(lever, "back", LATER + timedelta(hours=1))
    assert counted(pool) == 240
    lever = move(lever, "next", LATER + timedelta(hours=2))
    assert counted(pool) == 240
    # The second step was left and taken again: its measurement counts no more, on the list neither.
    assert with_releases(Lever.objects.all()).get().measures == 1
    lever = move(lever, "lift", LATER + timedelta(hours=3))
    assert (counted(pool), pool.supply, pool.granted, pool.deficit) == (0, 1000, 1100, 100)
    assert Alarm.objects.get(kind="deficit", ended_at=None).values["short"] == 200


def test_the_steps_in_force_are_the_same_in_sql(pool, lever):
    ways = ("next", "back", "next")
    for number, direction in enumerate((None, *ways)):
        lever = move(lever, direction, LATER + timedelta(hours=number)) if direction else lever
        moves = list(lever.moves.select_related("step", "old_step").order_by("pk"))
        told = {step: move for _lever, step, move in run("SELECT * FROM capacity_steps_in_force()")}
        assert {key: one.pk for key, one in moves_in_force(moves, lever.step).items()} == told


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pool": ("eastus", "vcpu")}, "pool"),
        ({"before_level": -1}, "before_level"),
        ({"before_level": 1001}, "before_level"),
        ({"source": "hearsay"}, "source"),
        ({"method": " "}, "method"),
        ({"measured_at": make.NOW - timedelta(seconds=1)}, "measured_at"),
        ({"measured_at": LATER + timedelta(days=1)}, "measured_at"),
    ],
)
def test_a_measurement_says_what_when_and_how(pool, lever, change, field):
    make.region("eastus")
    with pytest.raises(CannotMeasure) as refusal:
        make.released(lever, 100, at=LATER, **change)
    assert list(refusal.value.fields) == [field]
    assert counted(pool) == 0


def test_raw_sql_counts_nothing_that_was_not_measured(pool, lever):
    assert "counts as measured" in refused("UPDATE capacity_pool SET lever_release = 50 WHERE id = %s", pool.pk)
    taken = lever.moves.get()
    put = (
        "INSERT INTO capacity_levermeasurement (public_id, move_id, pool_id, before_level, after_level, source, method,"
        " measured_at, corrects_id, by_id, at)"
        " VALUES (gen_random_uuid(), %s, %s, 90, 10, 'meter', 'x', %s, %s, %s, now())"
    )
    by = taken.proposed_by_id
    other = make.pool("eastus", powered_on=10)
    assert "in its reach" in refused(put, taken.pk, other.pk, LATER, None, by)
    assert "in force" in refused(put, taken.pk, pool.pk, make.NOW - timedelta(days=1), None, by)
    first = make.released(lever, 30, at=LATER)
    make.released(lever, 40, at=LATER)
    assert "a correction follows" in refused(put, taken.pk, pool.pk, LATER, first.pk, by)
    # What SQL measured the next look of the watch takes in.
    run(put, taken.pk, pool.pk, LATER, None, by)
    (change,) = follow_levers(actor=SYSTEM, at=LATER)
    assert (change.supply_after, counted(pool)) == (1080, 80)
    move(lever, "lift")
    assert "in force" in refused(put, taken.pk, pool.pk, LATER, None, by)
    assert "permission denied" in refused("UPDATE capacity_levermeasurement SET after_level = 0")


def test_one_fall_in_use_is_released_once_in_raw_sql_too(pool, lever):
    other = make.pulled_lever(kind="trial_bounds", offer_types=["trial"], step=FIRST)
    make.released(lever, 300, at=LATER)
    with pytest.raises(FallsTwice) as refusal:
        make.released(other, 300, at=LATER)
    assert "Divide the fall" in str(refusal.value.advice)
    put = (
        "INSERT INTO capacity_levermeasurement (public_id, move_id, pool_id, before_level, after_level, source, method,"
        " measured_at, by_id, at) SELECT gen_random_uuid(), id, %s, %s, %s, 'meter', 'x', %s, proposed_by_id, now()"
        " FROM capacity_levermove WHERE lever_id = %s"
    )
    # Two days on it is another fall, as long as not more than is powered on is released in all.
    later = LATER + timedelta(days=2)
    third = make.pulled_lever(kind="new_subscriptions", offer_types=["enterprise"], step=FIRST, at=later)
    assert "released once" in refused(put, pool.pk, 900, 600, LATER, other.pk)
    assert "released once" in refused(put, pool.pk, 601, 400, LATER, other.pk)
    assert "released once" in refused(put, pool.pk, 900, 199, later, third.pk)
    make.released(other, 100, at=LATER, before_level=600, after_level=500)
    make.released(third, 200, at=later)
    assert counted(pool) == 600
    # Divided anew: the first is corrected, and the second takes what it left.
    make.released(lever, 200, at=LATER)
    make.released(other, 200, at=LATER, before_level=700, after_level=500)
    assert counted(pool) == 600


def test_the_public_reads_since_when_the_present_state_holds(pool, lever):
    move(lever, "next", LATER + timedelta(days=1))
    assert [one.since for one in levers_in_force(LATER + timedelta(days=2))] == [LATER + timedelta(days=1)]
    starts = LATER.date() + timedelta(days=2)
    make.pulled_lever(region_code="", step=PlannedStep("x", "limited", 4), starts_date=starts)
    assert levers_in_force(LATER + timedelta(days=3))[-1].since == starts


def test_who_may_measure_and_the_pages_show_promised_and_measured(pool, lever, visit):
    with pytest.raises(NotAllowed):
        make.released(lever, 1, at=LATER, by=make.acting(Role.DUTY_MANAGER))
    with pytest.raises(NotAllowed):
        make.released(lever, 1, at=LATER, by=make.acting(Role.REGION_OPERATOR, regions=["eastus"]))
    person = make.person(Role.REGION_OPERATOR)
    page = reverse("levers:measure", args=[lever.public_id, 1])
    sent = {
        "pool": "westeurope/vcpu", "before_level": "900", "after_level": "660", "measured_at": "2020-03-26T14:00",
        "source": "meter", "method": "Counted twice",
    }  # fmt: skip
    assert visit(page, as_=person).status_code == 200
    assert visit(page, as_=person, method="post", data=sent).status_code == 302
    assert counted(pool) == 240
    corrected = {**sent, "after_level": "700", "is_correction": "on"}
    assert visit(page, as_=person, method="post", data=corrected).status_code == 400
    (seen,) = counting(lever.moves.get())
    corrected[f"counts_{pool.pk}"] = str(seen.public_id)
    assert f'name="counts_{pool.pk}" value="{seen.public_id}"' in visit(page, as_=person).content.decode()
    assert visit(page, as_=person, method="post", data=corrected).url
    assert counted(pool) == 200
    # It was corrected meanwhile: who saw the one before corrects nothing.
    assert visit(page, as_=person, method="post", data=corrected).status_code == 409
    assert counted(pool) == 200
    assert visit(page, as_=person, method="post", data={**sent, "pool": "x"}).status_code == 400
    assert visit(reverse("levers:measure", args=[lever.public_id, 2]), as_=person).status_code == 409
    assert visit(page, as_=make.person(Role.DUTY_MANAGER)).status_code == 403
    shown = visit(reverse("levers:lever", args=[lever.public_id]), as_=person, queries=12).content.decode()
    assert "Compute cores in Westeurope: expected and measured release by step" in shown
    assert "67%" in shown.replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{NO-BREAK SPACE}", "")
    assert "corrects the one before" in shown
    elsewhere = make.person(Role.REGION_OPERATOR, regions=["eastus"])
    hidden = visit(reverse("levers:lever", args=[lever.public_id]), as_=elsewhere, queries=12).content.decode()
    assert "Releases are shown to those who see the region" in hidden
    assert "How it was measured" in shown
    assert not [part for part in ("How it was measured", "release by step", "vcpu</") if part in hidden]
