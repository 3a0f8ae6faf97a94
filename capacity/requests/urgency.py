"""How urgent claims are for the verifiers: pushed down from the requests that wait for them.

Derived, and right again after every look: customers know nothing of requests, so they are told.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from capacity.requests.models import PENDING_STATES, CapacityRequest
from capacity.requests.ranking import Ranked, policy_in_force, rank_now
from customers.actions.set_claim_urgency import set_claim_urgency
from customers.models import Claim, ClaimState
from priorities import policy

# By the tier that a request would queue in if the claim were verified.
URGENCY = {1: 100, 2: 50}
OTHERWISE = 10
WAITING_CLAIMS = [
    ClaimState.SUBMITTED,
    ClaimState.IN_VERIFICATION,
    ClaimState.INFORMATION_REQUESTED,
    ClaimState.PROVISIONAL,
]


def push_claim_urgency(*, at: datetime) -> int:
    """Set the urgency of every organization's claims from its undecided requests; how many claims changed."""
    waiting = set(
        Claim.objects.filter(state__in=WAITING_CLAIMS, organization__requests__state__in=PENDING_STATES).values_list(
            "organization_id", flat=True
        )
    )
    requests = CapacityRequest.objects.filter(organization__in=waiting, state__in=PENDING_STATES).select_related(
        "organization", "claimed_workload", "confirmed_workload"
    )
    wanted = _urgency(rank_now(list(requests), at=at), at)
    over = set(Claim.objects.filter(urgency__gt=0).values_list("organization_id", flat=True)) - set(wanted)
    changed = sum(set_claim_urgency(organization_id=key, urgency=urgency) for key, urgency in wanted.items())
    return changed + sum(set_claim_urgency(organization_id=key, urgency=0) for key in over)


def _urgency(ranked: Iterable[Ranked], at: datetime) -> dict[int, int]:
    _version, terms = policy_in_force(at)
    found: dict[int, int] = {}
    for one in ranked:
        claims = tuple(replace(claim, verification=policy.Verification.VERIFIED) for claim in one.facts.claims)
        tier = policy.rank(replace(one.facts, claims=claims), terms).claimed_tier
        # Where verifying would not better the rank, nothing hangs on it.
        betters = tier < one.result.claimed_tier or one.result.provisional
        urgency = URGENCY.get(tier, OTHERWISE) if betters else OTHERWISE
        key = one.request.organization_id
        found[key] = max(found.get(key, 0), urgency)
    return found
