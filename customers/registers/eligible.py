"""Customers that would be tier 1 and have no claim: what registers say of them, read when it is asked."""

from django.db.models import Exists, OuterRef, QuerySet

from customers.access import visible_organizations
from customers.models import CLAIM_STANDING, Claim
from customers.registers.models import RegisterMatch
from users.access import Actor


def unclaimed_matches(actor: Actor) -> QuerySet[RegisterMatch]:
    """The matches of organizations one may see that have no standing claim to any tier-1 category."""
    claims = Claim.objects.filter(
        organization=OuterRef("organization"), state__in=CLAIM_STANDING, category__needs_strong_evidence=True
    )
    return RegisterMatch.objects.filter(~Exists(claims), organization__in=visible_organizations(actor))


def with_subjects(matches: QuerySet[RegisterMatch]) -> QuerySet[RegisterMatch]:
    """The matches with what a row shows, in one statement."""
    return matches.select_related("organization__portfolio", "category", "entry__snapshot__register")
