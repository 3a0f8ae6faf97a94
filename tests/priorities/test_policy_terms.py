"""The policy itself: which are sound, and how one reads in sentences."""

import dataclasses

import pytest

from priorities.policy import (
    CATEGORIES,
    FREE_OFFERS,
    PAID_OFFERS,
    OverrideFact,
    OverrideKind,
    Ranking,
    Rule,
    TierTerms,
    Workload,
    digest,
    problems,
    rank,
    sentences,
)
from tests.priorities.supposed import (
    POLICY,
    claim,
    facts,
    scarce_key,
)

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
