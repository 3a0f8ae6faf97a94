"""A decision is made once, by the right person, on confirmed facts, within supply and within the order."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from capacity.intake.diagnosis import ahead_from, as_dict, ask_from, assess, place_from
from capacity.pools.models import LedgerEntry, Pool
from capacity.requests.access import OutOfReach, OwnRequest, OwnSignature
from capacity.requests.actions.fulfil_request import NothingToFulfil, fulfil_request
from capacity.requests.actions.release_grant import release_grant
from capacity.requests.actions.submit_request import AskedLine
from capacity.requests.models import CapacityRequest, Decision, Outcome, RequestState
from capacity.requests.queries import standing_grants
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_grant import FactsChanged, NothingToSign, confirm_grant
from capacity.review.actions.confirm_workload import UnknownWorkload, confirm_workload
from capacity.review.actions.decline_request import BlockNotNamed, decline_request
from capacity.review.actions.grant_elsewhere import grant_elsewhere
from capacity.review.actions.grant_in_part import NotAPart, grant_in_part
from capacity.review.actions.look_again import look_again
from capacity.review.actions.refuse_grant import refuse_grant
from capacity.review.actions.request_information import request_information
from capacity.review.actions.undo_decision import NothingToUndo, TooLateToUndo, undo_decision
from capacity.review.actions.waitlist_request import waitlist_request
from capacity.review.case import AlreadyDecided, NotInReview, WaitsForSignature
from capacity.review.granting import AskedFor, CannotGrant, EffectChanged, NotAskedFor, QuantitiesDoNotMatch
from capacity.review.refusing import LookDateRefused
from capacity.staffing.actions.file_rosters import Rostered
from capacity.watch.actions.plan_crews import plan_rosters
from journal.models import Entry
from kit.refusal import NotAllowed, StaleForm
from tests import make
from users.access import SYSTEM, NeedsFreshSignIn
from users.roles import Role

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def reviewer():
    return make.acting(Role.CAPACITY_REVIEWER, name="Ada Example")


@pytest.fixture
def duty_manager():
    return make.acting(Role.DUTY_MANAGER, fresh_at=NOW)


def approve(reviewer, request, region="westeurope", **values):
    return approve_request(actor=reviewer, request_id=request.public_id, region_code=region, **{"at": NOW, **values})


def state_of(request):
    return CapacityRequest.objects.get(pk=request.pk).state


def override(request, kind="pin", at=NOW, **values):
    return make.in_force(make.override(request, kind=kind, at=at, **values), at=at)


# --- approving -----------------------------------------------------------------------------------------


def test_an_approval_posts_to_the_ledger_moves_the_state_and_pins_what_it_rests_on(reviewer):
    pool = make.pool(powered_on=1000)
    request = make.request(quantity=40, confirmed=True)
    decision = approve(reviewer, request)
    pool.refresh_from_db()
    assert (pool.granted, pool.held, state_of(request)) == (40, 0, RequestState.APPROVED)
    (grant,) = standing_grants(request)
    assert (grant.quantity, grant.entry.quantity, grant.pool_id) == (40, 40, pool.pk)
    assert decision.policy_version is not None
    assert decision.ranking_id == CapacityRequest.objects.get(pk=request.pk).ranking_id
    pinned = decision.circumstances
    assert pinned["regions"]["westeurope"]["condition"] == "normal"
    assert pinned["regions"]["westeurope"]["staffing"]["status"] == "not_tracked"
    assert pinned["places"][0]["supplies"]
    assert Entry.objects.get(action="request.approved").subject_id == str(request.public_id)
    moves = list(request.moves.order_by("pk").values_list("new_state", flat=True))
    assert moves == ["draft", "queued", "in_review", "approved"]


def test_the_diagnosis_can_be_run_again_from_what_was_pinned(reviewer):
    make.pool(powered_on=100)
    request = make.request(quantity=400, minimum=50, confirmed=True)
    decision = decline_request(actor=reviewer, request_id=request.public_id, reason="Too little.", at=NOW)
    decision.refresh_from_db()
    pinned = decision.circumstances
    ask, place = ask_from(pinned["ask"]), place_from(pinned["places"][0])
    again = assess(ask, place, ahead=tuple(map(ahead_from, pinned["ahead"].get(place.code, []))))
    assert as_dict(again)["quantities"] == (90,)
    assert decision.explanation["assessments"][0]["quantities"] == [90]
    assert decision.explanation["assessments"][0]["findings"] == as_dict(again)["findings"]


def test_nothing_is_granted_on_an_unconfirmed_workload(reviewer):
    make.pool()
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    request = make.request(hospital, workload="health_records")
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, request)
    assert refused.value.code == "cannot_grant_workload"
    confirm_workload(actor=reviewer, request_id=request.public_id, workload="health_records", at=NOW)
    approve(reviewer, request)
    assert state_of(request) == RequestState.APPROVED


def test_general_use_needs_nobody_to_confirm_it(reviewer):
    make.pool()
    request = make.request()
    approve(reviewer, request)
    assert state_of(request) == RequestState.APPROVED


def test_only_what_is_left_can_be_granted_and_the_refusal_says_the_numbers(reviewer):
    make.pool(powered_on=200)  # 180 open, 20 for tier 1
    request = make.request(quantity=200, minimum=200, confirmed=True)
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, request)
    assert refused.value.values["left"] == 180
    assert "Only 180\N{NO-BREAK SPACE}vCPU are left" in refused.value.sentence
    assert LedgerEntry.objects.count() == 0
    assert state_of(request) == RequestState.IN_REVIEW


def test_lines_land_together_or_not_at_all(reviewer):
    make.pool(powered_on=1000)
    make.pool(resource="gpu", powered_on=0)
    request = make.request(lines=[AskedLine("vcpu", 10), AskedLine("gpu", 1)], confirmed=True)
    with pytest.raises(CannotGrant):
        approve(reviewer, request)
    assert LedgerEntry.objects.count() == 0


def test_approval_takes_a_region_the_customer_accepts(reviewer):
    make.pool("northeurope")
    request = make.request(confirmed=True)
    with pytest.raises(NotAskedFor):
        approve(reviewer, request, "northeurope")


def test_nobody_decides_what_they_filed_not_even_by_raw_sql():
    make.pool()
    home = make.portfolio()
    both = make.person(Role.ACCOUNT_MANAGER, Role.CAPACITY_REVIEWER, portfolios=[home])
    organization = make.organization(manager=both, portfolio=home)
    request = make.request(organization)
    with pytest.raises(OwnRequest):
        approve(make.actor(both), request)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(request=request, outcome=Outcome.APPROVE, by=both, at=NOW)


def test_reviewers_decide_in_their_regions_only():
    make.pool()
    elsewhere = make.acting(Role.CAPACITY_REVIEWER, regions=["northeurope"])
    request = make.request()
    with pytest.raises(NotAllowed):
        approve(elsewhere, request)
    with pytest.raises(OutOfReach):
        decline_request(actor=elsewhere, request_id=request.public_id, reason="No.", block="quota", at=NOW)
    for role in (Role.DUTY_MANAGER, Role.ACCOUNT_MANAGER, Role.AUDITOR, Role.EXECUTIVE, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            approve(make.acting(role), request)


def test_a_stale_page_decides_nothing(reviewer):
    make.pool()
    request = make.request()
    with pytest.raises(StaleForm):
        approve(reviewer, request, row_version=request.row_version + 1)
    approve(reviewer, request, row_version=request.row_version)


def test_the_second_of_two_learns_who_was_faster_and_how(reviewer):
    make.pool()
    request = make.request()
    approve(reviewer, request)
    with pytest.raises(AlreadyDecided) as refused:
        decline_request(
            actor=make.acting(Role.CAPACITY_REVIEWER), request_id=request.public_id, reason="No.", block="quota", at=NOW
        )
    assert refused.value.status == 409
    assert "Ada Example" in refused.value.sentence
    assert "approved in full" in refused.value.sentence


# --- the order in a scarce region ------------------------------------------------------------------------


def test_the_last_units_of_a_constrained_region_wait_for_tier_1(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=400)  # 360 open
    ahead = make.tier1_request(quantity=500, minimum=350)
    other = make.request(quantity=60, confirmed=True)
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, other)
    assert refused.value.code == "cannot_grant_order"
    assert (refused.value.values["request"], refused.value.values["ahead"]) == (other.label, ahead.label)
    assert ahead.label in refused.value.sentence
    assert LedgerEntry.objects.count() == 0
    decline_request(actor=reviewer, request_id=ahead.public_id, reason="Withdrawn by phone.", block="access", at=NOW)
    approve(reviewer, other)


def test_an_unconfirmed_tier_1_request_holds_the_last_units_too(reviewer):
    make.region(condition="critical")
    make.pool(powered_on=100)
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    ahead = make.request(hospital, quantity=95, workload="health_records")
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, make.request(quantity=60))
    assert ahead.label in refused.value.sentence


def test_what_leaves_room_for_everybody_ahead_is_granted(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=1000)
    make.tier1_request(quantity=500, minimum=350)
    other = make.request(quantity=40, confirmed=True)
    approve(reviewer, other)
    assert state_of(other) == RequestState.APPROVED


def test_a_confirmed_override_changes_the_order(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=400)
    make.tier1_request(quantity=500, minimum=350)
    other = make.request(quantity=18, minimum=18, confirmed=True)
    other_big = make.request(quantity=20, minimum=20, confirmed=True)
    assert other_big.order_standing == 0
    with pytest.raises(CannotGrant):
        approve(reviewer, make.request(quantity=51), at=NOW)
    override(other, "pin")
    approve(reviewer, other)
    assert state_of(other) == RequestState.APPROVED


def test_a_held_request_is_not_granted_and_holds_nobody_up(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=400)
    ahead = make.tier1_request(quantity=500, minimum=350)
    override(ahead, "hold")
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, ahead)
    assert refused.value.code == "cannot_grant_override"
    approve(reviewer, make.request(quantity=15, confirmed=True))


def test_what_is_held_for_a_second_signature_is_not_reserved_twice(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=1000)
    first = make.tier1_request(quantity=800)
    approve(reviewer, first)
    assert state_of(first) == RequestState.AWAITING_SECOND_SIGNATURE
    # 900 open and critical, 800 of the whole are held: 100 of the supply remain in all.
    approve(reviewer, make.request(quantity=50, confirmed=True))


# --- crews -------------------------------------------------------------------------------------------


def test_no_dated_promise_into_a_region_below_minimum_crew(reviewer):
    region = make.region()
    make.pool(powered_on=1000)
    for datacenter in region.datacenters.all():
        make.shift_reported(datacenter, 0)
    general = make.request()
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, general, undated=True)
    assert refused.value.code == "cannot_grant_staffing"
    urgent = make.tier1_request(quantity=20)
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, urgent)
    assert refused.value.code == "cannot_grant_staffing"
    decision = approve(reviewer, urgent, undated=True)
    assert decision.explanation["undated"] is True


def test_at_minimum_crew_tiers_four_and_five_get_no_date_and_the_reason_names_the_crew(reviewer):
    region = make.region()
    make.pool(powered_on=1000)
    make.shift_reported(region.datacenters.get(), 2)
    general = make.request(make.organization(offer_type="free"), confirmed=True)
    assert general.claimed_tier >= 4
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, general)
    assert refused.value.code == "cannot_grant_staffing"
    assert "westeurope-1, Day (06–18), " in refused.value.sentence
    assert "2 present, exactly the minimum." in refused.value.sentence
    assert approve(reviewer, general, undated=True).explanation["undated"] is True
    for spared in (make.request(confirmed=True), make.tier1_request(quantity=20)):
        approve(reviewer, spared)


def test_a_night_without_enough_people_next_week_refuses_a_date_and_keeps_more_for_failures(reviewer):
    region = make.region()
    pool = make.pool(powered_on=1000, failure_reserve=50)
    crew = region.datacenters.get()
    make.shift_reported(crew)
    make.rostered(crew, 5)
    thin = Rostered(crew.code, NOW.date() + timedelta(days=6), "night", "security", 1)
    plan_rosters(actor=SYSTEM, rows=[thin], at=NOW)
    pool.refresh_from_db()
    assert (pool.failure_reserve, pool.failure_reserve_permille, pool.supply, pool.supply_open) == (50, 2000, 900, 0)
    change = pool.supply_changes.latest("pk")
    assert (change.cause, change.supply_before, change.supply_after) == ("staffing", 950, 900)
    assert change.reasons[0]["params"] == {
        "datacenter": "westeurope-1",
        "role": "security",
        "shift": "night",
        "date": "2020-04-01",
        "minimum": 2,
        "rostered": 1,
        "percent": 0,
    }
    urgent = make.tier1_request(quantity=20)
    with pytest.raises(CannotGrant) as refused:
        approve(reviewer, urgent)
    assert "westeurope-1 · Security, Night (18–06), " in refused.value.sentence
    approve(reviewer, urgent, undated=True)

    make.rostered(crew, 5)
    pool.refresh_from_db()
    assert (pool.failure_reserve_permille, pool.supply) == (1000, 950)


# --- in part, elsewhere --------------------------------------------------------------------------------


def test_a_part_is_at_least_the_minimum_and_less_than_everything(reviewer):
    make.pool(powered_on=200)
    request = make.request(quantity=400, minimum=5, confirmed=True)
    with pytest.raises(CannotGrant):
        grant_in_part(
            actor=reviewer,
            request_id=request.public_id,
            region_code="westeurope",
            quantities={"vcpu": 4},
            reason="Little is left.",
            at=NOW,
        )
    with pytest.raises(NotAPart):
        grant_in_part(
            actor=reviewer,
            request_id=request.public_id,
            region_code="westeurope",
            quantities={"vcpu": 400},
            reason="All.",
            at=NOW,
        )
    with pytest.raises(QuantitiesDoNotMatch):
        grant_in_part(
            actor=reviewer,
            request_id=request.public_id,
            region_code="westeurope",
            quantities={"gpu": 4},
            reason="Something else.",
            at=NOW,
        )
    decision = grant_in_part(
        actor=reviewer,
        request_id=request.public_id,
        region_code="westeurope",
        quantities={"vcpu": 9},
        reason="Little is left.",
        at=NOW,
    )
    assert (state_of(request), decision.block) == (RequestState.PARTLY_APPROVED, "capacity")
    assert decision.next_look_date is not None
    assert decision.explanation["supply_needed"]["units"] == {"vcpu": 220}


def test_elsewhere_is_a_region_not_asked_for_in_which_the_data_may_be(reviewer):
    make.pool(powered_on=0)
    make.pool("northeurope", powered_on=1000)
    make.region("eastus", geography="United States", geography_group="United States")
    make.pool("eastus", powered_on=1000)
    request = make.request(quantity=40, residency_geography="Europe", confirmed=True)
    values = {"actor": reviewer, "request_id": request.public_id, "reason": "Agreed by phone.", "at": NOW}
    with pytest.raises(AskedFor):
        grant_elsewhere(region_code="westeurope", **values)
    with pytest.raises(CannotGrant) as refused:
        grant_elsewhere(region_code="eastus", **values)
    assert refused.value.code == "cannot_grant_access"
    decision = grant_elsewhere(region_code="northeurope", **values)
    assert (state_of(request), decision.block) == (RequestState.APPROVED_ELSEWHERE, "capacity")


# --- declining, waiting ----------------------------------------------------------------------------------


def test_a_denial_names_the_block_the_numbers_a_way_out_and_the_change_that_would_have_done(reviewer):
    make.region(condition="constrained")
    make.pool(powered_on=100)
    make.pool("northeurope", powered_on=1000)
    request = make.request(
        make.organization(customer_since=None, offer_type="pay_as_you_go"), quantity=120, confirmed=True
    )
    assert request.tier == 4
    decision = decline_request(actor=reviewer, request_id=request.public_id, reason="Too little is left.", at=NOW)
    assert (state_of(request), decision.block) == (RequestState.DECLINED, "capacity")
    (finding,) = decision.explanation["assessments"][0]["findings"]
    assert finding["reason"]["params"]["left"] == 90
    assert decision.explanation["ways_out"][0]["code"] == "other_region"
    assert decision.explanation["ways_out"][0]["place"] == "northeurope"
    assert decision.explanation["supply_needed"]["units"] == {"vcpu": 30}
    assert decision.next_look_date == NOW.date() + timedelta(days=7)


def test_where_there_is_room_a_person_says_what_speaks_against_it(reviewer):
    make.pool()
    request = make.request()
    with pytest.raises(BlockNotNamed):
        decline_request(actor=reviewer, request_id=request.public_id, reason="No.", at=NOW)
    decision = decline_request(actor=reviewer, request_id=request.public_id, reason="No.", block="quota", at=NOW)
    assert (decision.block, decision.explanation["named_by_person"]) == ("quota", True)


def test_a_waiting_request_is_looked_at_again_on_its_day(reviewer):
    make.pool(powered_on=0)
    request = make.request()
    with pytest.raises(LookDateRefused):
        waitlist_request(
            actor=reviewer, request_id=request.public_id, reason="Later.", next_look_date=NOW.date(), at=NOW
        )
    day = NOW.date() + timedelta(days=3)
    waitlist_request(actor=reviewer, request_id=request.public_id, reason="Later.", next_look_date=day, at=NOW)
    assert state_of(request) == RequestState.WAITLISTED
    assert look_again(at=NOW + timedelta(days=2)) == 0
    assert look_again(at=NOW + timedelta(days=3)) == 1
    assert look_again(at=NOW + timedelta(days=3)) == 0
    assert state_of(request) == RequestState.IN_REVIEW


# --- a second signature ------------------------------------------------------------------------------------


def test_a_large_grant_is_held_until_another_person_signs(reviewer, duty_manager):
    pool = make.pool(powered_on=1000)
    request = make.request(quantity=51, confirmed=True)
    with pytest.raises(EffectChanged):
        approve(reviewer, request, expects_signature=False)
    approve(reviewer, request)
    pool.refresh_from_db()
    assert (pool.held, pool.granted, state_of(request)) == (51, 0, RequestState.AWAITING_SECOND_SIGNATURE)
    with pytest.raises(WaitsForSignature):
        approve(reviewer, request)
    stale = make.acting(Role.DUTY_MANAGER, fresh_at=NOW - timedelta(minutes=6))
    with pytest.raises(NeedsFreshSignIn):
        confirm_grant(actor=stale, request_id=request.public_id, at=NOW)
    with pytest.raises(NotAllowed):
        confirm_grant(actor=reviewer, request_id=request.public_id, at=NOW)
    confirm_grant(actor=duty_manager, request_id=request.public_id, at=NOW)
    pool.refresh_from_db()
    assert (pool.held, pool.granted, state_of(request)) == (0, 51, RequestState.APPROVED)
    assert [grant.quantity for grant in standing_grants(request)] == [51]
    with pytest.raises(NothingToSign):
        confirm_grant(actor=duty_manager, request_id=request.public_id, at=NOW)


def test_the_first_signer_never_signs_second_not_even_by_raw_sql():
    make.pool(powered_on=1000)
    both = make.acting(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, fresh_at=NOW)
    request = make.request(quantity=51)
    first = approve(both, request)
    with pytest.raises(OwnSignature):
        confirm_grant(actor=both, request_id=request.public_id, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            request=request,
            outcome=Outcome.APPROVE,
            stage="second_signature",
            follows=first,
            by_id=both.user_id,
            at=NOW,
        )


def test_a_refused_signature_frees_what_was_held(reviewer, duty_manager):
    pool = make.pool(powered_on=1000)
    request = make.request(quantity=51)
    approve(reviewer, request)
    refuse_grant(actor=duty_manager, request_id=request.public_id, reason="Too much at once.", at=NOW)
    pool.refresh_from_db()
    assert (pool.held, state_of(request)) == (0, RequestState.IN_REVIEW)
    approve(reviewer, request)


def test_a_hold_put_on_meanwhile_stops_the_second_signature(reviewer, duty_manager):
    make.pool(powered_on=1000)
    request = make.request(quantity=51)
    approve(reviewer, request)
    override(request, "hold")
    with pytest.raises(FactsChanged):
        confirm_grant(actor=duty_manager, request_id=request.public_id, at=NOW)


# --- taking back, delivering, releasing --------------------------------------------------------------------


def test_a_decision_is_undone_within_ten_seconds_by_whoever_made_it(reviewer):
    pool = make.pool()
    request = make.request()
    decision = approve(reviewer, request)
    with pytest.raises(NotAllowed):
        undo_decision(actor=make.acting(Role.CAPACITY_REVIEWER), decision_id=decision.public_id, at=NOW)
    undone = undo_decision(actor=reviewer, decision_id=decision.public_id, at=NOW + timedelta(seconds=10))
    pool.refresh_from_db()
    assert (pool.granted, state_of(request), undone.follows_id) == (0, RequestState.IN_REVIEW, decision.pk)
    with pytest.raises(NothingToUndo):
        undo_decision(actor=reviewer, decision_id=decision.public_id, at=NOW + timedelta(seconds=10))
    again = approve(reviewer, request)
    with pytest.raises(TooLateToUndo):
        undo_decision(actor=reviewer, decision_id=again.public_id, at=NOW + timedelta(seconds=13))


@pytest.mark.parametrize("act", ["decline", "waitlist", "hold"])
def test_every_decision_can_be_undone(reviewer, act):
    pool = make.pool(powered_on=1000)
    request = make.request(quantity=51)
    if act == "decline":
        decision = decline_request(actor=reviewer, request_id=request.public_id, reason="No.", block="quota", at=NOW)
    elif act == "waitlist":
        day = NOW.date() + timedelta(days=3)
        decision = waitlist_request(
            actor=reviewer, request_id=request.public_id, reason="No.", block="quota", next_look_date=day, at=NOW
        )
    else:
        decision = approve(reviewer, request)
    undo_decision(actor=reviewer, decision_id=decision.public_id, at=NOW)
    pool.refresh_from_db()
    assert (pool.held, state_of(request)) == (0, RequestState.IN_REVIEW)


def test_what_was_granted_is_delivered_and_given_back_by_the_operator_of_the_region(reviewer):
    pool = make.pool()
    operator = make.acting(Role.REGION_OPERATOR, regions=["westeurope"])
    request = make.request()
    with pytest.raises(NothingToFulfil):
        fulfil_request(actor=operator, request_id=request.public_id, at=NOW)
    approve(reviewer, request)
    with pytest.raises(NotAllowed):
        fulfil_request(
            actor=make.acting(Role.REGION_OPERATOR, regions=["northeurope"]), request_id=request.public_id, at=NOW
        )
    fulfil_request(actor=operator, request_id=request.public_id, at=NOW)
    assert state_of(request) == RequestState.FULFILLED
    release_grant(actor=operator, request_id=request.public_id, reason="No longer needed.", at=NOW)
    pool.refresh_from_db()
    assert (pool.granted, state_of(request)) == (0, RequestState.RELEASED)
    assert list(standing_grants(request)) == []


# --- workload, information -----------------------------------------------------------------------------------


def test_another_person_confirms_the_workload_and_the_tier_follows(reviewer):
    hospital = make.hospital()
    make.verified_claim(of=hospital)
    request = make.request(hospital, workload="health_records")
    assert (request.claimed_tier, request.tier, request.is_confirmed) == (1, 3, False)
    with pytest.raises(UnknownWorkload):
        confirm_workload(actor=reviewer, request_id=request.public_id, workload="mining", at=NOW)
    confirmed = confirm_workload(actor=reviewer, request_id=request.public_id, workload="health_records", at=NOW)
    assert (confirmed.claimed_tier, confirmed.tier, confirmed.is_confirmed) == (1, 1, True)
    with pytest.raises(Exception, match="Say why"):
        confirm_workload(actor=reviewer, request_id=request.public_id, workload="general", at=NOW)
    lowered = confirm_workload(
        actor=reviewer, request_id=request.public_id, workload="general", reason="It is the web site.", at=NOW
    )
    assert (lowered.claimed_tier, lowered.tier) == (3, 3)
    with pytest.raises(IntegrityError), transaction.atomic():
        CapacityRequest.objects.filter(pk=request.pk).update(confirmed_by=request.filed_by)


def test_while_information_is_asked_for_nothing_is_decided(reviewer):
    make.pool()
    request = make.request()
    request_information(actor=reviewer, request_id=request.public_id, question="Which service is it?", at=NOW)
    with pytest.raises(NotInReview):
        approve(reviewer, request)


def test_no_decision_leaves_the_pool_and_the_ledger_apart(reviewer, duty_manager):
    make.pool(powered_on=1000)
    for quantity in (10, 51, 30, 60):
        request = make.request(quantity=quantity)
        approve(reviewer, request)
        if state_of(request) == RequestState.AWAITING_SECOND_SIGNATURE:
            confirm_grant(actor=duty_manager, request_id=request.public_id, at=NOW)
    pool = Pool.objects.get(region__code="westeurope", resource__code="vcpu")
    assert (pool.granted, pool.held) == (151, 0)
