"""How some pools were used in ninety days: ordinary growth, demand that left its season, a pool that is nearly full."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from capacity.pools.models import Pool
from capacity.usage.actions.ingest_samples import ingest_samples
from capacity.usage.actions.refresh_forecasts import look_for_surges, refresh_forecasts, usable_units
from capacity.usage.models import UsageSource
from capacity.usage.samples import Row
from users.access import SYSTEM

DAYS = 90
# The surge began so many days ago; the forecast made before it is the one that broke.
SURGE_DAYS = 9


@dataclass(frozen=True)
class Course:
    """A pool's usage: its level ninety days ago as a share of the usable units, its growth since, and its surge."""

    region: str
    resource: str
    level: float
    growth: float
    surge: float = 0.0


COURSES = (
    Course("westeurope", "vcpu", 0.78, 0.22),
    Course("westeurope", "gpu", 0.75, 0.30),
    Course("germanywestcentral", "vcpu", 0.80, 0.16),
    Course("germanywestcentral", "memory", 0.62, 0.05),
    Course("uksouth", "vcpu", 0.62, 0.04, surge=0.45),
    Course("francecentral", "vcpu", 0.60, 0.06, surge=0.35),
    Course("northeurope", "vcpu", 0.55, 0.05),
    Course("swedencentral", "vcpu", 0.48, 0.10),
    Course("eastus", "gpu", 0.77, 0.16),
    Course("southeastasia", "vcpu", 0.58, 0.02),
)


def measure(*, now: datetime) -> None:
    """Ninety days by the hour through the import, and what the background makes of them; three pools in trouble."""
    pools = {
        (pool.region.code, pool.resource.code): pool for pool in Pool.objects.select_related("region", "resource").all()
    }
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    rows = [
        row
        for seed, course in enumerate(COURSES)
        for row in _rows(course, pools[course.region, course.resource], hour, seed)
    ]
    ingest_samples(actor=SYSTEM, blocks=[(1, rows)], source=UsageSource.API, name="Demonstration", at=now)
    refresh_forecasts(at=now - timedelta(days=SURGE_DAYS + 1), by_hour=False)
    look_for_surges(at=now)
    refresh_forecasts(at=now)


def _rows(course: Course, pool: Pool, end: datetime, seed: int) -> list[Row]:
    """An hour a row, from a midnight (UTC) ninety days ago on, so that the story is the same at any time of day."""
    first = datetime.combine(end.date() - timedelta(days=DAYS), time(), UTC)
    hours = (end - first) // timedelta(hours=1)
    at = np.arange(hours)
    source = np.random.default_rng(40 + seed)
    # Drawn for whole days, and the days before the hours: otherwise each hour would tell of other days.
    by_day = np.repeat(source.normal(0, 0.01, DAYS + 1), 24)
    noise = (by_day + source.normal(0, 0.01, (DAYS + 1) * 24))[:hours]
    weekday = (at // 24 + first.weekday()) % 7
    # Busy by day, quieter at weekends.
    shape = 0.10 * np.sin(2 * np.pi * (at - 9) / 24) - 0.07 * (weekday >= 5)
    grown = np.log1p(course.growth) * at / (DAYS * 24)
    lifted = np.log1p(course.surge) * np.clip((at - (DAYS - SURGE_DAYS) * 24) / (4 * 24), 0, 1)
    values = usable_units(pool) * course.level * np.exp(shape + grown + lifted + noise)
    used = np.minimum(values, pool.powered_on).tolist()
    return [
        (
            course.region,
            course.resource,
            (first + timedelta(hours=hour)).isoformat(),
            f"{value:.1f}",
            str(pool.powered_on),
        )
        for hour, value in enumerate(used)
    ]
