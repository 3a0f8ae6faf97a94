"""Say that one works on a request, for a while; a second viewer sees who does."""

from datetime import datetime, timedelta

from django.db import connection

from capacity.requests.models import CapacityRequest
from capacity.review.models import Lease
from users.access import Actor

LEASE_FOR = timedelta(minutes=15)


def take_lease(*, actor: Actor, request: CapacityRequest, at: datetime) -> bool:
    """Take the lease if it is free, over or one's own already; whether one holds it now (one statement).

    A lease informs and does not lock: whoever decides first decides, and the other learns of it.
    """
    table = Lease._meta.db_table
    with connection.cursor() as cursor:
        # The table's name comes from the model, the rest are parameters.
        cursor.execute(
            f"INSERT INTO {table} AS lease (request_id, holder_id, until) VALUES (%s, %s, %s)"  # noqa: S608
            " ON CONFLICT (request_id) DO UPDATE SET holder_id = EXCLUDED.holder_id, until = EXCLUDED.until"
            " WHERE lease.until <= %s OR lease.holder_id = EXCLUDED.holder_id RETURNING id",
            [request.pk, actor.user_id, at + LEASE_FOR, at],
        )
        return cursor.fetchone() is not None
