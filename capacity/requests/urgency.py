"""How urgent claims are for the verifiers: pushed down from the requests that wait for them.

Derived, and right again after every look: customers know nothing of requests, so they are told.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from capacity.requests.models import PENDING_STATES, CapacityRequest
from capacity.requests.ranking import Ranked, rank_now
from customers.actions.set_claim_urgency import set_claim_urgency
from customers.models import Claim, ClaimState
from priorities import policy
from priorities.policies import active_policy

# By the tier that a request would queue in if the claim were verified.
URGENCY = {1: 100, 2: 50}
OTHERWISE = 10
WAITING_CLAIMS = [
    ClaimState.SUBMITTED,
    ClaimState.IN_VERIFICATION,
    ClaimState.INFORMATION_REQUESTED,
    ClaimState.PROVISIONAL,
]


def push_claim_urgency(*, at: datetime, organizations: Collection[int] | None = None) -> int:
    """Set the urgency of claims from their organizations' undecided requests; how many claims changed.

    Of all organizations, or of those named (keys): the sweep makes right whatever a single act missed.
    """
    claims, pending = Claim.objects.all(), CapacityRequest.objects.filter(state__in=PENDING_STATES)
    if organizations is not None:
        claims = claims.filter(organization__in=organizations)
    waiting = claims.filter(state__in=WAITING_CLAIMS, organization__in=pending.values("organization"))
    found = set(waiting.values_list("organization_id", flat=True))
    requests = pending.filter(organization__in=found).select_related(
        "organization", "claimed_workload", "confirmed_workload"
    )
    wanted = _urgency(rank_now(list(requests), at=at), at) if found else {}
    over = set(claims.filter(urgency__gt=0).values_list("organization_id", flat=True)) - set(wanted)
    changed = sum(set_claim_urgency(organization_id=key, urgency=urgency) for key, urgency in wanted.items())
    return changed + sum(set_claim_urgency(organization_id=key, urgency=0) for key in over)


def follow_request(request: CapacityRequest, old_state: str, *, at: datetime) -> None:
    """Push the urgency down when a request begins or ceases to wait; a question or two where no claim waits."""
    if (old_state in PENDING_STATES) != (request.state in PENDING_STATES):
        push_claim_urgency(at=at, organizations=[request.organization_id])


def _urgency(ranked: Iterable[Ranked], at: datetime) -> dict[int, int]:
    _version, terms = active_policy(at)
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
