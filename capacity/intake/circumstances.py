"""From rows to values: regions as they stand, and who waits ahead in them, for the pure diagnosis.

One question answers for any number of regions. Who decides locks the pools first (`lock=True`) and reads crews from
their reports; a page reads the stored status, which is at most one cycle old.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from capacity.intake.diagnosis import Ahead, Ask, Line, Place, Restriction, Supply
from capacity.intake.position import BY_TIER, WAITING_STATES
from capacity.levers.models import PULLED_STATES, Lever, LeverKind, LeverState
from capacity.pools.arithmetic import Buckets, Committed
from capacity.pools.models import Pool
from capacity.regions.models import Datacenter, Region
from capacity.requests.models import PLACE_COLUMNS, CapacityRequest, RequestLine, RequestRegion
from capacity.requests.places import places_in
from capacity.requests.ranking import Ranked, rank_now
from capacity.staffing.models import DatacenterStatus
from capacity.staffing.standings import crew_standings, gate_of
from capacity.staffing.status import Status
from kit.reason import Reason


@dataclass(frozen=True)
class PoolRow:
    """One pool: its key, what its resource is called, and its figures."""

    pk: int
    resource: str
    unit: str
    name_de: str
    name_en: str
    supply: int
    held: int
    granted: int
    values: Supply

    @property
    def promised(self) -> int:
        """Held and granted units together."""
        return self.held + self.granted


@dataclass(frozen=True)
class Crew:
    """How the crews of a region stand: the worst status shown, and whether anything with a date may be promised.

    `warned`: one is at its minimum or silent. `causes` say which ones close or warn, the worst first.
    """

    status: str
    dated: bool
    warned: bool = False
    causes: tuple[Reason, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {"status": self.status, "dated": self.dated, "warned": self.warned}


@dataclass(frozen=True)
class Circumstances:
    """Regions as they stood at a moment: the values, and the rows they came from, by region code.

    A region without any pool is not among them: nothing can be promised there.
    """

    at: datetime
    places: tuple[Place, ...]
    regions: Mapping[str, Region]
    crews: Mapping[str, Crew]
    pools: Mapping[tuple[str, str], PoolRow]

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
        resources = {pool.resource: pool for (code, _resource), pool in self.pools.items() if code in kept}
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
                code: {"de": pool.name_de, "en": pool.name_en, "unit": pool.unit}
                for code, pool in sorted(resources.items())
            },
        }


def ask_of(ranked: Ranked, lines: Sequence[RequestLine]) -> Ask:
    """What a request asks for, as the diagnosis wants it."""
    return _ask(ranked, tuple(Line(line.resource.code, line.quantity, line.minimum) for line in lines))


def ask_of_row(ranked: Ranked, asked: Iterable[Mapping[str, Any]]) -> Ask:
    """The same from the lines as `with_asked` puts them into the row."""
    return _ask(ranked, tuple(Line(line["resource"], line["quantity"], line["minimum"]) for line in asked))


def asks_by_region(ranked: Ranked, ask: Ask, regions: Iterable[str]) -> dict[str, Ask]:
    """What is asked in those of the regions (codes) where overrides make it differ from `ask`; mostly empty."""
    if not ranked.regional:
        return {}
    asks = {}
    for code in regions:
        here = ranked.within(code)
        allowance = ask.allowance if here.result.provisional else None
        asks[code] = replace(_ask(here, ask.lines), allowance=allowance, campaign=ask.campaign)
    return {code: one for code, one in asks.items() if one != ask}


def _ask(ranked: Ranked, lines: tuple[Line, ...]) -> Ask:
    return Ask(
        lines=lines,
        tier=ranked.result.claimed_tier,
        confirmed=ranked.result.confirmed,
        geography=ranked.request.residency_geography,
        offer=ranked.request.organization.offer_type,
        existing=ranked.facts.is_existing,
        held=ranked.facts.held,
        cap_permille=ranked.facts.cap_permille,
    )


_FIGURES = (
    "supply",
    "supply_open",
    "supply_critical",
    "committed_general",
    "committed_critical",
    "committed_reserve",
    "held",
    "granted",
)


def look_at(
    regions: QuerySet[Region], *, at: datetime, wishes: Mapping[str, int] | None = None, lock: bool = False
) -> Circumstances:
    """The regions as they stand. `wishes` gives the place of each region's code in the customer's order.

    With `lock` their pools stay as they are until the transaction ends.
    """
    if lock:
        list(
            Pool.objects.filter(region__in=regions)
            .order_by("pk")
            .select_for_update(no_key=True)
            .values_list("pk", flat=True)
        )
    pools = Pool.objects.filter(region=OuterRef("pk")).order_by("resource__position", "resource__code")
    crews = DatacenterStatus.objects.filter(datacenter__region=OuterRef("pk")).order_by(
        "-is_closed", "datacenter__code"
    )
    # A feature that is turned down keeps nobody from capacity.
    levers = (
        Lever.objects.filter(Q(region=OuterRef("pk")) | Q(region=None), state__in=PULLED_STATES)
        .filter(Q(starts_date=None) | Q(starts_date__lte=at.date()))
        .exclude(kind=LeverKind.FEATURE_PROFILE)
        .order_by("pk")
    )
    rows = list(
        regions.order_by("code").annotate(
            pool_rows=ArraySubquery(
                pools.values(
                    row=JSONObject(
                        pk=F("pk"),
                        resource=F("resource__code"),
                        unit=F("resource__unit"),
                        name_de=F("resource__name_de"),
                        name_en=F("resource__name_en"),
                        **{name: F(name) for name in _FIGURES},
                    )
                )
            ),
            crew_rows=ArraySubquery(
                crews.values(
                    row=JSONObject(
                        datacenter=F("datacenter__code"),
                        status=F("status"),
                        closed=F("is_closed"),
                        reasons=F("reasons"),
                    )
                )
            ),
            lever_rows=ArraySubquery(
                levers.values(
                    row=JSONObject(
                        key=F("public_id"),
                        kind=F("kind"),
                        state=F("state"),
                        offers=F("offer_types"),
                        limit=F("step__limit_per_line"),
                        ends=F("ends_date"),
                        review=F("review_date"),
                    )
                )
            ),
        )
    )
    known = {row.code: row for row in rows if row.pool_rows}
    found = {code: [_pool(row) for row in region.pool_rows] for code, region in known.items()}
    standing = _reported_crews(known.values(), at) if lock else {c: _crew(r.crew_rows) for c, r in known.items()}
    return Circumstances(
        at=at,
        places=tuple(
            Place(
                code=code,
                geography=region.geography,
                supplies=tuple(sorted((pool.values for pool in found[code]), key=lambda supply: supply.resource)),
                wish=(wishes or {}).get(code),
                scarce=region.is_scarce,
                dated=standing[code].dated,
                warned=standing[code].warned,
                crews=standing[code].causes,
                restrictions=tuple(_restriction(row, at) for row in region.lever_rows),
            )
            for code, region in known.items()
        ),
        regions=known,
        crews=standing,
        pools={(code, pool.resource): pool for code, pools in found.items() for pool in pools},
    )


def _pool(row: Mapping[str, Any]) -> PoolRow:
    usable = max(row["supply"], 0)
    values = Supply(
        resource=row["resource"],
        split=Buckets(
            open=row["supply_open"],
            crit=row["supply_critical"] - row["supply_open"],
            reserve1=usable - row["supply_critical"],
        ),
        committed=Committed(row["committed_general"], row["committed_critical"], row["committed_reserve"]),
    )
    return PoolRow(
        pk=row["pk"],
        resource=row["resource"],
        unit=row["unit"],
        name_de=row["name_de"],
        name_en=row["name_en"],
        supply=row["supply"],
        held=row["held"],
        granted=row["granted"],
        values=values,
    )


def _restriction(row: Mapping[str, Any], at: datetime) -> Restriction:
    # A planned end that has passed is no promise any more; then the day of the next look is said.
    has_end = row["ends"] is not None and date.fromisoformat(row["ends"]) > at.date()
    return Restriction(
        reference=row["key"],
        offers=tuple(row["offers"]),
        limit=row["limit"] if row["state"] == LeverState.LIMITED else None,
        new_only=row["kind"] == LeverKind.NEW_SUBSCRIPTIONS,
        until=row["ends"] if has_end else row["review"],
        is_end=has_end,
    )


# Worst first; among equals what is known comes before what is not.
_SHOWN_FIRST = (Status.RED, Status.UNKNOWN, Status.AMBER, Status.GREEN, Status.NOT_TRACKED)
_WARNING = (Status.RED, Status.UNKNOWN, Status.AMBER)
# A decision pins so many causes of each region; the datacenters' own pages have all of them.
CAUSES_KEPT = 3


def _crew(rows: Iterable[Mapping[str, Any]]) -> Crew:
    statuses = [Status(row["status"]) for row in rows]
    worst = min(statuses, key=_SHOWN_FIRST.index, default=Status.NOT_TRACKED)
    lacking = [row for row in rows if Status(row["status"]) in _WARNING]
    causes = [
        Reason(reason["code"], {"datacenter": row["datacenter"], **reason["params"]})
        for row in lacking
        for reason in row["reasons"]
    ]
    return Crew(str(worst), not any(row["closed"] for row in rows), bool(lacking), tuple(causes[:CAUSES_KEPT]))


def _reported_crews(regions: Iterable[Region], at: datetime) -> dict[str, Crew]:
    codes = {region.pk: region.code for region in regions}
    standings = crew_standings(Datacenter.objects.filter(region__in=list(codes)), at)
    gates = {
        code: gate_of(one for one in standings if one.datacenter.region_id == region_id)
        for region_id, code in codes.items()
    }
    return {
        code: Crew(str(gate.status), gate.dated_promise, gate.warning, _without_age(gate.causes[:CAUSES_KEPT]))
        for code, gate in gates.items()
    }


def _without_age(causes: Iterable[Reason]) -> tuple[Reason, ...]:
    # As they are stored: how old a report is changes with every look.
    return tuple(
        Reason(one.code, {name: value for name, value in one.params.items() if name != "age_minutes"}) for one in causes
    )


# --- who waits ahead ---------------------------------------------------------------------------------


def with_asked(requests: QuerySet[CapacityRequest]) -> QuerySet[CapacityRequest]:
    """The requests with their lines and regions in the row, so that one question answers for all.

    `asked` is a list of lines (resource, unit, quantity, minimum), `accepted` one of regions (code, name, wish, and the
    place there where it is another than the request's own, see `capacity.requests.places`).
    """
    asked = RequestLine.objects.filter(request=OuterRef("pk")).order_by("pk")
    wished = RequestRegion.objects.filter(request=OuterRef("pk")).order_by("wish")
    return requests.annotate(
        asked=ArraySubquery(
            asked.values(
                row=JSONObject(
                    resource=F("resource__code"),
                    unit=F("resource__unit"),
                    quantity=F("quantity"),
                    minimum=F("minimum"),
                )
            )
        ),
        accepted=ArraySubquery(
            wished.values(
                row=JSONObject(
                    code=F("region__code"),
                    name=F("region__name"),
                    wish=F("wish"),
                    **{name: F(name) for name in PLACE_COLUMNS},
                )
            )
        ),
    )


def waiting(regions: Iterable[str]) -> QuerySet[CapacityRequest]:
    """Complete, undecided requests that accept one of these regions (codes), with lines and regions in the row.

    Those that wait for a second signature are left out: what they need is held for them already.
    """
    return with_asked(waiting_in(regions))


def waiting_in(regions: Iterable[str]) -> QuerySet[CapacityRequest]:
    """The same without lines and regions."""
    here = RequestRegion.objects.filter(request=OuterRef("pk"), region__code__in=list(regions))
    return CapacityRequest.objects.filter(Exists(here), state__in=WAITING_STATES)


def ahead_now(ranked: Ranked, regions: Iterable[str], *, at: datetime) -> dict[str, tuple[Ahead, ...]]:
    """Who comes before this request in each scarce region, in order, all ranked on the facts of this moment."""
    codes = set(regions)
    if not codes:
        return {}
    others = waiting(codes).exclude(pk=ranked.request.pk)
    others = others.select_related("organization", "claimed_workload", "confirmed_workload")
    waits = rank_now(list(others), at=at)
    return {code: tuple(_before(ranked, waits, code, at)) for code in codes}


def _before(ranked: Ranked, waits: Iterable[Ranked], code: str, at: datetime) -> Iterator[Ahead]:
    mine = ranked.within(code).key(scarce=True, at=at)
    here = [
        (key, one)
        for one in (other.within(code) for other in waits if _accepts(other, code))
        if not one.facts.held and (key := one.key(scarce=True, at=at)) < mine
    ]
    here.sort(key=lambda pair: pair[0])
    for _key, one in here:
        ahead = _ahead(one.request, one.result.claimed_tier)
        asked: Any = one.request
        # Whom an override caps below what is useful cannot be served, so nobody waits for it.
        if ask_of_row(one, asked.asked).within_cap([units for _resource, units in ahead.smallest]):
            yield ahead


def _accepts(one: Ranked, code: str) -> bool:
    asked: Any = one.request
    return any(region["code"] == code for region in asked.accepted)


def ahead_as_stored(
    order: Mapping[str, Any],
    regions: Iterable[str],
    *,
    besides: int | None,
    here: Mapping[str, Mapping[str, Any]],
    limit: int,
) -> dict[str, tuple[Ahead, ...]]:
    """The same by the stored order, for pages; at most `limit` requests of the usual order are looked at (one query).

    `order` are the order columns of the request, `here` those in regions where they are others, `besides` its key.
    """
    mine = {code: _key(here.get(code, order)) for code in regions}
    if not mine:
        return {}
    band = max(key[1] for key in mine.values())
    usual = waiting_in(mine).exclude(pk=besides).filter(order_standing=0, order_band__lte=band).order_by(*BY_TIER)
    # Whom an override puts elsewhere in one of the regions; mostly nobody.
    placed = RequestRegion.objects.filter(
        region__code__in=list(mine), order_band__isnull=False, request__state__in=WAITING_STATES
    ).exclude(request=besides)
    either = usual.values("pk")[:limit].union(placed.values("request"))
    found: dict[str, list[tuple[tuple[Any, ...], Ahead]]] = {code: [] for code in mine}
    for request in with_asked(CapacityRequest.objects.filter(pk__in=either)):
        for code, columns, tier in _places(request):
            if code in mine and columns["order_standing"] == 0 and (key := _key(columns)) < mine[code]:
                found[code].append((key, _ahead(request, tier)))
    return {code: tuple(one for _key, one in sorted(ones, key=lambda pair: pair[0])) for code, ones in found.items()}


def _places(request: Any) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """By wish: the region's code, the request's order columns there, and the tier in which it queues there."""
    usual = {name: getattr(request, name) for name in BY_TIER}
    placed = places_in(request, request.accepted)
    for region in request.accepted:
        columns = placed.get(region["code"])
        if columns is None:
            yield region["code"], usual, request.claimed_tier
        else:
            yield region["code"], columns, columns["claimed_tier"]


def _key(columns: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(columns[name] for name in BY_TIER)


def _ahead(request: Any, tier: int) -> Ahead:
    lines = tuple(Line(line["resource"], line["quantity"], line["minimum"]) for line in request.asked)
    smallest = Ask(lines=lines, tier=tier).smallest
    return Ahead(
        label=request.label,
        tier=tier,
        smallest=tuple((line.resource, units) for line, units in zip(lines, smallest, strict=True)),
    )
