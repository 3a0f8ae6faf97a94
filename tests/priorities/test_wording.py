"""Every code of the policy core has its sentence, with every value filled in."""

import dataclasses
import string

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kit.reason import Reason
from priorities import draft_wording, wording
from priorities.draft_wording import problem_text
from priorities.policy import (
    CATEGORIES,
    Facts,
    OfferType,
    OverrideFact,
    Policy,
    Rule,
    SectorClaim,
    Sentence,
    Verification,
    Workload,
    default_policy,
    problems,
    rank,
    sentences,
    what_would_change,
)

POLICY = default_policy()


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def facts(*claims, workload=Workload.GENERAL, **changes):
    values = {
        "claims": claims,
        "workload": workload,
        "workload_confirmed": True,
        "offer_type": OfferType.ENTERPRISE,
        "is_existing": True,
        "is_internal": False,
        "completed_at": None,
        "request_number": 1,
        **changes,
    }
    return Facts(**values)


def reasons(*args, **kwargs):
    return [wording.reason_text(reason) for reason in rank(facts(*args, **kwargs), POLICY).reasons]


def is_finished(text):
    return text and "%(" not in text and "None" not in text and text[0] in string.ascii_uppercase + string.digits


def test_every_category_workload_and_offer_has_a_label():
    assert set(wording.CATEGORY_LABELS) == set(CATEGORIES)
    assert set(wording.WORKLOAD_LABELS) == {str(workload) for workload in Workload}
    assert set(wording.OFFER_LABELS) == {str(offer) for offer in OfferType}
    assert set(wording.VERIFICATION_LABELS) == {str(state) for state in Verification}
    assert wording.category_label("XX-NEW") == "XX-NEW"
    assert wording.workload_label("quantum") == "quantum"
    assert wording.offer_label("gift") == "gift"


def test_a_reason_reads_as_a_sentence():
    hospital = SectorClaim("HE-ACUTE", Verification.VERIFIED)
    assert reasons(hospital, workload=Workload.HEALTH_RECORDS) == [
        "Tier 1 under clause 1.2: hospitals, for health records."
    ]
    assert reasons(hospital) == [
        "Tier 3 under clause 3.2: existing customer, offer: enterprise.",
        "For general use this category does not count: hospitals.",
    ]
    assert reasons(hospital, workload=Workload.HEALTH_RECORDS, workload_confirmed=False)[1] == (
        "No reviewer has confirmed the workload yet (health records). The request queues in tier 1 and nothing is "
        "granted on it; on confirmed facts alone it would be in tier 3."
    )
    overrides = (OverrideFact("retier", 2, reference="o-1"), OverrideFact("cap", 255, reference="o-2"))
    assert reasons(offer_type=OfferType.TRIAL, overrides=overrides)[1:] == [
        "An override moves it from tier 5 to tier 2.",
        "An override limits the grant to 25.5% of what is asked.",
    ]


@given(
    st.lists(
        st.builds(SectorClaim, st.sampled_from(CATEGORIES), st.sampled_from(list(Verification)), st.booleans()),
        max_size=3,
    ),
    st.sampled_from(list(Workload)),
    st.booleans(),
    st.sampled_from(list(OfferType)),
    st.booleans(),
    st.sets(st.sampled_from(["pin", "hold", "release"])),
)
def test_every_reason_and_every_change_has_its_sentence(claims, workload, confirmed, offer, existing, kinds):
    with translation.override("en"):
        request = facts(
            *claims,
            workload=workload,
            workload_confirmed=confirmed,
            offer_type=offer,
            is_existing=existing,
            overrides=tuple(OverrideFact(kind, reference="o") for kind in kinds),
        )
        for policy in (POLICY, dataclasses.replace(POLICY, rules=(Rule("2.9", 2, workloads=("education",)),))):
            for reason in rank(request, policy).reasons:
                assert is_finished(wording.reason_text(reason)), reason
            for change in what_would_change(request, policy):
                assert is_finished(wording.change_text(change)), change


def test_a_change_says_what_the_tier_would_be():
    request = facts(SectorClaim("CI-WATER", Verification.VERIFIED), workload="alerting", workload_confirmed=False)
    texts = [wording.change_text(change) for change in what_would_change(request, POLICY)]
    assert "If a reviewer confirms the workload (alerting): tier 2." in texts
    unconfirmed = "queued in tier 1, tier 3 until the workload is confirmed."
    assert f"If an authority certifies vital tasks (water supply): {unconfirmed}" in texts
    assert "If the category “water supply” becomes not verified: tier 3." in texts


def test_the_whole_policy_reads_as_sentences_under_its_headings():
    sections = wording.policy_text(POLICY)
    assert [section.code for section in sections] == [
        "criteria",
        "order",
        "scores",
        "waiting",
        "targets",
        "scarcity",
        "overrides",
        "planning",
    ]
    texts = [text for section in sections for text in section.sentences]
    assert len(texts) == len(sentences(POLICY))
    assert all(is_finished(text) and text.endswith(".") for text in texts)
    assert all(section.title for section in sections)
    listed = "emergency dispatch, emergency routing and reporting, alerting or public administration services"
    certified = "with an authority's certificate of vital tasks"
    assert f"Clause 1.3, tier 1: critical government infrastructure, for {listed}." in texts
    assert f"Clause 1.6, tier 1: courts and defense, {certified}, for {listed}." in texts
    core = "core functions of remote work"
    assert f"Clause 1.4, tier 1: the provider's own services, {core}, for {core}." in texts
    assert "Clause 3.2, tier 3: existing customers, offer: enterprise or pay-as-you-go." in texts
    assert "Clause 4.1, tier 4: new customers, offer: enterprise or pay-as-you-go." in texts
    assert "Clause 5.1, tier 5: all customers, offer: free, trial, student or credits." in texts
    assert "In tier 2 every whole day of waiting adds 20 points." in texts
    assert "In tier 1 we decide within 4 hours." in texts
    assert "In tier 2 we decide within 1 working day." in texts
    assert "10% of the capacity is reserved for tier 1." in texts
    assert "At least 2% of a pool is kept for: core functions of remote work." in texts
    assert "In tier 2 the order of the wished regions is kept." in texts
    assert (
        sections[-2]
        .sentences[0]
        .endswith("after 72 hours unless stated otherwise and after 14 days at most, with 2 renewals.")
    )
    strict = wording.policy_text(dataclasses.replace(POLICY, strict_tier_one=True))[1].sentences
    assert any("strictly one after the other" in text for text in strict)


def test_a_rule_for_external_customers_says_so():
    rule = Rule("4.9", 4, internal=False)
    policy = dataclasses.replace(POLICY, rules=(rule,))
    assert "Clause 4.9, tier 4: external customers." in wording.policy_text(policy)[0].sentences


def test_automatic_approval_is_never_part_of_the_text():
    texts = " ".join(text for section in wording.policy_text(POLICY) for text in section.sentences)
    assert "automatic" not in texts.lower()


UNSOUND: list[tuple[str, Policy]] = [
    ("weights_do_not_sum", dataclasses.replace(POLICY, weight_workload=1)),
    ("score_out_of_range", dataclasses.replace(POLICY, workload_scores=(("general", 1001),))),
    ("tiers_incomplete", dataclasses.replace(POLICY, tiers=POLICY.tiers[1:])),
    ("share_out_of_range", dataclasses.replace(POLICY, mark_permille=1005)),
    ("somebody_left_out", dataclasses.replace(POLICY, rules=POLICY.rules[:-1])),
    ("workload_missing", dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("2.9", 2, categories=("GV-CORE",))))),
    ("rule_unreachable", dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("3.9", 3, categories=())))),
    ("clause_twice", dataclasses.replace(POLICY, rules=POLICY.rules * 2)),
    (
        "rule_shadowed",
        dataclasses.replace(
            POLICY, rules=(*POLICY.rules, Rule("2.9", 2, categories=("HE-ACUTE",), workloads=("alerting",)))
        ),
    ),
    (
        "rules_overlap",
        dataclasses.replace(
            POLICY, rules=(*POLICY.rules, Rule("1.9", 1, categories=("HE-ACUTE",), workloads=("alerting", "general")))
        ),
    ),
    ("category_unreached", dataclasses.replace(POLICY, rules=POLICY.rules[1:])),
    ("unknown_code", dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("3.9", 3, categories=("XX",))))),
    ("unknown_floor", dataclasses.replace(POLICY, floors=(("XX", 10),))),
    ("too_much_kept", dataclasses.replace(POLICY, floors=(("HE-ACUTE", 950),))),
    (
        "tier_one_must_rank",
        dataclasses.replace(POLICY, tiers=tuple(dataclasses.replace(t, shared=True) for t in POLICY.tiers)),
    ),
    (
        "provisional_worth_more",
        dataclasses.replace(POLICY, verification_scores=(("verified", 1), ("provisional", 2))),
    ),
    ("unknown_tier", dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("6.1", 6)))),
    (
        "certificate_without_category",
        dataclasses.replace(POLICY, rules=(*POLICY.rules, Rule("3.9", 3, needs_certificate=True))),
    ),
    (
        "tier_one_must_not_age",
        dataclasses.replace(POLICY, tiers=tuple(dataclasses.replace(t, aging_points=1) for t in POLICY.tiers)),
    ),
    (
        "terms_out_of_range",
        dataclasses.replace(POLICY, tiers=tuple(dataclasses.replace(t, target_hours=0) for t in POLICY.tiers)),
    ),
]


@pytest.mark.parametrize(("code", "policy"), UNSOUND)
def test_every_problem_of_a_draft_has_its_sentence(code, policy):
    found = {problem.code: problem_text(problem) for problem in problems(policy)}
    assert all(is_finished(text) for text in found.values()), found
    assert code in found


def test_the_problems_tested_are_all_there_are():
    assert {code for code, _ in UNSOUND} == set(draft_wording._PROBLEMS)
    assert problem_text(problems(dict(UNSOUND)["share_out_of_range"])[0]) == (
        "100.5% is not a share between 0 and 100%."
    )
    left_out = problems(dict(UNSOUND)["somebody_left_out"])[0]
    assert problem_text(left_out) == "No clause covers this customer: existing customer, offer: free."


def test_a_code_the_core_does_not_give_is_an_error():
    with pytest.raises(LookupError):
        wording.reason_text(Reason("because"))
    with pytest.raises(LookupError):
        wording.sentence_text(Sentence("because"))


def test_shares_are_written_in_the_active_language():
    with translation.override("de"):
        assert wording.percent(75).startswith("7,5")
    assert wording.percent(75) == "7.5%"
    assert wording.percent(100) == "10%"
    assert wording.term_label("certificate") == "authority's certificate"


def test_a_category_that_does_not_apply_is_named():
    assert reasons(SectorClaim("RW-CORE", Verification.VERIFIED), workload="remote_work_core")[1] == (
        "This category does not count for this request: core functions of remote work."
    )
