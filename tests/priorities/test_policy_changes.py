"""The policy core: what would change a tier."""

import dataclasses

from hypothesis import given

from priorities.policy import (
    FREE_OFFERS,
    OverrideFact,
    Workload,
    rank,
    what_would_change,
)
from tests.priorities.supposed import (
    POLICY,
    any_facts,
    claim,
    facts,
    policies,
)

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
