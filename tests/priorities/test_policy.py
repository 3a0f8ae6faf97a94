"""The policy core: which tier a request has, with which score, and why."""

import dataclasses
import json
from datetime import datetime

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
    OverrideScope,
    Ranking,
    Rule,
    Verification,
    Workload,
    default_policy,
    digest,
    rank,
)
from tests.priorities.supposed import (
    BERLIN,
    MARCH,
    POLICY,
    any_facts,
    claim,
    claims,
    codes,
    facts,
    moments,
    normal_key,
    policies,
    scarce_key,
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
