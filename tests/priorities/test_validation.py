"""What is said to be wrong with a policy, against going through every request there is, one by one."""

import dataclasses
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priorities.policy import (
    CATEGORIES,
    Facts,
    OfferType,
    Policy,
    Rule,
    SectorClaim,
    Verification,
    default_policy,
    problems,
    rank,
    sentences,
)
from priorities.policy.difference import differences
from tests.drills import rounds
from tests.make import NOW

POLICY = default_policy()
FEW_CATEGORIES = ("HE-ACUTE", "CI-WATER")
FEW_WORKLOADS = ("alerting", "general")


def some(codes):
    return st.none() | st.lists(st.sampled_from(codes), min_size=1, unique=True).map(tuple)


@st.composite
def small_policies(draw) -> Policy:
    """Any rules over a small vocabulary, sound or not."""
    rules = tuple(
        Rule(
            f"{number}",
            draw(st.integers(1, 5)),
            categories=(categories := draw(some(FEW_CATEGORIES))),
            workloads=draw(some(FEW_WORKLOADS)),
            offers=draw(some([OfferType.ENTERPRISE, OfferType.PAY_AS_YOU_GO, OfferType.FREE])),
            existing=draw(st.sampled_from([None, None, True, False])),
            internal=draw(st.sampled_from([None, None, None, True, False])),
            needs_certificate=categories is not None and draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    )
    verification = draw(st.sampled_from([0, 250, 1000]))
    certificate = draw(st.sampled_from([0, 1000 - verification]))
    return dataclasses.replace(
        POLICY,
        rules=rules,
        floors=(),
        weight_workload=1000 - verification - certificate,
        weight_certificate=certificate,
        weight_verification=verification,
        strict_tier_one=draw(st.booleans()),
    )


def everything():
    """Every request over the small vocabulary: all pairs of claims, workloads, offers and the rest."""
    states = [None, *product((Verification.VERIFIED, Verification.PROVISIONAL), (False, True))]
    for one, two in product(states, states):
        claims = tuple(
            SectorClaim(category, *state)
            for category, state in zip(FEW_CATEGORIES, (one, two), strict=True)
            if state is not None
        )
        for workload, offer, existing, internal, confirmed in product(
            FEW_WORKLOADS, OfferType, (True, False), (True, False), (True, False)
        ):
            yield Facts(claims, workload, confirmed, offer, existing, internal, NOW, 1)


ALL = tuple(everything())


def test_the_space_is_whole():
    assert len(ALL) == 25 * 2 * 6 * 2 * 2 * 2
    assert len(set(ALL)) == len(ALL)


# Each example ranks 2,400 requests one by one, some of them again.
@pytest.mark.drill
@settings(max_examples=rounds(8, full=300), deadline=None)
@given(small_policies())
def test_each_verdict_equals_going_through_every_request(policy):
    deciding, reached, left_out = set(), set(), set()
    for facts in ALL:
        ranking = rank(facts, policy)
        deciding.add(ranking.clause)
        reason = ranking.reasons[0]
        if reason.code.startswith(("by_category", "by_certificate")):
            reached.add(reason.params["category"])
        elif reason.code == "no_rule" and not facts.claims:
            left_out.add((str(facts.offer_type), facts.is_existing))
    found = problems(policy, categories=FEW_CATEGORIES, workloads=FEW_WORKLOADS)
    said = {code: [problem.params for problem in found if problem.code == code] for code in {p.code for p in found}}
    never = {params["clause"] for code in ("rule_shadowed", "rule_unreachable") for params in said.get(code, [])}
    assert never == {rule.clause for rule in policy.rules} - deciding
    assert {params["category"] for params in said.get("category_unreached", [])} == set(FEW_CATEGORIES) - reached
    assert {(p["offer"], p["existing"]) for p in said.get("somebody_left_out", [])} == left_out
    # Who shadows a clause does decide somewhere.
    assert all(set(params["by"]) <= deciding for params in said.get("rule_shadowed", []))
    for params in said.get("rules_overlap", []):
        assert _tie(policy, params["clause"], params["other"])


def _tie(policy: Policy, first: str, other: str) -> bool:
    """Whether there is a request for which the other clause alone gives the same as the first, which decides it."""
    alone = dataclasses.replace(policy, rules=tuple(rule for rule in policy.rules if rule.clause == other))
    for facts in ALL:
        now, then = rank(facts, policy), rank(facts, alone)
        if (now.clause, then.clause) == (first, other) and _given(now) == _given(then):
            return True
    return False


def _given(ranking):
    return ranking.claimed_tier, ranking.provisional, ranking.score


def test_the_default_version_has_no_problem():
    assert problems(POLICY) == ()


def test_a_clause_behind_a_better_one_is_named_with_it():
    rule = Rule("2.9", 2, categories=("HE-ACUTE",), workloads=("alerting",))
    found = problems(dataclasses.replace(POLICY, rules=(*POLICY.rules, rule)))
    assert [(one.code, one.params) for one in found] == [("rule_shadowed", {"clause": "2.9", "by": ["1.2"]})]


def test_a_category_that_no_clause_reaches_is_named():
    rules = tuple(rule for rule in POLICY.rules if rule.clause != "3.1")
    found = problems(dataclasses.replace(POLICY, rules=rules))
    assert [(one.code, one.params) for one in found] == [("category_unreached", {"category": "GV-OTHER"})]


def test_two_clauses_that_give_the_same_to_the_same_are_named():
    rule = Rule("1.9", 1, categories=("HE-ACUTE", "FR-FIRE"), workloads=("alerting", "general"))
    found = problems(dataclasses.replace(POLICY, rules=(*POLICY.rules, rule)))
    assert {(one.params["clause"], one.params["other"]) for one in found if one.code == "rules_overlap"} == {
        ("1.1", "1.9"),
        ("1.2", "1.9"),
    }


def test_what_is_kept_for_some_is_no_more_than_a_pool():
    floors = tuple((category, 300) for category in CATEGORIES[:3])
    found = problems(dataclasses.replace(POLICY, floors=floors, reserve_permille=101))
    assert [(one.code, one.params) for one in found] == [("too_much_kept", {"permille": 1001})]


# --- nothing in a policy is unsaid -----------------------------------------------------------------


def changes():
    """A changed value for every field of a policy, its rules and its tiers."""
    rule, terms = POLICY.rules[0], POLICY.tiers[1]
    for change in (
        {"tier": 2}, {"categories": ("FR-FIRE",)}, {"workloads": ("general",)}, {"offers": ("free",)},
        {"existing": True}, {"internal": False}, {"needs_certificate": True}, {"clause": "1.0"},
    ):  # fmt: skip
        yield {"rules": (dataclasses.replace(rule, **change), *POLICY.rules[1:])}
    for change in (
        {"aging_points": 1}, {"max_wait_days": None}, {"target_hours": 25}, {"working_days": False},
        {"shared": True}, {"binding_wishes": False},
    ):  # fmt: skip
        yield {"tiers": (POLICY.tiers[0], dataclasses.replace(terms, **change), *POLICY.tiers[2:])}
    yield {"rules": POLICY.rules[::-1]}
    yield {"workload_scores": POLICY.workload_scores[1:]}
    yield {"verification_scores": (("verified", 1000),)}
    yield {"floors": ()}
    yield {"strict_tier_one": True}
    for name in (
        "weight_workload", "weight_certificate", "weight_verification", "reserve_permille", "mark_permille",
        "second_signature_permille", "override_hours", "override_max_days", "override_renewals", "break_glass_hours",
        "provisional_cap_permille",
    ):  # fmt: skip
        yield {name: getattr(POLICY, name) + 1}


def test_every_field_of_a_policy_is_said_and_shows_in_the_difference():
    tried = set()
    for change in changes():
        other = dataclasses.replace(POLICY, **change)
        assert sentences(other) != sentences(POLICY), change
        assert differences(POLICY, other), change
        tried |= set(change)
    assert tried == {field.name for field in dataclasses.fields(Policy)} - {"version"}
    assert differences(POLICY, dataclasses.replace(POLICY, version=9)) == ()


def test_a_difference_says_what_was_and_what_is_once_per_topic():
    other = dataclasses.replace(POLICY, rules=(*POLICY.rules[1:], Rule("1.0", 1, internal=True)), floors=())
    found = differences(POLICY, other)
    said = [(one.section, one.old and one.old.code, one.new and one.new.code) for one in found]
    assert said == [("criteria", None, "rule"), ("criteria", "rule", None), ("planning", "floor", None)]
    moved = differences(POLICY, dataclasses.replace(POLICY, rules=POLICY.rules[::-1]))
    assert [one.new.code for one in moved] == ["clause_order"]
