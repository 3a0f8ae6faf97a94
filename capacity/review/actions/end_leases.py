"""Free the requests that somebody works on who leaves."""

from datetime import datetime

from capacity.review.models import Lease
from users.models import User


def end_leases(person: User, successor: User | None, at: datetime) -> dict[str, int]:
    """End every lease of the person; anybody may take the requests up. The number ended, for the journal."""
    ended, _by_model = Lease.objects.filter(holder=person).delete()
    return {"leases": ended}
