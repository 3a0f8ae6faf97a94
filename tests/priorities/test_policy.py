"""The policy core: who comes first, why, and what would change it."""

import dataclasses
import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priorities.policy import (
    CATEGORIES,
    FREE_OFFERS,
    PAID_OFFERS,
    Facts,
    OfferType,
    OverrideFact,
    OverrideKind,
    OverrideScope,
    Ranking,
    Rule,
    SectorClaim,
    TierTerms,
    Verification,
    Workload,
    aged_score,
    default_policy,
    digest,
    due_at,
    is_overdue,
    order_key,
    problems,
    rank,
    sentences,
    waited_days,
    what_would_change,
)

MARCH = datetime(2020, 3, 21, 9, 0, tzinfo=UTC)
POLICY = default_policy()
BERLIN = ZoneInfo("Europe/Berlin")


def claim(category="HE-ACUTE", verification="verified", certificate=False):
    return SectorClaim(category, Verification(verification), certificate)


def facts(*claims, workload=Workload.GENERAL, **changes):
    values = {
        "claims": claims,
        "workload": workload,
        "workload_confirmed": True,
        "offer_type": OfferType.ENTERPRISE,
        "is_existing": True,
        "is_internal": False,
        "completed_at": MARCH,
        "request_number": 1,
        **changes,
    }
    return Facts(**values)


def codes(ranking):
    return [reason.code for reason in ranking.reasons]


def scarce_key(request, at=MARCH, policy=POLICY):
    return order_key(rank(request, policy), request, scarce=True, at=at)


def normal_key(request, at=MARCH):
    return order_key(rank(request, POLICY), request, scarce=False, at=at)


# --- strategies ---

claims = st.builds(
    SectorClaim, st.sampled_from(CATEGORIES), st.sampled_from(list(Verification)), certificate=st.booleans()
)
override_facts = st.one_of(
    st.builds(OverrideFact, st.just("retier"), st.integers(1, 5), st.sampled_from(list(OverrideScope)), st.just("r")),
    st.builds(OverrideFact, st.just("cap"), st.integers(0, 1000), st.sampled_from(list(OverrideScope)), st.just("c")),
    st.builds(OverrideFact, st.sampled_from(["pin", "hold", "release"]), st.none(), reference=st.just("o")),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@st.composite
def any_facts(draw, overrides=True):
    return Facts(
        claims=tuple(draw(st.lists(claims, max_size=4))),
        workload=draw(st.sampled_from(list(Workload))),
        workload_confirmed=draw(st.booleans()),
        offer_type=draw(st.sampled_from(list(OfferType))),
        is_existing=draw(st.booleans()),
        is_internal=draw(st.booleans()),
        completed_at=draw(st.none() | moments),
        request_number=draw(st.integers(1, 10**9)),
        overrides=tuple(draw(st.lists(override_facts, max_size=3))) if overrides else (),
    )


@st.composite
def policies(draw):
    """Sound variations of the default: other tiers, criteria dropped, other order, weights, scores and aging."""
    rules = []
    for rule in draw(st.permutations(POLICY.rules)):
        if rule.categories is not None:
            rule = dataclasses.replace(rule, tier=draw(st.integers(1, 5)), needs_certificate=draw(st.booleans()))
        rules.append(rule)
    workload = draw(st.integers(0, 1000))
    certificate = draw(st.integers(0, 1000 - workload))
    provisional = draw(st.integers(0, 1000))
    return dataclasses.replace(
        POLICY,
        rules=tuple(rules),
        weight_workload=workload,
        weight_certificate=certificate,
        weight_verification=1000 - workload - certificate,
        workload_scores=tuple((key, draw(st.integers(0, 1000))) for key in Workload),
        verification_scores=(("verified", draw(st.integers(provisional, 1000))), ("provisional", provisional)),
        tiers=tuple(
            dataclasses.replace(terms, aging_points=draw(st.integers(0, 500)) if terms.tier > 1 else 0)
            for terms in POLICY.tiers
        ),
        strict_tier_one=draw(st.booleans()),
    )


# --- the default taxonomy, against a second, plain statement of it ---

EMERGENCY = {"emergency_dispatch", "emergency_routing", "alerting"}
HEALTH = {"medical_supply", "health_bots", "health_records"}
LISTED = {
    "FR": EMERGENCY | {"health_records"},
    "HE": EMERGENCY | HEALTH,
    "EM": EMERGENCY | HEALTH,
    "CI": EMERGENCY | {"medical_supply", "public_administration", "remote_contact_center"},
    "GV-CORE": EMERGENCY | {"public_administration"},
    "GV-JUSTICE": EMERGENCY | {"public_administration"},
    "GV-DEFENCE": EMERGENCY | {"public_administration"},
    "ED-REMOTE": {"education"},
    "RS-CRISIS": HEALTH | {"alerting"},
    "RW-CORE": {"remote_work_core"},
}


def oracle_tier(request):
    """The taxonomy of the default version read aloud: the best of what the claims and the offer give."""
    if request.offer_type in ("free", "trial", "student", "credits"):
        tiers = [5]
    else:
        tiers = [3 if request.is_existing else 4]
    for one in request.claims:
        if one.verification == "none":
            continue
        if one.category == "GV-OTHER":
            tiers.append(3)
            continue
        listed = LISTED.get(one.category) or LISTED[one.category[:2]]
        if request.workload not in listed or not request.workload_confirmed:
            continue
        if one.category == "RW-CORE" and not request.is_internal:
            continue
        first = one.category[:2] in ("FR", "HE", "EM") or one.category in ("GV-CORE", "RW-CORE")
        tiers.append(1 if first or one.certificate else 2)
    return min(tiers)


@given(any_facts(overrides=False))
def test_the_default_version_gives_the_tiers_of_its_taxonomy(request_facts):
    ranking = rank(request_facts, POLICY)
    assert ranking.tier == oracle_tier(request_facts)
    confirmed = dataclasses.replace(request_facts, workload_confirmed=True)
    assert ranking.claimed_tier == oracle_tier(confirmed)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("workload", list(Workload))
@pytest.mark.parametrize("certificate", [False, True])
def test_every_category_with_every_workload_has_its_tier(category, workload, certificate):
    request = facts(claim(category, certificate=certificate), workload=workload, is_internal=True)
    assert rank(request, POLICY).tier == oracle_tier(request)


def test_a_hospitals_marketing_site_is_not_tier_one():
    ranking = rank(facts(claim("HE-ACUTE"), workload=Workload.GENERAL), POLICY)
    assert (ranking.tier, ranking.claimed_tier, ranking.clause) == (3, 3, "3.2")
    assert codes(ranking) == ["by_offer", "workload_not_listed"]
    assert rank(facts(claim("HE-ACUTE"), workload=Workload.HEALTH_RECORDS), POLICY).tier == 1


def test_an_unconfirmed_workload_queues_at_its_claimed_tier_and_has_nothing_on_it():
    request = facts(claim("HE-ACUTE"), workload=Workload.HEALTH_RECORDS, workload_confirmed=False)
    ranking = rank(request, POLICY)
    assert (ranking.claimed_tier, ranking.tier, ranking.confirmed, ranking.clause) == (1, 3, False, "1.2")
    assert "workload_unconfirmed" in codes(ranking)
    assert scarce_key(request)[2] == 1

    confirmed = dataclasses.replace(request, workload_confirmed=True)
    ranking = rank(confirmed, POLICY)
    assert (ranking.claimed_tier, ranking.tier, ranking.confirmed) == (1, 1, True)
    assert scarce_key(confirmed) < scarce_key(request)


def test_a_tier_that_does_not_rest_on_the_workload_needs_no_confirmation():
    ranking = rank(facts(workload_confirmed=False), POLICY)
    assert (ranking.tier, ranking.confirmed) == (3, True)


def test_a_claim_without_verification_counts_for_nothing_and_a_provisional_one_ranks_after_verified():
    dispatch = {"workload": Workload.EMERGENCY_DISPATCH}
    unverified = facts(claim("FR-FIRE", "none"), **dispatch)
    assert rank(unverified, POLICY).tier == 3
    assert "claim_unverified" in codes(rank(unverified, POLICY))
    provisional = facts(claim("FR-FIRE", "provisional"), **dispatch)
    verified = facts(claim("FR-FIRE"), **dispatch)
    assert rank(provisional, POLICY).tier == rank(verified, POLICY).tier == 1
    assert rank(provisional, POLICY).provisional
    assert "claim_provisional" in codes(rank(provisional, POLICY))
    assert not rank(verified, POLICY).provisional
    assert codes(rank(verified, POLICY)) == ["by_category"]
    assert scarce_key(verified) < scarce_key(provisional)


def test_a_verified_category_outranks_the_offer_type():
    library = facts(claim("GV-OTHER"), offer_type=OfferType.FREE)
    assert rank(library, POLICY).tier == 3
    assert codes(rank(library, POLICY)) == ["by_category_alone", "offer_outranked"]
    assert rank(facts(offer_type=OfferType.FREE), POLICY).tier == 5


def test_a_category_that_counts_for_others_only_is_named():
    own = facts(claim("RW-CORE"), workload=Workload.REMOTE_WORK_CORE, is_internal=True)
    assert codes(rank(own, POLICY)) == ["by_category"]
    foreign = dataclasses.replace(own, is_internal=False)
    assert codes(rank(foreign, POLICY)) == ["by_offer", "claim_does_not_apply"]
    # A second category that would give a tier as well is not spoken of.
    both = facts(claim("FR-FIRE"), claim("CI-WATER"), claim("GV-OTHER"), workload=Workload.ALERTING)
    assert codes(rank(both, POLICY)) == ["by_category"]


def test_the_reason_names_a_certificate_when_the_tier_rests_on_it():
    request = facts(claim("CI-WATER", certificate=True), workload=Workload.ALERTING)
    reason = rank(request, POLICY).reasons[0]
    assert (reason.code, reason.params["clause"], reason.params["category"]) == ("by_certificate", "1.5", "CI-WATER")
    assert rank(facts(claim("CI-WATER"), workload=Workload.ALERTING), POLICY).tier == 2


def test_a_request_no_rule_reaches_gets_the_lowest_tier_and_is_told_so():
    empty = dataclasses.replace(POLICY, rules=(Rule("1.1", 1, categories=("FR-FIRE",), workloads=("alerting",)),))
    ranking = rank(facts(), empty)
    assert (ranking.tier, ranking.clause, codes(ranking)) == (5, "", ["no_rule"])
    assert rank(facts(workload_confirmed=False), empty).confirmed


def test_a_rule_may_rest_on_the_workload_alone():
    policy = dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("2.9", 2, workloads=("education",))))
    ranking = rank(facts(workload=Workload.EDUCATION), policy)
    assert (ranking.tier, codes(ranking)) == (2, ["by_workload"])
    ranking = rank(facts(workload=Workload.EDUCATION, workload_confirmed=False), policy)
    assert (ranking.tier, ranking.claimed_tier, ranking.confirmed) == (3, 2, False)


# --- score ---


def test_a_score_is_the_sum_of_its_terms_and_each_term_is_shown():
    request = facts(claim("CI-WATER", certificate=True), workload=Workload.EMERGENCY_ROUTING)
    ranking = rank(request, POLICY)
    assert [(term.name, term.weight, term.value, term.points) for term in ranking.terms] == [
        ("workload", 500, 900, 450),
        ("certificate", 250, 1000, 250),
        ("verification", 250, 1000, 250),
    ]
    assert ranking.score == 950


def test_of_two_claims_that_give_the_tier_the_one_with_the_better_score_counts():
    request = facts(claim("FR-EMS", certificate=True), claim("FR-DISPATCH"), workload=Workload.ALERTING)
    ranking = rank(request, POLICY)
    assert (ranking.score, ranking.reasons[0].params["category"]) == (950, "FR-EMS")


def test_what_is_only_stated_earns_no_points():
    request = facts(claim("HE-ACUTE", "provisional"), workload=Workload.HEALTH_RECORDS, workload_confirmed=False)
    assert [term.points for term in rank(request, POLICY).terms] == [0, 0, 125]
    # The certificate belongs to a claim on which the tier does not rest.
    request = facts(claim("ED-REMOTE", certificate=True), workload=Workload.GENERAL)
    assert [term.points for term in rank(request, POLICY).terms] == [50, 0, 0]


@given(any_facts(), policies())
def test_a_score_stays_within_a_thousand(request_facts, policy):
    ranking = rank(request_facts, policy)
    assert ranking.score == sum(term.points for term in ranking.terms)
    assert 0 <= ranking.score <= 1000


# --- better facts never worsen a rank ---


def improvements(request):
    """Every single fact that is better than it was, for any policy."""
    for index, one in enumerate(request.claims):
        rest = request.claims[:index] + request.claims[index + 1 :]
        for state in Verification:
            if list(Verification).index(state) < list(Verification).index(one.verification):
                better = dataclasses.replace(one, verification=state)
                yield dataclasses.replace(request, claims=(*rest, better))
        yield dataclasses.replace(request, claims=(*rest, dataclasses.replace(one, certificate=True)))
    yield dataclasses.replace(request, workload_confirmed=True)


@given(any_facts(), policies(), moments)
def test_a_better_fact_never_worsens_a_rank(request_facts, policy, at):
    before = rank(request_facts, policy)
    for better in improvements(request_facts):
        after = rank(better, policy)
        assert after.tier <= before.tier
        assert after.claimed_tier <= before.claimed_tier
        assert scarce_key(better, at, policy) <= scarce_key(request_facts, at, policy)


@given(any_facts(), claims, policies(), moments)
def test_one_more_claim_never_worsens_a_rank(request_facts, extra, policy, at):
    better = dataclasses.replace(request_facts, claims=(*request_facts.claims, extra))
    assert rank(better, policy).tier <= rank(request_facts, policy).tier
    assert scarce_key(better, at, policy) <= scarce_key(request_facts, at, policy)


@given(any_facts(), moments)
def test_being_an_existing_or_a_paying_customer_never_worsens_a_rank(request_facts, at):
    existing = dataclasses.replace(request_facts, is_existing=True)
    assert scarce_key(existing, at) <= scarce_key(request_facts, at)
    if request_facts.offer_type in FREE_OFFERS:
        for offer in PAID_OFFERS:
            paying = dataclasses.replace(request_facts, offer_type=offer)
            assert scarce_key(paying, at) <= scarce_key(request_facts, at)


# --- same facts, same bytes ---


@given(any_facts(), policies(), st.randoms(use_true_random=False))
def test_the_same_facts_give_the_same_bytes_in_any_order_and_after_a_round_trip(request_facts, policy, rng):
    shuffled = dataclasses.replace(
        request_facts,
        claims=tuple(rng.sample(request_facts.claims, len(request_facts.claims))),
        overrides=tuple(rng.sample(request_facts.overrides, len(request_facts.overrides))),
    )
    assert shuffled == request_facts
    restored = Facts.from_dict(json.loads(json.dumps(request_facts.as_dict())))
    assert restored == request_facts
    assert digest(restored) == digest(request_facts)
    ranking = rank(request_facts, policy)
    assert Ranking.from_dict(json.loads(json.dumps(ranking.as_dict()))) == ranking
    assert digest(rank(restored, policy)) == digest(ranking)


def test_different_facts_and_different_policies_have_different_digests():
    assert digest(facts()) != digest(facts(request_number=2))
    assert digest(POLICY) == digest(default_policy())
    assert digest(POLICY) != digest(dataclasses.replace(POLICY, reserve_permille=101))


def test_a_moment_in_another_time_zone_is_the_same_fact():
    assert facts(completed_at=MARCH.astimezone(BERLIN)).as_dict() == facts().as_dict()


def test_quantity_and_revenue_cannot_be_given():
    assert {field.name for field in dataclasses.fields(Facts)} == {
        "claims",
        "workload",
        "workload_confirmed",
        "offer_type",
        "is_existing",
        "is_internal",
        "completed_at",
        "request_number",
        "overrides",
    }
    with pytest.raises(TypeError):
        facts(quantity=10_000)


def test_facts_refuse_what_they_cannot_mean():
    with pytest.raises(ValueError, match="time zone"):
        facts(completed_at=datetime(2020, 3, 21))
    with pytest.raises(ValueError, match="platinum"):
        facts(offer_type="platinum")
    for kind, value in [
        ("retier", 0),
        ("retier", 6),
        ("retier", None),
        ("cap", None),
        ("cap", -1),
        ("cap", 1001),
        ("pin", 1),
    ]:
        with pytest.raises(ValueError, match=kind):
            OverrideFact(kind, value)
    assert OverrideFact("cap", 0).value == 0
    assert OverrideFact("cap", 1000).value == 1000


# --- order ---


def test_with_capacity_for_all_the_order_is_by_completeness_then_number():
    early = facts(completed_at=MARCH, request_number=9, offer_type=OfferType.FREE)
    tie = facts(completed_at=MARCH, request_number=10, offer_type=OfferType.FREE)
    late = facts(claim(), workload=Workload.HEALTH_RECORDS, completed_at=MARCH + timedelta(microseconds=1))
    assert normal_key(early) < normal_key(tie) < normal_key(late)
    assert scarce_key(late) < scarce_key(early)


def test_the_scarce_order_looks_at_one_thing_after_the_other():
    """Each request is worse than the one before it in one thing, and better in everything that comes later."""
    at = MARCH + timedelta(days=40)
    routing = {"workload": Workload.EMERGENCY_ROUTING}
    pinned = facts(offer_type=OfferType.FREE, completed_at=at, overrides=(OverrideFact("pin"),))
    tier1 = facts(claim("FR-FIRE", "provisional"), workload=Workload.EMERGENCY_ROUTING, completed_at=at)
    overdue = facts(
        claim("CI-WATER"),
        workload=Workload.REMOTE_CONTACT_CENTER,
        completed_at=at - timedelta(days=14),
        request_number=7,
    )
    score = facts(claim("CI-WATER"), completed_at=at, request_number=6, **routing)
    arrival = facts(claim("CI-WATER"), completed_at=at - timedelta(minutes=5), request_number=5, **routing)
    number = facts(claim("CI-WATER"), completed_at=at, request_number=5, **routing)
    provisional = facts(
        claim("CI-WATER", "provisional"), completed_at=at - timedelta(days=39), request_number=2, **routing
    )
    tier3 = facts(claim("GV-OTHER"), completed_at=at - timedelta(days=39), request_number=1)
    incomplete = facts(claim("FR-FIRE"), completed_at=None, **routing)
    held = facts(claim("FR-FIRE"), overrides=(OverrideFact("hold"),), **routing)
    expected = [pinned, tier1, overdue, arrival, number, score, provisional, tier3, incomplete, held]
    rng = random.Random(20200321)
    for _ in range(20):
        shuffled = rng.sample(expected, len(expected))
        assert sorted(shuffled, key=lambda one: scarce_key(one, at)) == expected


@given(st.lists(any_facts(), min_size=2, max_size=8, unique_by=lambda one: one.request_number), moments, st.booleans())
def test_the_order_is_total(requests, at, scarce):
    keys = [order_key(rank(one, POLICY), one, scarce=scarce, at=at) for one in requests]
    assert len(set(keys)) == len(keys)


@given(any_facts(), any_facts(), policies(), moments)
def test_neither_score_nor_waiting_ever_crosses_a_tier(one, other, policy, at):
    one, other = (dataclasses.replace(each, completed_at=each.completed_at or MARCH) for each in (one, other))
    if one.pinned or other.pinned or one.held or other.held:
        return
    tiers = rank(one, policy).claimed_tier, rank(other, policy).claimed_tier
    if tiers[0] != tiers[1]:
        assert (scarce_key(one, at, policy) < scarce_key(other, at, policy)) == (tiers[0] < tiers[1])


@pytest.mark.parametrize(
    ("waited", "days"),
    [
        (timedelta(0), 0),
        (timedelta(days=1) - timedelta(microseconds=1), 0),
        (timedelta(days=1), 1),
        (timedelta(days=14) - timedelta(microseconds=1), 13),
        (timedelta(days=14), 14),
        (timedelta(hours=-1), 0),
    ],
)
def test_waiting_counts_whole_days_and_is_overdue_once_the_maximum_has_passed_in_full(waited, days):
    request = facts(claim("CI-WATER"), workload=Workload.ALERTING)
    ranking = rank(request, POLICY)
    at = MARCH + waited
    assert waited_days(request, at) == days
    assert aged_score(ranking, request, at=at) == ranking.score + 20 * days
    assert is_overdue(ranking, request, at=at) == (days >= 14)


def test_in_tier_one_arrival_only_breaks_ties():
    better = facts(claim("FR-FIRE"), workload=Workload.EMERGENCY_DISPATCH, completed_at=MARCH + timedelta(days=400))
    older = facts(claim("FR-FIRE"), workload=Workload.EMERGENCY_ROUTING, completed_at=MARCH, request_number=2)
    at = MARCH + timedelta(days=500)
    assert not is_overdue(rank(older, POLICY), older, at=at)
    assert scarce_key(better, at) < scarce_key(older, at)
    same = dataclasses.replace(better, completed_at=MARCH, request_number=3)
    assert scarce_key(same, at) < scarce_key(better, at)


def test_an_incomplete_request_neither_waits_nor_ages():
    request = facts(completed_at=None)
    assert waited_days(request, MARCH + timedelta(days=99)) == 0
    assert not is_overdue(rank(request, POLICY), request, at=MARCH + timedelta(days=99))


# --- overrides ---


def test_a_retier_sets_the_tier_and_says_what_it_was():
    request = facts(offer_type=OfferType.TRIAL, overrides=(OverrideFact("retier", 2, reference="o-1"),))
    ranking = rank(request, POLICY)
    assert (ranking.tier, ranking.claimed_tier, ranking.clause) == (2, 2, "5.1")
    assert (ranking.aging_points, ranking.max_wait_days) == (20, 14)
    reason = ranking.reasons[-1]
    assert (reason.code, reason.params["was"], reason.params["tier"]) == ("override_retier", 5, 2)
    assert reason.params["reference"] == "o-1"


def test_a_retier_rests_on_two_people_and_not_on_the_workload_or_a_claim():
    request = facts(
        claim("HE-ACUTE", "provisional"),
        workload=Workload.HEALTH_RECORDS,
        workload_confirmed=False,
        overrides=(OverrideFact("retier", 4),),
    )
    ranking = rank(request, POLICY)
    assert (ranking.tier, ranking.claimed_tier) == (4, 4)
    assert ranking.confirmed
    assert not ranking.provisional


def test_the_best_score_counts_under_a_retier_whatever_tier_it_came_with():
    request = facts(
        claim("FR-FIRE", "provisional"),
        claim("CI-WATER", certificate=True),
        workload=Workload.EMERGENCY_ROUTING,
        overrides=(OverrideFact("retier", 3),),
    )
    assert [term.points for term in rank(request, POLICY).terms] == [450, 250, 250]


def test_the_narrower_override_counts():
    wide, narrow = OverrideFact("retier", 1, OverrideScope.ORGANIZATION), OverrideFact("retier", 4)
    assert rank(facts(overrides=(wide, narrow)), POLICY).tier == 4
    assert rank(facts(overrides=(wide,)), POLICY).tier == 1
    same_scope = (OverrideFact("retier", 4, reference="a"), OverrideFact("retier", 2, reference="b"))
    assert rank(facts(overrides=same_scope), POLICY).tier == 2


def test_a_release_takes_a_request_out_of_a_hold_and_a_cap():
    wide = (
        OverrideFact("hold", scope=OverrideScope.ORGANIZATION),
        OverrideFact("cap", 250, OverrideScope.ORGANIZATION),
    )
    held, released = facts(overrides=wide), facts(overrides=(*wide, OverrideFact("release")))
    assert (held.held, held.cap_permille) == (True, 250)
    assert (released.held, released.cap_permille) == (False, None)
    assert facts().cap_permille is None
    assert not facts(overrides=(OverrideFact("release"),)).held
    assert scarce_key(released) < scarce_key(held)
    assert normal_key(released) < normal_key(held)
    cap = rank(held, POLICY).reasons[1]
    assert (cap.code, cap.params["permille"]) == ("override_cap", 250)
    assert "permille" not in rank(held, POLICY).reasons[2].params


@given(any_facts())
def test_every_override_in_force_has_its_reason(request_facts):
    ranking = rank(request_facts, POLICY)
    for fact in request_facts.overrides:
        assert f"override_{fact.kind}" in codes(ranking)


# --- when a decision is due ---


@pytest.mark.parametrize(
    ("tier", "completed", "due"),
    [
        (1, "2020-03-20T22:00+01:00", "2020-03-21T02:00+01:00"),  # tier 1 counts around the clock
        (2, "2020-03-19T10:00+01:00", "2020-03-20T10:00+01:00"),
        (2, "2020-03-20T10:00+01:00", "2020-03-23T10:00+01:00"),  # Friday: over the weekend
        (2, "2020-03-21T10:00+01:00", "2020-03-24T00:00+01:00"),  # Saturday: counts from Monday
        (2, "2020-03-22T23:59+01:00", "2020-03-24T00:00+01:00"),
        (2, "2020-03-27T10:00+01:00", "2020-03-30T10:00+02:00"),  # the clock goes forward in between
        (3, "2020-03-18T10:00+01:00", "2020-03-23T10:00+01:00"),
        (4, "2020-03-20T10:00+01:00", "2020-03-27T10:00+01:00"),
        (5, "2020-03-16T10:00+01:00", "2020-03-30T10:00+02:00"),
    ],
)
def test_a_decision_is_due_by_the_service_target(tier, completed, due):
    request = facts(completed_at=datetime.fromisoformat(completed), overrides=(OverrideFact("retier", tier),))
    assert due_at(rank(request, POLICY), request, POLICY, zone=BERLIN) == datetime.fromisoformat(due)


def test_hours_left_over_on_a_working_day_do_not_end_on_a_weekend():
    tiers = tuple(dataclasses.replace(terms, target_hours=28, working_days=True) for terms in POLICY.tiers)
    policy = dataclasses.replace(POLICY, tiers=tiers)
    request = facts(completed_at=datetime.fromisoformat("2020-03-19T22:00+01:00"))
    due = due_at(rank(request, policy), request, policy, zone=BERLIN)
    assert due == datetime.fromisoformat("2020-03-23T02:00+01:00")


def test_nothing_is_due_before_the_request_is_complete():
    request = facts(completed_at=None)
    assert due_at(rank(request, POLICY), request, POLICY, zone=BERLIN) is None


# --- what would change it ---


def apply_change(request, change):
    """Apply a change independently of how it was found."""
    params = change.params
    if change.code == "confirm_workload":
        return dataclasses.replace(request, workload_confirmed=True)
    if change.code == "workload_becomes":
        return dataclasses.replace(request, workload=params["workload"])
    if change.code == "offer_becomes":
        return dataclasses.replace(request, offer_type=params["offer"])
    if change.code in ("becomes_new", "becomes_existing"):
        return dataclasses.replace(request, is_existing=change.code == "becomes_existing")
    if change.code == "override_ends":
        kept = [fact for fact in request.overrides if str(fact.kind) != params["kind"]]
        return dataclasses.replace(request, overrides=tuple(kept))
    position = [one.category for one in request.claims].index(params["category"])
    values = list(request.claims)
    if change.code == "claim_becomes":
        values[position] = dataclasses.replace(values[position], verification=params["verification"])
    else:
        assert change.code in ("certificate_added", "certificate_ends")
        values[position] = dataclasses.replace(values[position], certificate=change.code == "certificate_added")
    return dataclasses.replace(request, claims=tuple(values))


@given(any_facts(), policies())
def test_each_change_named_changes_the_tier_as_it_says(request_facts, policy):
    # One claim per category and one override per kind, so that a change can be applied by its name.
    request_facts = dataclasses.replace(
        request_facts,
        claims=tuple({one.category: one for one in request_facts.claims}.values()),
        overrides=tuple({fact.kind: fact for fact in request_facts.overrides}.values()),
    )
    now = rank(request_facts, policy)
    changes = what_would_change(request_facts, policy)
    assert list(changes) == sorted(changes, key=lambda change: (change.tier, change.claimed_tier))
    for change in changes:
        then = rank(apply_change(request_facts, change), policy)
        assert (then.tier, then.claimed_tier, then.clause) == (change.tier, change.claimed_tier, change.clause)
        assert (then.tier, then.claimed_tier) != (now.tier, now.claimed_tier)


def test_what_would_change_misses_nothing():
    request = facts(
        claim("CI-WATER"),
        claim("FR-FIRE", "none"),
        workload=Workload.EMERGENCY_ROUTING,
        workload_confirmed=False,
        overrides=(OverrideFact("pin"),),
    )
    said = {
        (change.code, *change.params.values(), change.tier, change.claimed_tier)
        for change in what_would_change(request, POLICY)
    }
    unlisted = {"health_bots", "health_records", "remote_work_core", "education", "general"}
    assert said == {
        ("confirm_workload", "emergency_routing", 2, 2),
        ("claim_becomes", "CI-WATER", "none", 3, 3),
        ("claim_becomes", "FR-FIRE", "verified", 3, 1),
        ("claim_becomes", "FR-FIRE", "provisional", 3, 1),
        ("certificate_added", "CI-WATER", 3, 1),
        ("becomes_new", 4, 2),
        *(("offer_becomes", str(offer), 5, 2) for offer in FREE_OFFERS),
        *(("workload_becomes", workload, 3, 3) for workload in unlisted),
    }
    new = facts(is_existing=False, overrides=(OverrideFact("retier", 2, reference="o-9"),))
    (only,) = what_would_change(new, POLICY)
    assert only.as_dict() == {
        "code": "override_ends",
        "params": {"kind": "retier", "reference": "o-9"},
        "tier": 4,
        "claimed_tier": 4,
        "clause": "4.1",
    }


# --- the policy itself ---


def test_the_default_version_is_sound_and_reaches_every_category():
    assert problems(POLICY) == ()
    reached = {category for rule in POLICY.rules for category in rule.categories or ()}
    assert reached == set(CATEGORIES)
    assert {key for key, _ in POLICY.workload_scores} == {str(workload) for workload in Workload}
    assert [terms.tier for terms in POLICY.tiers] == [1, 2, 3, 4, 5]


def test_a_policy_rebuilt_from_rows_in_any_order_is_equal():
    rebuilt = dataclasses.replace(
        POLICY, tiers=POLICY.tiers[::-1], workload_scores=tuple(dict(POLICY.workload_scores).items())[::-1]
    )
    assert rebuilt == POLICY
    assert digest(rebuilt) == digest(POLICY)
    with pytest.raises(LookupError):
        POLICY.terms_of(6)


def with_terms(tier, **changes):
    tiers = (dataclasses.replace(terms, **changes) if terms.tier == tier else terms for terms in POLICY.tiers)
    return {"tiers": tuple(tiers)}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weight_workload": 499}, "weights_do_not_sum"),
        ({"weight_workload": 501}, "weights_do_not_sum"),
        ({"weight_workload": 750, "weight_certificate": 500, "weight_verification": -250}, "weights_do_not_sum"),
        ({"workload_scores": (("general", 1001),)}, "score_out_of_range"),
        ({"workload_scores": (("general", -1),)}, "score_out_of_range"),
        ({"tiers": POLICY.tiers[1:]}, "tiers_incomplete"),
        (with_terms(1, aging_points=1), "tier_one_must_not_age"),
        (with_terms(2, aging_points=-1), "terms_out_of_range"),
        (with_terms(2, target_hours=0), "terms_out_of_range"),
        (with_terms(2, max_wait_days=-1), "terms_out_of_range"),
        (with_terms(2, max_wait_days=0), "terms_out_of_range"),
        ({"reserve_permille": -1}, "share_out_of_range"),
        ({"mark_permille": 1001}, "share_out_of_range"),
        ({"second_signature_permille": 1001}, "share_out_of_range"),
        ({"rules": (*POLICY.rules, POLICY.rules[0])}, "clause_twice"),
        ({"rules": (*POLICY.rules, Rule("6.1", 6))}, "unknown_tier"),
        ({"rules": (*POLICY.rules, Rule("0.1", 0))}, "unknown_tier"),
        ({"rules": (*POLICY.rules, Rule("3.9", 3, needs_certificate=True))}, "certificate_without_category"),
        ({"rules": (*POLICY.rules, Rule("2.9", 2, categories=("GV-OTHER",)))}, "workload_missing"),
        ({"rules": (*POLICY.rules, Rule("3.9", 3, categories=()))}, "rule_unreachable"),
        ({"rules": POLICY.rules[:-1]}, "somebody_left_out"),
        ({"rules": POLICY.rules[:-2] + POLICY.rules[-1:]}, "somebody_left_out"),
    ],
)
def test_an_unsound_policy_is_named_as_such(changes, code):
    assert code in {problem.code for problem in problems(dataclasses.replace(POLICY, **changes))}


@pytest.mark.parametrize(
    "changes",
    [
        {"reserve_permille": 0, "mark_permille": 1000},
        {"workload_scores": (("general", 0), ("alerting", 1000))},
        {"weight_workload": 1000, "weight_certificate": 0, "weight_verification": 0},
        with_terms(2, max_wait_days=1, aging_points=0, target_hours=1),
        {"rules": (*POLICY.rules, Rule("3.9", 3, categories=("CI-FOOD",)))},
        {"rules": (*POLICY.rules, Rule("2.9", 2, internal=True))},
    ],
)
def test_a_sound_policy_at_its_bounds_is_accepted(changes):
    assert problems(dataclasses.replace(POLICY, **changes)) == ()


@pytest.mark.parametrize(
    "rule",
    [
        Rule("5.9", 5, workloads=("general",)),
        Rule("5.9", 5, internal=True),
        Rule("5.9", 5, categories=("GV-OTHER",)),
        Rule("5.9", 5, existing=True),
        Rule("5.9", 5, offers=PAID_OFFERS),
    ],
)
def test_a_rule_with_a_condition_does_not_catch_everybody(rule):
    assert "somebody_left_out" in {problem.code for problem in problems(dataclasses.replace(POLICY, rules=(rule,)))}


def test_exactly_those_left_out_are_named():
    def left_out(rules):
        found = problems(dataclasses.replace(POLICY, rules=rules))
        return {(problem.params["offer"], problem.params["existing"]) for problem in found}

    without_free = {(str(offer), existing) for offer in FREE_OFFERS for existing in (True, False)}
    assert left_out(POLICY.rules[:-1]) == without_free
    assert left_out((*POLICY.rules[:-2], POLICY.rules[-1])) == {(str(offer), False) for offer in PAID_OFFERS}


def test_a_category_lists_the_workloads_of_all_its_clauses_once():
    assert POLICY.workloads_for("ED-REMOTE") == ("education",)
    assert POLICY.workloads_for("GV-OTHER") == ()
    assert POLICY.workloads_for("XX-NONE") == ()


# --- the policy as sentences ---


def test_the_sentences_cover_the_whole_policy():
    said = sentences(POLICY)
    rules = [sentence.params["clause"] for sentence in said if sentence.code == "rule"]
    assert rules == [rule.clause for rule in POLICY.rules]
    assert {sentence.params["tier"]: sentence.params["points"] for sentence in said if sentence.code == "aging"} == {
        2: 20,
        3: 15,
        4: 10,
        5: 5,
    }
    assert {s.params["tier"]: s.params["days"] for s in said if s.code == "max_wait"} == {2: 14, 3: 30, 4: 60, 5: 90}
    targets = {s.params["tier"]: (s.code, s.params["count"]) for s in said if s.code.startswith("target")}
    assert targets[1] == ("target_hours", 4)
    assert {tier: count for tier, (_, count) in targets.items()} == {1: 4, 2: 1, 3: 3, 4: 5, 5: 10}
    assert [s.code for s in said if s.section == "order"] == [
        "order_normal",
        "order_scarce",
        "tier_one_equal",
        "score",
    ]
    by_code = {s.code: s.params for s in said}
    assert by_code["reserve"] == {"permille": 100}
    assert by_code["mark"] == {"permille": 600}
    assert by_code["overrides"] == {"hours": 72, "max_days": 14, "renewals": 2}
    assert by_code["break_glass"] == {"hours": 24}
    assert by_code["provisional_cap"] == {"permille": 10}
    assert by_code["floor"] == {"category": "RW-CORE", "permille": 20}
    assert [s.params["tier"] for s in said if s.code == "wishes_binding"] == [1, 2]
    assert [s.params["tier"] for s in said if s.code == "tier_ranked"] == [1, 2, 3, 4, 5]


def test_a_strict_tier_one_serves_its_first_clauses_one_after_the_other():
    strict = dataclasses.replace(POLICY, strict_tier_one=True)
    police = facts(claim("FR-POLICE"), workload=Workload.HEALTH_RECORDS, request_number=1)
    hospital = facts(claim("HE-ACUTE"), workload=Workload.EMERGENCY_DISPATCH, request_number=2)
    waiting = facts(claim("FR-FIRE", "provisional"), workload=Workload.ALERTING, request_number=3)
    energy, court = (
        facts(claim(category, certificate=True), workload=Workload.ALERTING, request_number=number)
        for number, category in ((4, "CI-ENERGY"), (5, "GV-JUSTICE"))
    )
    everybody = [police, hospital, waiting, energy, court]
    assert [rank(one, strict).criterion for one in everybody] == [0, 1, 0, 4, 4]
    order = sorted(everybody, key=lambda one: scarce_key(one, policy=strict))
    # Verified before provisional stays the wider promise; behind the four criteria the score decides again.
    assert [one.request_number for one in order] == [1, 2, 4, 5, 3]
    assert sorted(everybody, key=scarce_key)[0] is not police
    # Equal clauses leave no trace, so that rankings from before keep their bytes.
    assert all("criterion" not in rank(one, POLICY).as_dict() for one in everybody)
    assert rank(hospital, strict).as_dict()["criterion"] == 1
    assert Ranking.from_dict(rank(hospital, strict).as_dict()) == rank(hospital, strict)
    # Outside tier 1, and where two people set the tier, there is no criterion.
    assert rank(facts(), strict).criterion == 0
    assert (
        rank(facts(claim(), workload=Workload.ALERTING, overrides=(OverrideFact("retier", 2),)), strict).criterion == 0
    )


def test_a_target_that_is_no_whole_day_is_said_in_hours():
    policy = dataclasses.replace(POLICY, **with_terms(2, target_hours=30))
    assert [s.params["count"] for s in sentences(policy) if s.code == "target_hours"] == [4]
    assert [s.params["count"] for s in sentences(policy) if s.code == "target_working_hours"] == [30]
    policy = dataclasses.replace(POLICY, **with_terms(1, target_hours=48))
    assert [s.params["count"] for s in sentences(policy) if s.code == "target_hours"] == [48]


def test_the_bounds_of_automatic_approval_are_not_part_of_what_is_published():
    assert not [field.name for field in dataclasses.fields(POLICY) if "auto" in field.name]
    assert not [sentence for sentence in sentences(POLICY) if "auto" in f"{sentence.code} {sentence.params}"]


def test_terms_are_typed_values():
    assert POLICY.terms_of(4) == TierTerms(4, aging_points=10, max_wait_days=60, target_hours=120, working_days=True)
    assert {fact.kind for fact in (OverrideFact("pin"),)} == {OverrideKind.PIN}
