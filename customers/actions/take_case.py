"""Say that one verifies a case, for a while; a second viewer sees who does."""

from datetime import datetime

from customers.access import may_decide_claim
from customers.models import CaseLease, Claim
from kit import leases
from kit.refusal import require
from users.access import Actor


def take_case(*, actor: Actor, claim: Claim, at: datetime) -> bool:
    """Take or renew the lease unless another holds it; whether one holds it now. See `kit.leases.take`.

    Raises the refusals of `may_decide_claim`: who may not decide has nothing in hand.
    """
    require(may_decide_claim(actor, claim))
    return leases.take(CaseLease, claim, holder_id=actor.user_id, at=at)
