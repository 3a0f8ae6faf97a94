"""Where a request stands in the queue of each region: how many come first, of how many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from capacity.requests.models import PLACE_COLUMNS, WAITING_STATES, CapacityRequest, RequestRegion
from kit.keyset import RowComparison, Term

BY_TIER = ("order_standing", "order_band", "order_behind", "order_at", "number")
BY_COMPLETENESS = ("order_standing", "order_at", "number")
# The same with the columns of `capacity.requests.places.in_region`.
BY_TIER_HERE = tuple(f"here_{name}" if name in PLACE_COLUMNS else name for name in BY_TIER)
BY_COMPLETENESS_HERE = tuple(f"here_{name}" if name in PLACE_COLUMNS else name for name in BY_COMPLETENESS)


@dataclass(frozen=True)
class Position:
    """The place in a region's queue, 1 being first, by tier (scarce) and by completeness, and how many wait there.

    `ahead_by_tier` and `ahead_by_completeness` count those that come first, by the tier in which they queue.
    """

    waiting: int
    ahead_by_tier: Mapping[int, int] = field(default_factory=dict)
    ahead_by_completeness: Mapping[int, int] = field(default_factory=dict)

    @property
    def by_tier(self) -> int:
        return sum(self.ahead_by_tier.values()) + 1

    @property
    def by_completeness(self) -> int:
        return sum(self.ahead_by_completeness.values()) + 1

    def place(self, *, scarce: bool) -> int:
        """The place in the order that is in force."""
        return self.by_tier if scarce else self.by_completeness

    def ahead(self, *, scarce: bool) -> tuple[tuple[int, int], ...]:
        """How many come first in the order that is in force: (tier, count), best tier first."""
        counts = self.ahead_by_tier if scarce else self.ahead_by_completeness
        return tuple(sorted((tier, count) for tier, count in counts.items() if count))


def positions(
    order: Mapping[str, Any],
    regions: Iterable[str],
    *,
    besides: int | None = None,
    here: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Position]:
    """The position a request with these stored order columns has in each region's queue (codes); one query.

    `here` gives the columns in those regions where they are others. `besides` is the request's own key where it is in
    the queue already. As right as the stored order is.
    """
    codes = list(regions)
    rows = RequestRegion.objects.filter(region__code__in=codes, request__state__in=WAITING_STATES)
    if besides is not None:
        rows = rows.exclude(request=besides)
    here = here or {}
    usual = [code for code in codes if code not in here]
    orders = [(usual, order), *(([code], here[code]) for code in codes if code in here)]
    counted = (
        rows.order_by()
        .alias(**{f"here_{name}": Coalesce(name, f"request__{name}") for name in BY_TIER if name in PLACE_COLUMNS})
        .values("region__code", queues_in=Coalesce("claimed_tier", "request__claimed_tier"))
        .annotate(
            by_tier=Count("pk", filter=_before(orders, BY_TIER)),
            by_completeness=Count("pk", filter=_before(orders, BY_COMPLETENESS)),
            waiting=Count("pk"),
        )
    )
    found: dict[str, list[Any]] = {code: [] for code in codes}
    for row in counted:
        found[row["region__code"]].append(row)
    return {
        code: Position(
            waiting=sum(row["waiting"] for row in rows) + 1,
            ahead_by_tier={row["queues_in"]: row["by_tier"] for row in rows},
            ahead_by_completeness={row["queues_in"]: row["by_completeness"] for row in rows},
        )
        for code, rows in found.items()
    }


def _before(orders: Iterable[tuple[list[str], Mapping[str, Any]]], names: tuple[str, ...]) -> Q:
    """Who comes first in their region, where a request has these orders in these regions (codes)."""
    found = Q(pk__in=[])
    for codes, order in orders:
        if codes:
            found |= Q(region__code__in=codes) & Q(_row_before(order, names))
    return found


def _row_before(order: Mapping[str, Any], names: tuple[str, ...]) -> RowComparison:
    fields: dict[str, Any] = {name: CapacityRequest._meta.get_field(name) for name in names}
    terms = [
        Term(f"here_{name}" if name in PLACE_COLUMNS else f"request__{name}", field, descending=False, nullable=False)
        for name, field in fields.items()
    ]
    return RowComparison(terms, [order[name] for name in names], "<")
