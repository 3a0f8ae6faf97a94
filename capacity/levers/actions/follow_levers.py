"""Let pools count what levers release, as measured and while it is in force."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from capacity.pools.models import Pool, SupplyCause, SupplyChange
from capacity.pools.terms import change_terms, keep_deficit_alarms, lock_pools
from users.access import Actor

# What a pool counts and what it should, where the two differ.
_DIFFERING = """
    SELECT DISTINCT pool.region_id FROM capacity_pool pool
    LEFT JOIN (SELECT pool_id, sum(released) AS released FROM capacity_releases_in_force() GROUP BY pool_id) measured
        ON measured.pool_id = pool.id
    WHERE pool.lever_release <> coalesce(measured.released, 0)
"""


def follow_levers(*, actor: Actor, at: datetime, reason: str = "") -> list[SupplyChange]:
    """Bring every pool in line that counts something else than what is measured; returns the changes.

    It looks at how things stand, so it may be lost, doubled or late without harm. Where the supply falls below what
    is promised, because a lever was lifted, the deficit is recorded and alarmed; nothing is revoked.
    """
    changes: list[SupplyChange] = []
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING)
        regions = sorted(row[0] for row in cursor.fetchall())
    for region_id in regions:
        with transaction.atomic():
            # First the pools, then what is measured: whoever changes a lever meanwhile waits here and looks after us.
            pools = lock_pools(Pool.objects.filter(region=region_id))
            measured = released_by_pool(pool.pk for pool in pools)
            for pool in pools:
                new = {"lever_release": measured.get(pool.pk, 0)}
                change = change_terms(pool, new, cause=SupplyCause.LEVER, actor=actor, at=at, reason=reason)
                if change is not None:
                    changes.append(change)
            keep_deficit_alarms(pools, at)
    return changes


def released_by_pool(pool_ids: Iterable[int]) -> dict[int, int]:
    """What is measured and in force, by pool, in its units; pools without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pool_id, sum(released)::bigint FROM capacity_releases_in_force()"
            " WHERE pool_id = ANY(%s) GROUP BY pool_id",
            [list(pool_ids)],
        )
        return dict(cursor.fetchall())


def released_by_lever() -> dict[int, dict[int, int]]:
    """The same by lever and pool."""
    found: dict[int, dict[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lever_id, pool_id, sum(released)::bigint FROM capacity_releases_in_force()"
            " GROUP BY lever_id, pool_id"
        )
        for lever_id, pool_id, released in cursor.fetchall():
            found.setdefault(lever_id, {})[pool_id] = released
    return found
