"""Push down how urgent an organization's claims are, from those who know why."""

from customers.models import CLAIM_STANDING, Claim


def set_claim_urgency(*, organization_id: int, urgency: int) -> int:
    """Order the organization's standing claims in the verifiers' queue; a higher urgency is sooner.

    The value is derived (from the requests that wait for the claim), so it is neither a decision nor
    a change that makes an open form stale. Returns how many claims changed.
    """
    return (
        Claim.objects.filter(organization_id=organization_id, state__in=CLAIM_STANDING)
        .exclude(urgency=urgency)
        .update(urgency=urgency)
    )
