"""What pages ask about pools."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from capacity.pools.access import visible_pools
from capacity.pools.models import LedgerEntry, Pool, SupplyChange
from capacity.pools.terms import shortfall
from capacity.regions.models import Region
from users.access import Actor


@dataclass(frozen=True)
class Fill:
    """How full a pool is: promised units against its supply, both in units, and what it is short of."""

    pool: Pool
    committed: int
    supply: int
    short: int

    @property
    def permille(self) -> int:
        """The promised share; 1000 where there is no supply but something is promised."""
        if self.supply <= 0:
            return 1000 if self.committed else 0
        return self.committed * 1000 // self.supply


def pools_by_region(actor: Actor) -> dict[int, list[Pool]]:
    """The pools the actor sees, by the key of their region, in the order of resources; one question."""
    found: dict[int, list[Pool]] = {}
    for pool in visible_pools(actor).select_related("resource").order_by("resource__position", "pk"):
        found.setdefault(pool.region_id, []).append(pool)
    return found


def tightest(pools: Iterable[Pool]) -> Fill | None:
    """The fullest pool of those that have any supply or promise; None where none has."""
    fills = [fill_of(pool) for pool in pools if pool.supply > 0 or pool.committed]
    return max(fills, key=lambda fill: (fill.short > 0, fill.permille), default=None)


def fill_of(pool: Pool) -> Fill:
    """How full one pool is."""
    return Fill(pool, pool.committed, max(pool.supply, 0), shortfall(pool))


def region_pools(actor: Actor, region: Region) -> list[Pool]:
    """The pools of one region that the actor sees."""
    pools = visible_pools(actor).filter(region=region).select_related("region", "resource")
    return list(pools.order_by("resource__position", "pk"))


def ledger_of(pool: Pool) -> QuerySet[LedgerEntry]:
    """Every posting on a pool, with who made it."""
    return LedgerEntry.objects.filter(pool=pool).select_related("by")


def supply_changes(pool: Pool, limit: int = 10) -> list[SupplyChange]:
    """The latest changes of a pool's terms, newest first."""
    return list(SupplyChange.objects.filter(pool=pool).select_related("by").order_by("-pk")[:limit])
