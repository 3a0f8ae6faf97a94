"""The challenge with which an organization shows that it controls a domain."""

import secrets
from datetime import datetime

from customers.models import Claim
from customers.proofs.models import DomainChallenge


def issue_challenge(claim: Claim, domain: str, *, at: datetime) -> DomainChallenge:
    """The challenge for this claim and domain; issued where there is none yet."""
    challenge, _is_new = DomainChallenge.objects.get_or_create(
        claim=claim, domain=domain, defaults={"token": secrets.token_hex(16), "issued_at": at}
    )
    return challenge
