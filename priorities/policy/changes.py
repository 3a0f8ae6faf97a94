"""Which single fact would change the tier."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from priorities.policy.facts import Facts, OfferType, SectorClaim, Verification
from priorities.policy.ranking import rank
from priorities.policy.version import Policy


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that would change the tier: what to change, and the tiers a re-run then gave."""

    code: str
    params: Mapping[str, Any] = field(hash=False)
    tier: int
    claimed_tier: int
    clause: str

    def as_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "params": dict(self.params)}


def what_would_change(facts: Facts, policy: Policy) -> tuple[Change, ...]:
    """The single facts that would change `tier` or `claimed_tier`, best result first, each verified by re-running.

    Only facts about what the request and its organization already state are tried: the answer must not invite
    anyone to claim another sector.
    """
    now = rank(facts, policy)
    changes = []
    for code, params, changed in _single_changes(facts, policy):
        then = rank(changed, policy)
        if (then.tier, then.claimed_tier) != (now.tier, now.claimed_tier):
            changes.append(Change(code, params, then.tier, then.claimed_tier, then.clause))
    return tuple(sorted(changes, key=lambda change: (change.tier, change.claimed_tier)))


def _single_changes(facts: Facts, policy: Policy) -> Iterable[tuple[str, dict[str, Any], Facts]]:
    def with_claim(index: int, claim: SectorClaim) -> Facts:
        claims = (*facts.claims[:index], claim, *facts.claims[index + 1 :])
        return dataclasses.replace(facts, claims=claims)

    if not facts.workload_confirmed:
        changed = dataclasses.replace(facts, workload_confirmed=True)
        yield "confirm_workload", {"workload": facts.workload}, changed
    for index, claim in enumerate(facts.claims):
        for state in Verification:
            if state is not claim.verification:
                changed = with_claim(index, dataclasses.replace(claim, verification=state))
                yield "claim_becomes", {"category": claim.category, "verification": str(state)}, changed
        code = "certificate_ends" if claim.certificate else "certificate_added"
        changed = with_claim(index, dataclasses.replace(claim, certificate=not claim.certificate))
        yield code, {"category": claim.category}, changed
    for workload in dict.fromkeys(key for key, _ in policy.workload_scores):
        if workload != facts.workload:
            changed = dataclasses.replace(facts, workload=workload)
            yield "workload_becomes", {"workload": workload}, changed
    for offer in OfferType:
        if offer is not facts.offer_type:
            yield "offer_becomes", {"offer": str(offer)}, dataclasses.replace(facts, offer_type=offer)
    code = "becomes_new" if facts.is_existing else "becomes_existing"
    yield code, {}, dataclasses.replace(facts, is_existing=not facts.is_existing)
    for index, fact in enumerate(facts.overrides):
        remaining = facts.overrides[:index] + facts.overrides[index + 1 :]
        params = {"kind": str(fact.kind), "reference": fact.reference}
        yield "override_ends", params, dataclasses.replace(facts, overrides=remaining)
