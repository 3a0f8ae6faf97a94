"""What a simulation reads: the open queue and the decisions of a window, as columns, in one read-only transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from capacity.allocation.material import OpenQueue, PastDecisions, Snapshot, Terms
from capacity.allocation.serving import Asked
from capacity.pools.arithmetic import Committed
from capacity.pools.models import Pool
from capacity.regions.models import Region
from capacity.requests.models import (
    WAITING_STATES,
    CapacityRequest,
    Decision,
    Outcome,
    RequestLine,
    RequestRegion,
    Stage,
)
from priorities.policy import PERMILLE, table_of_dicts

Ints = NDArray[np.int64]
CHUNK = 10_000
# Outcomes that say something about whom a policy serves; undoing one says nothing.
DECIDED = (Outcome.APPROVE, Outcome.PARTLY, Outcome.ELSEWHERE, Outcome.WAITLIST, Outcome.DECLINE)


@contextmanager
def reading_only() -> Iterator[None]:
    """A transaction in which the database itself refuses to write, and in which all reads see the same moment."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET TRANSACTION READ ONLY")
        yield


def take_snapshot(*, since: datetime, until: datetime) -> Snapshot:
    """Read everything. Facts are those pinned to each request's latest ranking, at most one cycle old."""
    regions = list(Region.objects.order_by("code"))
    place = {region.pk: index for index, region in enumerate(regions)}
    resources: dict[int, tuple[str, str]] = {}
    pools = {}
    kinds: dict[int, int] = {}
    for pool in Pool.objects.select_related("resource").order_by("resource__position", "pk"):
        kind = kinds.setdefault(pool.resource_id, len(kinds))
        resources[kind] = (pool.resource.code, pool.resource.unit)
        pools[place[pool.region_id], kind] = Terms(
            supply=max(pool.supply, 0),
            gate_permille=pool.gate_permille,
            reserve_permille=pool.reserve_permille,
            committed=Committed(pool.committed_general, pool.committed_critical, pool.committed_reserve),
        )
    return Snapshot(
        queue=_open_queue(place, kinds),
        past=_past(since, until),
        pools=pools,
        regions=tuple((region.code, region.name) for region in regions),
        scarce=frozenset(place[region.pk] for region in regions if region.is_scarce),
        resources=tuple(resources[kind] for kind in range(len(kinds))),
    )


def _open_queue(place: dict[int, int], kinds: dict[int, int]) -> OpenQueue:
    waiting = CapacityRequest.objects.filter(state__in=WAITING_STATES, ranking__isnull=False)
    rows = waiting.order_by("pk").values_list("pk", "organization_id", "organization__country", "ranking__facts")
    requests: list[int] = []
    organizations: dict[int, int] = {}
    countries: dict[str, int] = {}
    told: list[tuple[int, int, int]] = []

    def facts() -> Iterator[Any]:
        for key, organization, country, pinned in rows.iterator(chunk_size=CHUNK):
            requests.append(key)
            told.append(
                (
                    organizations.setdefault(organization, len(organizations)),
                    countries.setdefault(country, len(countries)),
                    _cap(pinned["overrides"]),
                )
            )
            yield pinned

    table = table_of_dicts(facts())
    columns = np.array(told, dtype=np.int64).reshape(-1, 3).T
    keys = np.array(requests, dtype=np.int64)
    wishes = RequestRegion.objects.filter(request__in=waiting).order_by("request_id", "wish")
    asked = RequestLine.objects.filter(request__in=waiting).order_by("request_id", "pk")
    region_start, (region,) = _grouped(keys, wishes.values_list("request_id", "region_id"), lambda row: (place[row],))
    line_start, (resource, quantity, minimum) = _grouped(
        keys,
        asked.values_list("request_id", "resource_id", "quantity", "minimum"),
        lambda kind, quantity, minimum: (kinds.get(kind, -1), quantity, minimum),
        width=3,
    )
    return OpenQueue(
        facts=table,
        request=keys,
        organization=columns[0],
        country=columns[1],
        countries=tuple(countries),
        asked=Asked(region_start, region, line_start, resource, quantity, minimum, columns[2]),
    )


def _cap(overrides: list[dict[str, Any]]) -> int:
    """The most that may be granted, in permille of what is asked: see `Facts.cap_permille`."""
    if not overrides or any(fact["kind"] == "release" for fact in overrides):
        return PERMILLE
    return next((fact["value"] for fact in overrides if fact["kind"] == "cap"), PERMILLE)


def _grouped(
    keys: Ints, rows: Any, read: Callable[..., tuple[int, ...]], *, width: int = 1
) -> tuple[Ints, tuple[Ints, ...]]:
    """Rows that begin with a request's key, as columns, and where each request's rows begin."""
    owners: list[int] = []
    values: list[tuple[int, ...]] = []
    for owner, *rest in rows.iterator(chunk_size=CHUNK):
        owners.append(owner)
        values.append(read(*rest))
    start = np.searchsorted(np.array(owners, dtype=np.int64), np.append(keys, np.iinfo(np.int64).max))
    columns = np.array(values, dtype=np.int64).reshape(-1, width).T
    return start.astype(np.int64), tuple(np.ascontiguousarray(column) for column in columns)


def _past(since: datetime, until: datetime) -> PastDecisions:
    rows = (
        Decision.objects.filter(at__gte=since, at__lt=until, outcome__in=DECIDED, ranking__isnull=False)
        .exclude(stage__in=[Stage.FIRST_SIGNATURE, Stage.REFUSED_SIGNATURE])
        .order_by("pk")
        .values_list("outcome", "ranking__claimed_tier", "ranking__facts")
    )
    outcomes: list[str] = []
    tiers: list[int] = []

    def facts() -> Iterator[Any]:
        for outcome, tier, pinned in rows.iterator(chunk_size=CHUNK):
            outcomes.append(outcome)
            tiers.append(tier)
            yield pinned

    table = table_of_dicts(facts())
    return PastDecisions(table, tuple(outcomes), np.array(tiers, dtype=np.int64))
