"""Say that one works on a request, for a while; a second viewer sees who does."""

from datetime import datetime

from capacity.requests.models import CapacityRequest
from capacity.review.models import Lease
from kit import leases
from users.access import Actor


def take_lease(*, actor: Actor, request: CapacityRequest, at: datetime) -> bool:
    """Take or renew the lease unless another holds it; whether one holds it now. See `kit.leases.take`."""
    return leases.take(Lease, request, holder_id=actor.user_id, at=at)
