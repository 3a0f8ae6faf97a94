"""The diagnosis grants what fits and no more, protects who is ahead, and offers nothing it has not checked."""

import dataclasses
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.intake.diagnosis import (
    Ahead,
    Ask,
    Block,
    Fit,
    Line,
    Place,
    Restriction,
    Supply,
    ahead_from,
    as_dict,
    ask_from,
    assess,
    displaced,
    findings,
    place_from,
    served_in_order,
    signature_reasons,
    supply_needed,
    ways_out,
)
from capacity.pools.arithmetic import Buckets, Committed, Level

RESOURCES = ("memory", "vcpu")


def pool(open_=0, crit=0, reserve1=0, general=0, critical=0, tier1=0, resource="vcpu"):
    return Supply(resource, Buckets(open_, crit, reserve1), Committed(general, critical, tier1))


def place(*supplies, code="west", wish=1, **values):
    return Place(code=code, geography="Europe", supplies=supplies, wish=wish, **values)


def ask(quantity=400, minimum=None, tier=3, resource="vcpu", **values):
    return Ask(lines=(Line(resource, quantity, minimum or quantity),), tier=tier, **values)


small = st.integers(0, 40)
large = st.integers(0, 120)
supplies = st.builds(
    Supply,
    st.sampled_from(RESOURCES),
    st.builds(Buckets, large, small, small),
    st.builds(Committed, small, small, small),
)


@st.composite
def asks(draw, tiers=st.integers(1, 5)):
    resources = draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True))
    lines = []
    for resource in resources:
        quantity = draw(st.integers(1, 40))
        lines.append(Line(resource, quantity, draw(st.integers(1, quantity))))
    return Ask(lines=tuple(lines), tier=draw(tiers))


@st.composite
def places(draw, scarce=st.booleans()):
    found = draw(st.lists(supplies, min_size=1, max_size=2, unique_by=lambda supply: supply.resource))
    return Place("west", "Europe", tuple(found), wish=1, scarce=draw(scarce))


@st.composite
def queues(draw):
    count = draw(st.integers(0, 4))
    ones = [draw(asks()) for _ in range(count)]
    return tuple(
        Ahead(
            f"R-{number}",
            one.tier,
            tuple((line.resource, units) for line, units in zip(one.lines, one.smallest, strict=True)),
        )
        for number, one in enumerate(ones)
    )


@given(asks(), places(), queues())
@settings(max_examples=200, deadline=None)
def test_what_is_assessed_passes_the_check_and_a_step_more_does_not(wanted, where, ahead):
    answer = assess(wanted, where, ahead=ahead)
    assert (answer.fit is Fit.FULL) == (findings(wanted, where, wanted.full, ahead=ahead) == ())
    assert (answer.findings == ()) == (answer.fit is Fit.FULL)
    if answer.fit is Fit.NONE:
        assert findings(wanted, where, wanted.smallest, ahead=ahead)
        return
    assert findings(wanted, where, answer.quantities, ahead=ahead) == ()
    if answer.fit is Fit.PART:
        # One more unit of the line that limits the others fits no more.
        steps = [
            tuple(units + (index == bound) for index, units in enumerate(answer.quantities))
            for bound in range(len(wanted.lines))
            if answer.quantities[bound] < wanted.full[bound]
        ]
        assert any(findings(wanted, where, step, ahead=ahead) for step in steps)


@given(asks(), places(), queues())
@settings(max_examples=200, deadline=None)
def test_a_grant_that_passes_never_leaves_anybody_ahead_unservable(wanted, where, ahead):
    answer = assess(wanted, where, ahead=ahead)
    if not answer.quantities:
        return
    bundle = {line.resource: units for line, units in zip(wanted.lines, answer.quantities, strict=True)}
    after = where.with_promised(wanted.level, bundle)
    assert all(
        supply.slack(level) >= 0
        for supply in after.supplies
        for level in Level
        if supply.resource in bundle and level >= wanted.level
    )
    if where.scarce:
        before_served, _ = served_in_order(where, ahead)
        after_served, _ = served_in_order(after, ahead)
        assert all(still for was, still in zip(before_served, after_served, strict=True) if was)


@given(asks(), places(), queues())
@settings(max_examples=200, deadline=None)
def test_room_behind_the_order_is_exactly_what_displaces_nobody(wanted, where, ahead):
    """Fitting behind everybody ahead, and displacing none of them, are the same thing."""
    if not where.holds(wanted.level, {line.resource: line.quantity for line in wanted.lines}):
        return
    _, behind = served_in_order(where, ahead)
    fits = all(units <= left for units, left in zip(wanted.full, behind.left(wanted), strict=True))
    assert fits == (displaced(wanted, where, wanted.full, ahead) is None)


@given(asks(), places(), queues())
@settings(max_examples=200, deadline=None)
def test_pinned_values_give_the_same_answer_again(wanted, where, ahead):
    pinned = json.loads(json.dumps([as_dict(wanted), as_dict(where), [as_dict(one) for one in ahead]]))
    again = assess(ask_from(pinned[0]), place_from(pinned[1]), ahead=tuple(map(ahead_from, pinned[2])))
    assert as_dict(again) == as_dict(assess(wanted, where, ahead=ahead))


@given(asks(), st.lists(places(), min_size=1, max_size=4), queues())
@settings(max_examples=200, deadline=None)
def test_every_way_out_passes_the_check(wanted, found, ahead):
    found = [
        dataclasses.replace(one, code=f"region{number}", wish=number if number % 2 else None)
        for number, one in enumerate(found)
    ]
    waiting = {one.code: ahead for one in found}
    for way in ways_out(wanted, found, ahead=waiting):
        where = next(one for one in found if one.code == way.place)
        assert where.wish is not None or not where.scarce
        eased = wanted
        if way.code == "lower_minimum":
            eased = dataclasses.replace(
                wanted, lines=tuple(dataclasses.replace(line, minimum=1) for line in wanted.lines)
            )
        assert findings(eased, where, way.quantities, ahead=ahead, undated=way.params.get("undated", False)) == ()


@given(asks(), places(), queues())
@settings(max_examples=200, deadline=None)
def test_more_supply_as_told_is_enough_and_with_one_line_one_unit_fewer_is_not(wanted, where, ahead):
    added = supply_needed(wanted, where, wanted.smallest, ahead=ahead)
    if added is None:
        return
    grown = where.with_supply(added)
    assert findings(wanted, grown, wanted.smallest, ahead=ahead) == ()
    if len(wanted.lines) == 1 and added and all(len(one.smallest) == 1 for one in ahead):
        ((resource, units),) = added.items()
        for fewer in range(units):
            assert findings(wanted, where.with_supply({resource: fewer}), wanted.smallest, ahead=ahead)


def test_lines_scale_together():
    where = place(pool(open_=100), pool(open_=1000, resource="memory"))
    wanted = Ask(lines=(Line("vcpu", 400, 50), Line("memory", 1600, 200)), tier=3)
    answer = assess(wanted, where)
    assert (answer.fit, answer.quantities) == (Fit.PART, (100, 400))
    assert answer.block == "capacity"


def test_the_last_units_of_a_scarce_region_wait_for_tier_1():
    waiting = (Ahead("R-7", 1, (("vcpu", 300),)),)
    answer = assess(ask(100), place(pool(open_=350), scarce=True), ahead=waiting)
    assert (answer.fit, answer.block) == (Fit.NONE, "order")
    (finding,) = answer.findings
    assert finding.reason.params["request"] == "R-7"
    assert finding.reason.params["needs"] == 300
    # In a region that is not scarce, completeness decides and nobody is held up by it.
    assert assess(ask(100), place(pool(open_=350)), ahead=waiting).fit is Fit.FULL


def test_several_ahead_are_counted_together():
    waiting = tuple(Ahead(f"R-{number}", 1, (("vcpu", 100),)) for number in range(3))
    where = place(pool(open_=350), scarce=True)
    assert assess(ask(50), where, ahead=waiting).fit is Fit.FULL
    assert findings(ask(51), where, (51,), ahead=waiting)[0].reason.params["request"] == "R-2"


def test_who_could_not_be_served_anyway_holds_nobody_up():
    waiting = (Ahead("R-7", 1, (("vcpu", 1000),)),)
    assert assess(ask(100), place(pool(open_=350), scarce=True), ahead=waiting).fit is Fit.FULL


def test_the_reserve_serves_tier_1_only():
    where = place(pool(open_=0, reserve1=100))
    assert assess(ask(100, tier=1), where).fit is Fit.FULL
    assert assess(ask(100, tier=2), where).block == "capacity"


def test_behind_the_gate_only_tiers_1_and_2_are_served_and_without_a_date():
    where = place(pool(crit=100), dated=False)
    assert assess(ask(100, tier=2), where, undated=True).fit is Fit.FULL
    assert assess(ask(100, tier=2), where).findings[0].reason.code == "undated_only"
    assert assess(ask(10, tier=3), where, undated=True).findings[0].reason.code == "no_dated_promise"


def test_residency_is_a_matter_of_access():
    answer = assess(ask(1, geography="United States"), place(pool(open_=10)))
    assert (answer.fit, answer.block) == (Fit.NONE, "access")


def test_levers_spare_tiers_1_and_2_and_who_they_do_not_name():
    paused = Restriction("lever", ("free",))
    where = place(pool(open_=100), restrictions=(paused,))
    assert assess(ask(10, tier=5, offer="free"), where).block == "offer"
    assert assess(ask(10, tier=2, offer="free"), where).fit is Fit.FULL
    assert assess(ask(10, tier=3, offer="enterprise"), where).fit is Fit.FULL
    new_only = Restriction("lever", ("pay_as_you_go",), new_only=True)
    where = place(pool(open_=100), restrictions=(new_only,))
    assert assess(ask(10, tier=4, offer="pay_as_you_go", existing=False), where).block == "offer"
    assert assess(ask(10, tier=3, offer="pay_as_you_go", existing=True), where).fit is Fit.FULL


def test_a_limited_offer_gets_a_part():
    where = place(pool(open_=100), restrictions=(Restriction("lever", ("free",), limit=8),))
    answer = assess(ask(20, minimum=5, tier=5, offer="free"), where)
    assert (answer.fit, answer.quantities, answer.block) == (Fit.PART, (8,), "offer")
    assert assess(ask(20, minimum=9, tier=5, offer="free"), where).fit is Fit.NONE


def test_nothing_is_granted_on_an_unconfirmed_workload_or_against_a_hold():
    assert assess(ask(1, confirmed=False), place(pool(open_=10))).block == "workload"
    assert assess(ask(1, held=True), place(pool(open_=10))).block == "override"


def test_a_cap_bounds_every_line():
    answer = assess(ask(10, minimum=1, cap_permille=500), place(pool(open_=100)))
    assert (answer.quantities, answer.block) == ((5,), "override")


def test_the_best_way_out_is_an_accepted_region_then_a_part_then_another_region():
    west = place(pool(open_=100), code="west", wish=1)
    north = place(pool(open_=500), code="north", wish=2)
    south = place(pool(open_=500), code="south", wish=None)
    wanted = ask(400, minimum=50)
    assert [way.code for way in ways_out(wanted, [west, north, south], ahead={})] == [
        "accepted_region",
        "smaller",
        "other_region",
    ]
    assert [way.place for way in ways_out(wanted, [west, south], ahead={})] == ["west", "south"]


def test_a_scarce_region_that_was_not_asked_for_is_never_offered():
    west = place(pool(open_=0), code="west", wish=1)
    south = place(pool(open_=500), code="south", wish=None, scarce=True)
    assert ways_out(ask(400), [west, south], ahead={}) == ()


def test_supply_does_not_help_against_a_pause():
    where = place(pool(open_=0), restrictions=(Restriction("lever", ("free",)),))
    assert supply_needed(ask(10, tier=5, offer="free"), where, (10,)) is None


def test_promises_beyond_supply_count_into_what_is_needed():
    where = place(pool(open_=100, general=130))
    assert supply_needed(ask(10), where, (10,)) == {"vcpu": 40}


def test_large_grants_and_pools_beyond_the_mark_need_a_second_signature():
    where = place(pool(open_=900, reserve1=100, tier1=590))
    terms = {"large_permille": 50, "mark_permille": 600}
    assert signature_reasons(ask(50), where, (50,), **terms) == ()
    assert [reason.code for reason in signature_reasons(ask(51), where, (51,), **terms)] == ["large_grant"]
    assert signature_reasons(ask(10, tier=1), where, (10,), **terms) == ()
    assert [r.code for r in signature_reasons(ask(11, tier=1), where, (11,), **terms)] == ["beyond_mark"]


def test_blocks_are_named_in_the_published_order():
    where = Place("west", "Asia", (pool(open_=0),), wish=1, restrictions=(Restriction("lever", ("free",)),))
    found = findings(ask(5, tier=5, offer="free", geography="Europe"), where, (5,))
    assert [finding.block for finding in found] == [Block.ACCESS, Block.OFFER, Block.CAPACITY]
