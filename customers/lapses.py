"""Which verifications ran out. A lapse drops the tier of new requests only, so those who rank must know it from a
revocation: what a request was ranked on while the claim counted stays with it, unless a verifier took the claim back.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from customers.claims import GRACE
from customers.models import CLAIM_COUNTS_AS_VERIFIED, ClaimState

# A verifier's word against the category, which a lapse is not.
TAKEN_BACK = [ClaimState.REJECTED, ClaimState.SUSPENDED, ClaimState.REVOKED]


def lapses_among(claims: Iterable[Any], at: datetime) -> dict[int, frozenset[str]]:
    """The codes of the categories whose verification ran out and was not taken back since, by organization.

    `claims` are all of the organizations concerned, the oldest first, with their category and the keys of the `heirs`
    that inherit from them. Read from the end of each, whether or not its state says so already.
    """
    found: dict[int, set[str]] = {}
    for claim in claims:
        for organization_id in (claim.organization_id, *claim.heirs):
            categories = found.setdefault(organization_id, set())
            if claim.state in TAKEN_BACK:
                categories.discard(claim.category.code)
            elif _ran_out(claim, at):
                categories.add(claim.category.code)
    return {organization_id: frozenset(categories) for organization_id, categories in found.items() if categories}


def _ran_out(claim: Any, at: datetime) -> bool:
    if claim.valid_until is None:
        return False
    if claim.state in CLAIM_COUNTS_AS_VERIFIED:
        return bool(claim.valid_until + GRACE <= at)
    return claim.state == ClaimState.LAPSED or (claim.state == ClaimState.PROVISIONAL and claim.valid_until <= at)
