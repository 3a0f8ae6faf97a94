"""From rows to values: regions as they stand, and who waits ahead in them, for the pure diagnosis.

Who decides locks the pools (`lock=True`) and reads crews from their reports; a page reads what is stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from capacity.intake.diagnosis import Ahead, Ask, Line, Place, Restriction, Supply
from capacity.levers.models import PULLED_STATES, Lever, LeverKind, LeverState
from capacity.pools.arithmetic import Buckets, Committed
from capacity.pools.models import Pool
from capacity.regions.models import SCARCE_CONDITIONS, Datacenter, Region
from capacity.requests.models import OPEN_STATES, CapacityRequest, RequestLine, RequestRegion, RequestState
from capacity.requests.ranking import Ranked, rank_now
from capacity.staffing import status
from capacity.staffing.models import DatacenterStatus
from capacity.staffing.standings import crew_standings, gate_of


@dataclass(frozen=True)
class Crew:
    """How the crews of a region stand: the worst status shown, and whether anything with a date may be promised."""

    status: str
    dated: bool

    def as_dict(self) -> dict[str, Any]:
        return {"status": self.status, "dated": self.dated}


@dataclass(frozen=True)
class Circumstances:
    """Regions as they stood at a moment: the values, and the rows they came from, by region code."""

    at: datetime
    places: tuple[Place, ...]
    regions: Mapping[str, Region]
    crews: Mapping[str, Crew]
    pools: Mapping[tuple[str, str], Pool]

    def place(self, code: str) -> Place | None:
        """The region of this code; None if it was not looked at."""
        return next((place for place in self.places if place.code == code), None)

    @property
    def accepted(self) -> tuple[Place, ...]:
        """The regions that were asked for, in the order of the wish."""
        return tuple(sorted((p for p in self.places if p.wish is not None), key=lambda p: p.wish or 0))

    def pinned(self, codes: Iterable[str]) -> dict[str, Any]:
        """Condition, crews and pools of these regions as JSON values, beside the names that sentences need."""
        kept = [code for code in dict.fromkeys(codes) if code in self.regions]
        resources = {pool.resource.code: pool.resource for (code, _r), pool in self.pools.items() if code in kept}
        return {
            "at": self.at.isoformat(),
            "regions": {
                code: {
                    "name": self.regions[code].name,
                    "condition": str(self.regions[code].condition),
                    "staffing": self.crews[code].as_dict(),
                }
                for code in kept
            },
            "resources": {
                code: {"de": resource.name_de, "en": resource.name_en, "unit": resource.unit}
                for code, resource in sorted(resources.items())
            },
        }


def ask_of(ranked: Ranked, lines: Sequence[RequestLine]) -> Ask:
    """What a request asks for, as the diagnosis wants it."""
    organization = ranked.request.organization
    return Ask(
        lines=tuple(Line(line.resource.code, line.quantity, line.minimum) for line in lines),
        tier=ranked.result.claimed_tier,
        confirmed=ranked.result.confirmed,
        geography=ranked.request.residency_geography,
        offer=organization.offer_type,
        existing=ranked.facts.is_existing,
        held=ranked.facts.held,
        cap_permille=ranked.facts.cap_permille,
    )


def look_at(
    regions: QuerySet[Region], *, at: datetime, wishes: Mapping[str, int] | None = None, lock: bool = False
) -> Circumstances:
    """The regions as they stand. `wishes` gives the place of each region's code in the customer's order.

    With `lock` their pools stay as they are until the transaction ends, and crews are read from their
    reports; otherwise the stored status is taken, which is at most one cycle old.
    """
    found = Pool.objects.filter(region__in=regions).select_related("region", "resource").order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    pools = list(found)
    # A region without any pool is no place: nothing can be promised there.
    known = {pool.region.code: pool.region for pool in pools}
    crews = _reported_crews(known.values(), at) if lock else _stored_crews(known.values())
    levers = list(Lever.objects.filter(state__in=PULLED_STATES))
    by_region: dict[str, list[Pool]] = {code: [] for code in known}
    for pool in pools:
        by_region[pool.region.code].append(pool)
    return Circumstances(
        at=at,
        places=tuple(
            _place(region, by_region[code], crews[code], levers, (wishes or {}).get(code))
            for code, region in sorted(known.items())
        ),
        regions=known,
        crews=crews,
        pools={(pool.region.code, pool.resource.code): pool for pool in pools},
    )


def _place(region: Region, pools: Iterable[Pool], crew: Crew, levers: Iterable[Lever], wish: int | None) -> Place:
    return Place(
        code=region.code,
        geography=region.geography,
        supplies=tuple(sorted((supply_of(pool) for pool in pools), key=lambda supply: supply.resource)),
        wish=wish,
        scarce=region.condition in SCARCE_CONDITIONS,
        dated=crew.dated,
        restrictions=tuple(
            Restriction(
                reference=str(lever.public_id),
                offers=tuple(lever.offer_types),
                limit=lever.limit_per_line if lever.state == LeverState.LIMITED else None,
                new_only=lever.kind == LeverKind.NEW_SUBSCRIPTIONS,
            )
            for lever in levers
            if lever.region_id in (None, region.pk)
        ),
    )


def supply_of(pool: Pool) -> Supply:
    """A pool's stored figures as values."""
    usable = max(pool.supply, 0)
    return Supply(
        resource=pool.resource.code,
        split=Buckets(
            open=pool.supply_open,
            crit=pool.supply_critical - pool.supply_open,
            reserve1=usable - pool.supply_critical,
        ),
        committed=Committed(pool.committed_general, pool.committed_critical, pool.committed_reserve),
    )


def _reported_crews(regions: Iterable[Region], at: datetime) -> dict[str, Crew]:
    codes = {region.pk: region.code for region in regions}
    standings = crew_standings(Datacenter.objects.filter(region__in=list(codes)), at)
    gates = {
        code: gate_of(one for one in standings if one.datacenter.region_id == region_id)
        for region_id, code in codes.items()
    }
    return {code: Crew(str(gate.status), gate.dated_promise) for code, gate in gates.items()}


# Worst first; among equals what is known comes before what is not.
_SHOWN_FIRST = ("red", "unknown", "amber", "green", "not_tracked")


def _stored_crews(regions: Iterable[Region]) -> dict[str, Crew]:
    codes = {region.pk: region.code for region in regions}
    crews = {code: Crew(str(status.Status.NOT_TRACKED), True) for code in codes.values()}
    rows = DatacenterStatus.objects.filter(datacenter__region__in=list(codes)).values_list(
        "datacenter__region_id", "status", "is_closed"
    )
    for region_id, shown, is_closed in rows:
        crew = crews[codes[region_id]]
        worst = min(crew.status, shown, key=_SHOWN_FIRST.index)
        crews[codes[region_id]] = Crew(worst, crew.dated and not is_closed)
    return crews


# --- who waits ahead ---------------------------------------------------------------------------------


def waiting(regions: Iterable[str]) -> QuerySet[CapacityRequest]:
    """Complete, undecided requests that accept one of these regions (codes), with lines and regions in the row.

    Those that wait for a second signature are left out: what they need is held for them already. The row carries
    `asked` (resource, quantity, minimum) and `accepted` (region codes), so one question answers for all.
    """
    asked = RequestLine.objects.filter(request=OuterRef("pk")).order_by("pk")
    wished = RequestRegion.objects.filter(request=OuterRef("pk")).order_by("wish")
    here = RequestRegion.objects.filter(request=OuterRef("pk"), region__code__in=list(regions))
    states = [state for state in OPEN_STATES if state != RequestState.AWAITING_SECOND_SIGNATURE]
    return CapacityRequest.objects.filter(Exists(here), state__in=states).annotate(
        asked=ArraySubquery(
            asked.annotate(
                line=JSONObject(resource=F("resource__code"), quantity=F("quantity"), minimum=F("minimum"))
            ).values("line")
        ),
        accepted=ArraySubquery(wished.values("region__code")),
    )


def ahead_now(ranked: Ranked, regions: Iterable[str], *, at: datetime) -> dict[str, tuple[Ahead, ...]]:
    """Who comes before this request in each scarce region, in order, all ranked on the facts of this moment."""
    codes = set(regions)
    if not codes:
        return {}
    others = waiting(codes).exclude(pk=ranked.request.pk)
    others = others.select_related("organization", "claimed_workload", "confirmed_workload")
    mine = ranked.key(scarce=True, at=at)
    before = [one for one in rank_now(list(others), at=at) if not one.facts.held and one.key(scarce=True, at=at) < mine]
    before.sort(key=lambda one: one.key(scarce=True, at=at))
    return _by_region(codes, ((one.request, one.result.claimed_tier) for one in before))


def ahead_as_stored(request: CapacityRequest, regions: Iterable[str], *, limit: int) -> dict[str, tuple[Ahead, ...]]:
    """The same by the stored order, for pages; at most `limit` requests are looked at (one query)."""
    codes = set(regions)
    if not codes:
        return {}
    before = (
        waiting(codes)
        .exclude(pk=request.pk)
        .filter(order_standing=0, order_band__lte=request.order_band)
        .order_by("order_standing", "order_band", "order_behind", "order_at", "number")
    )
    mine = _stored_key(request)
    found = [one for one in before[:limit] if _stored_key(one) < mine]
    return _by_region(codes, ((one, one.claimed_tier) for one in found))


def _stored_key(request: CapacityRequest) -> tuple[Any, ...]:
    return (
        request.order_standing,
        request.order_band,
        request.order_behind,
        request.order_at,
        request.number,
    )


def _by_region(codes: set[str], found: Iterable[tuple[Any, int]]) -> dict[str, tuple[Ahead, ...]]:
    ahead: dict[str, list[Ahead]] = {code: [] for code in codes}
    for request, tier in found:
        lines = tuple(Line(**line) for line in request.asked)
        smallest = Ask(lines=lines, tier=tier).smallest
        one = Ahead(
            label=request.label,
            tier=tier,
            smallest=tuple((line.resource, units) for line, units in zip(lines, smallest, strict=True)),
        )
        for code in codes.intersection(request.accepted):
            ahead[code].append(one)
    return {code: tuple(ones) for code, ones in ahead.items()}
