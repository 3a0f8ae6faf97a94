"""Which verifications ran out. A lapse drops the tier of new requests only, so those who rank must know it from a
revocation: what a request was ranked on while the claim counted stays with it, unless a verifier took the claim back.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q

from customers.claims import GRACE
from customers.models import CLAIM_COUNTS_AS_VERIFIED, Claim, ClaimState, Inheritance

# A verifier's word against the category, which a lapse is not.
TAKEN_BACK = [ClaimState.REJECTED, ClaimState.SUSPENDED, ClaimState.REVOKED]


def lapsed_of(organization_ids: Iterable[int], at: datetime) -> dict[int, frozenset[str]]:
    """The codes of the categories whose verification ran out and was not taken back since, by organization; one query.

    Read from the end of each claim, whether or not its state says so already. What an organization inherited is
    among them. Organizations without any are left out.
    """
    asked = set(organization_ids)
    heirs = Inheritance.objects.filter(organization__in=asked, is_accepted=True, organization__parent=F("parent"))
    taken_back = Claim.objects.filter(
        organization=OuterRef("organization"),
        category=OuterRef("category"),
        pk__gt=OuterRef("pk"),
        state__in=TAKEN_BACK,
    )
    rows = (
        Claim.objects.filter(Q(organization__in=asked) | Q(organization__in=heirs.values("parent")))
        .filter(
            Q(state=ClaimState.LAPSED)
            | Q(state=ClaimState.PROVISIONAL, valid_until__lte=at)
            | Q(state__in=CLAIM_COUNTS_AS_VERIFIED, valid_until__lte=at - GRACE)
        )
        .exclude(Exists(taken_back))
        .annotate(heirs=ArraySubquery(heirs.filter(parent=OuterRef("organization")).values("organization_id")))
        .values_list("organization_id", "category__code", "heirs")
    )
    found: dict[int, set[str]] = {}
    for organization_id, category, inheriting in rows:
        for one in (organization_id, *inheriting):
            if one in asked:
                found.setdefault(one, set()).add(category)
    return {organization_id: frozenset(categories) for organization_id, categories in found.items()}
