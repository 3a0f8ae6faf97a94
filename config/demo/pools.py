"""The pools of the thirty days that are told, kept in memory exactly as the ledger's trigger keeps them."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from capacity.intake.circumstances import Circumstances, PoolRow
from capacity.intake.circumstances import Crew as RegionCrew
from capacity.intake.diagnosis import Place, Supply
from capacity.pools import ledger
from capacity.pools.arithmetic import Buckets, Committed, Terms, buckets
from capacity.pools.models import Pool
from capacity.regions.models import SCARCE_CONDITIONS, Condition, Region
from config.demo.world import DECLARED, Gaps


class Pools:
    """The pools as they stand at the moment that is being told, at the same levels as the ledger's guard."""

    def __init__(self, closed: Gaps, datacenters: Mapping[str, int], now: datetime) -> None:
        self._closed = closed
        self._datacenters = datacenters
        self.places: dict[str, Place] = {}
        self.rows: dict[tuple[str, str], PoolRow] = {}
        self.keys: dict[tuple[str, str], int] = {}
        self._reserves: dict[tuple[str, str], tuple[int, int]] = {}
        self.regions = {region.code: region for region in Region.objects.all()}
        self.groups: dict[str, list[str]] = {}
        self._since = {code: (now - timedelta(hours=hours), cond) for code, (cond, hours, _why) in DECLARED.items()}
        supplies: dict[str, list[Supply]] = {}
        for pool in Pool.objects.select_related("region", "resource").order_by("resource__code"):
            split = Buckets(
                open=pool.supply_open,
                crit=pool.supply_critical - pool.supply_open,
                reserve1=max(pool.supply, 0) - pool.supply_critical,
            )
            supply = Supply(pool.resource.code, split, Committed(0, 0, 0))
            supplies.setdefault(pool.region.code, []).append(supply)
            self.keys[pool.region.code, pool.resource.code] = pool.pk
            self._reserves[pool.region.code, pool.resource.code] = (pool.failure_reserve, pool.reserve_permille)
            self.rows[pool.region.code, pool.resource.code] = PoolRow(
                pk=pool.pk,
                resource=pool.resource.code,
                unit=pool.resource.unit,
                name_de=pool.resource.name_de,
                name_en=pool.resource.name_en,
                supply=pool.supply,
                held=0,
                granted=0,
                values=supply,
            )
        for code, found in supplies.items():
            region = self.regions[code]
            # The story begins in a normal region; conditions come with their moments.
            region.condition = Condition.NORMAL
            self.places[code] = Place(code, region.geography, tuple(found))
            self.groups.setdefault(region.geography_group, []).append(code)

    def supply(self, code: str, resource: str) -> int:
        """The whole supply of a pool, in units."""
        return self.rows[code, resource].values.split.total

    def condition(self, code: str, at: datetime) -> Condition:
        """The condition that held in a region at a moment."""
        since, condition = self._since.get(code, (at + timedelta(days=1), Condition.NORMAL))
        return condition if at >= since else Condition.NORMAL

    def scarce_from(self, code: str, never: datetime) -> datetime:
        """Since when tier decides the order in a region; `never` where it does not."""
        since, condition = self._since.get(code, (never, Condition.NORMAL))
        return since if condition in SCARCE_CONDITIONS else never

    def is_scarce(self, code: str, at: datetime) -> bool:
        return self.condition(code, at) in SCARCE_CONDITIONS

    def place(self, code: str, at: datetime, wish: int | None) -> Place:
        """The region as it stood at a moment, crews included."""
        place = self.places[code]
        short = {datacenter for begin, end, datacenter in self._closed.get(code, ()) if begin <= at < end}
        if short:
            gate = 1000 * (self._datacenters[code] - len(short)) // self._datacenters[code]
            supplies = tuple(_gated(one, gate, self._reserves[code, one.resource]) for one in place.supplies)
            place = dataclasses.replace(place, supplies=supplies, dated=False)
        scarce = self.is_scarce(code, at)
        return dataclasses.replace(place, wish=wish, scarce=scarce) if wish is not None or scarce else place

    def promise(self, code: str, level: str, bundle: Mapping[str, int], sign: int = 1) -> None:
        """Promise the units of a bundle, or give them back with `sign` -1."""
        moved = {resource: sign * units for resource, units in bundle.items()}
        self.places[code] = self.places[code].with_promised(ledger.ADMISSION[ledger.Level(level)], moved)

    def seen(self, places: Sequence[Place], at: datetime) -> Circumstances:
        """The regions as a decision pins them."""
        codes = {place.code for place in places}
        for code in codes:
            self.regions[code].condition = self.condition(code, at)
        return Circumstances(
            at=at,
            places=tuple(places),
            regions={code: self.regions[code] for code in codes},
            crews={place.code: RegionCrew("green" if place.dated else "red", place.dated) for place in places},
            pools={key: self.rows[key] for code in codes for key in self._keys_of(code)},
        )

    def _keys_of(self, code: str) -> list[tuple[str, str]]:
        return [(code, supply.resource) for supply in self.places[code].supplies]


def _gated(supply: Supply, gate: int, reserves: tuple[int, int]) -> Supply:
    """The supply behind a gate, which keeps more for failures, too; `reserves` as stated and for tier 1 in permille."""
    failures, tier1 = reserves
    kept = -(-failures * (2000 - gate) // 1000) - failures
    split = buckets(Terms(max(0, supply.split.total - kept), gate_permille=gate, reserve_permille=tier1))
    return dataclasses.replace(supply, split=split)
