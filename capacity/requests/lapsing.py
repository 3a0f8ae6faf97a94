"""Which pending requests would fall to a lower tier if a verification ran out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.urls import reverse

from capacity.requests.models import PENDING_STATES, CapacityRequest
from capacity.requests.ranking import facts_of
from customers.assurance.lapsing import Drop
from customers.models import Claim
from priorities import policy
from priorities.policies import active_policy

# A page shows the claims of one page; nobody reads more requests than this beside them.
MOST_REQUESTS = 2_000


def lapse_preview(claims: Sequence[Claim], at: datetime) -> dict[int, list[Drop]]:
    """By the claims' keys: pending requests that rank in a lower tier on their facts without the claim.

    The policy is run twice on each, so the answer is what would happen and no guess. Six statements for any number
    of claims; changes nothing. A lapse never touches what was granted.
    """
    if not claims:
        return {}
    by_organization: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_organization[claim.organization_id].append(claim)
    requests = list(
        CapacityRequest.objects.filter(organization__in=by_organization, state__in=PENDING_STATES)
        .select_related("organization", "claimed_workload", "confirmed_workload")
        .order_by("number")[:MOST_REQUESTS]
    )
    if not requests:
        return {}
    _version, terms = active_policy(at)
    facts = facts_of(requests, at=at)
    drops: dict[int, list[Drop]] = defaultdict(list)
    for request in requests:
        present = facts[request.pk]
        tier = policy.rank(present, terms).claimed_tier
        for claim in by_organization[request.organization_id]:
            without = tuple(one for one in present.claims if one.category != claim.category.code)
            then = policy.rank(replace(present, claims=without), terms).claimed_tier
            if then > tier:
                url = reverse("requests:request", args=[request.public_id])
                drops[claim.pk].append(Drop(request.label, url, tier, then))
    return dict(drops)
