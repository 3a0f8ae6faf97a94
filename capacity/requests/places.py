"""The stored order: a rank as columns of the request, and of its wishes where a region ranks it otherwise.

A request has one place, that of its first wish, and nearly always it is the same everywhere. Where overrides of an
organization's use make it differ in a region, the wish of that region holds the place there; elsewhere its columns are
null and the request's own count. So the queue of a region is right, and no row is written for what does not differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from capacity.requests.models import PLACE_COLUMNS, CapacityRequest, RequestRegion
from priorities import policy

if TYPE_CHECKING:
    from capacity.requests.ranking import Ranked

# Where working days are counted: the provider's own office.
OFFICE_ZONE = ZoneInfo("Europe/Berlin")
# Points below this many come first; more than any score and waiting can reach.
MOST_POINTS = 1_000_000
# The derived columns with their types, as they are written in one statement.
_ORDER = {
    "ranking_id": "bigint",
    "tier": "smallint",
    "claimed_tier": "smallint",
    "is_provisional": "boolean",
    "is_confirmed": "boolean",
    "order_standing": "smallint",
    "order_band": "smallint",
    "order_behind": "integer",
    "order_at": "timestamptz",
    "ranked_at": "timestamptz",
    "due_at": "timestamptz",
}


def order_columns(one: "Ranked", at: datetime) -> dict[str, Any]:
    """The place in the order as columns; comparing them from first to last is comparing `Ranked.key`."""
    overdue = policy.is_overdue(one.result, one.facts, at=at)
    points = policy.aged_score(one.result, one.facts, at=at)
    return {
        "order_standing": 2 if one.facts.held else 0,
        "order_band": (
            (0 if one.facts.pinned else 1000)
            + one.result.claimed_tier * 100
            + (50 if one.result.provisional else 0)
            + one.result.criterion * 10
            + (0 if overdue else 1)
        ),
        "order_behind": max(0, MOST_POINTS - points),
        "order_at": one.facts.completed_at or one.request.filed_at,
    }


def derived_columns(one: "Ranked", terms: policy.Policy, at: datetime) -> dict[str, Any]:
    """What the derived columns of the request should hold."""
    return {**_tiers(one), "due_at": _due_at(one, terms), **order_columns(one, at)}


def _tiers(one: "Ranked") -> dict[str, Any]:
    return {
        "tier": one.result.tier,
        "claimed_tier": one.result.claimed_tier,
        "is_provisional": one.result.provisional,
        "is_confirmed": one.result.confirmed,
    }


def _due_at(one: "Ranked", terms: policy.Policy) -> datetime | None:
    due = policy.due_at(one.result, one.facts, terms, zone=OFFICE_ZONE)
    if due is None:
        return None
    # The clock stands still while information is asked for.
    return due + one.request.paused_for


def write_order(requests: Mapping[int, CapacityRequest]) -> None:
    """Write the derived columns of these requests, in one statement."""
    if not requests:
        return
    columns = ["id", *_ORDER]
    types = ["bigint", *_ORDER.values()]
    values: list[list[Any]] = [[getattr(r, "pk" if c == "id" else c) for r in requests.values()] for c in columns]
    table = CapacityRequest._meta.db_table
    assignments = ", ".join(f"{column} = fresh.{column}" for column in _ORDER)
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    with connection.cursor() as cursor:
        # Names and types come from the table above, values are parameters.
        cursor.execute(
            f"UPDATE {table} AS r SET {assignments}"  # noqa: S608
            f" FROM unnest({arrays}) AS fresh({', '.join(columns)}) WHERE r.id = fresh.id",
            values,
        )


# --- where a region ranks it otherwise ---------------------------------------------------------------


def _place(one: "Ranked", at: datetime) -> dict[str, Any]:
    return {name: value for name, value in {**_tiers(one), **order_columns(one, at)}.items() if name in PLACE_COLUMNS}


def misplaced_wishes(ranked: Sequence["Ranked"], at: datetime) -> list[RequestRegion]:
    """The wishes of these requests that do not hold the place in their region as it should be, holding it now.

    One query. The rows are changed in memory alone; `write_places` keeps them.
    """
    asked = {one.request.pk: one for one in ranked}
    regional = [key for key, one in asked.items() if one.regional]
    rows = RequestRegion.objects.filter(
        Q(request__in=regional) | Q(request__in=list(asked), order_band__isnull=False)
    ).select_related("region")
    found = []
    for wish in rows:
        one = asked[wish.request_id]
        usual, here = _place(one, at), _place(one.within(wish.region.code), at)
        wanted = here if here != usual else dict.fromkeys(PLACE_COLUMNS)
        if any(getattr(wish, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(wish, name, value)
            found.append(wish)
    return found


def write_places(wishes: Iterable[RequestRegion]) -> None:
    """Keep the places of these wishes."""
    RequestRegion.objects.bulk_update(wishes, PLACE_COLUMNS)


def ranks_otherwise() -> Exists:
    """Whether any request has another place in the region than elsewhere, as a column of regions."""
    return Exists(RequestRegion.objects.filter(region=OuterRef("pk"), order_band__isnull=False))


def in_region(requests: QuerySet[CapacityRequest], region: str) -> QuerySet[CapacityRequest]:
    """Those that accept the region (code), with each derived column as it is there: `here_tier` and so on."""
    wished = requests.filter(acceptable__region__code=region)
    return wished.annotate(**{f"here_{name}": Coalesce(f"acceptable__{name}", name) for name in PLACE_COLUMNS})


def places_in(request: Any, wishes: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The request's order columns by region (code), where its wishes (as columns by name) hold a place of their own."""
    own = {"order_at": request.order_at, "number": request.number}
    return {
        wish["code"]: {**{name: wish[name] for name in PLACE_COLUMNS}, **own}
        for wish in wishes
        if wish["order_band"] is not None
    }
