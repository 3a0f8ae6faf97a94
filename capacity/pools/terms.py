"""The terms of a pool's supply: the one way in which they change, and the alarm that may follow."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import AlarmKind
from capacity.pools.models import Level, Pool, SupplyCause, SupplyChange
from journal.record import record
from users.access import Actor

# What operators state; the others follow from policy, staffing and what levers were measured to release.
STATED = ("powered_on", "out_of_service", "organic_growth", "failure_reserve")
TERMS = (*STATED, "reserve_permille", "gate_permille", "failure_reserve_permille", "lever_release")


def terms_of(pool: Pool) -> dict[str, int]:
    """The terms in force, quantities in units of the resource, shares in permille."""
    return {name: getattr(pool, name) for name in TERMS}


def lock_pools(pools: models.QuerySet[Pool]) -> list[Pool]:
    """The pools in the order of their keys, as the ledger locks them."""
    return list(pools.select_related("region", "resource").select_for_update(of=("self",), no_key=True).order_by("pk"))


def change_terms(
    pool: Pool,
    new: Mapping[str, int],
    *,
    cause: SupplyCause,
    actor: Actor,
    at: datetime,
    reason: str = "",
    reasons: Sequence[dict[str, Any]] = (),
) -> SupplyChange | None:
    """Give a locked pool new terms and write down what followed; None where they are in force already.

    The database computes supply and deficit from them. Nothing that was promised is revoked. The
    caller runs in a transaction and calls `keep_deficit_alarms` at its end.
    """
    old = terms_of(pool)
    wanted = {**old, **new}
    if wanted == old:
        return None
    supply_before = pool.supply
    Pool.objects.filter(pk=pool.pk).update(**wanted, row_version=F("row_version") + 1)
    pool.refresh_from_db()
    change = SupplyChange.objects.create(
        pool=pool,
        cause=cause,
        old_terms=old,
        new_terms=wanted,
        supply_before=supply_before,
        supply_after=pool.supply,
        deficit_after=shortfall(pool),
        reason=reason,
        reasons=list(reasons),
        by_id=actor.user_id,
        at=at,
    )
    record(
        actor=actor,
        action="pool.terms_changed",
        subject_type="pool",
        subject_id=f"{pool.region.code}/{pool.resource.code}",
        reason=reason,
        before={name: old[name] for name in TERMS if old[name] != wanted[name]},
        after={
            "region": pool.region.code,
            "resource": pool.resource.code,
            "cause": str(cause),
            **{name: wanted[name] for name in TERMS if old[name] != wanted[name]},
            "supply": pool.supply,
            "deficit": change.deficit_after,
        },
        at=at,
    )
    return change


def shortfall(pool: Pool) -> int:
    """By how many units promises exceed the supply in force, in the bucket set where they do so most."""
    return max(pool.deficit, pool.deficit_critical, pool.deficit_open)


def keep_deficit_alarms(pools: Iterable[Pool], at: datetime) -> None:
    """Raise or end the deficit alarm of every pool given; pass all pools of a region together."""
    pools = list(pools)
    causes = {(pool.region_id, pool.resource.code): _deficit(pool) for pool in pools if shortfall(pool)}
    keep_alarms(AlarmKind.DEFICIT, causes, region_ids={pool.region_id for pool in pools}, at=at)


def names_of(pool: Pool) -> dict[str, str]:
    """What people call the pool's resource, by language, for alarms to say it."""
    return {"de": pool.resource.name_de, "en": pool.resource.name_en}


def _deficit(pool: Pool) -> dict[str, Any]:
    """The worst of a pool's three inequalities, as an alarm keeps it."""
    usable = max(pool.supply, 0)
    general = pool.committed_general
    critical = general + pool.committed_critical
    by_level = [
        (pool.deficit, Level.RESERVE, pool.committed, usable),
        (pool.deficit_critical, Level.CRITICAL, critical, pool.supply_critical),
        (pool.deficit_open, Level.GENERAL, general, pool.supply_open),
    ]
    short, level, promised, supply = max(by_level, key=lambda row: row[0])
    return {
        "short": short,
        "level": str(level),
        "promised": promised,
        "supply": supply,
        "unit": pool.resource.unit,
        "names": names_of(pool),
    }
