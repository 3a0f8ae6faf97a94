"""What pages ask about usage: a year of days with what lies ahead, the last hours, how long pools last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from capacity.pools.models import Pool
from capacity.usage.actions.keep_samples import Periods, kept_from, months_before
from capacity.usage.forecast.scores import Values
from capacity.usage.history import daily_usage, hourly_usage
from capacity.usage.models import FORECAST_HOLDS, ForecastStep, UsageDay, UsageForecast, UsageHour

YEAR = 365
WEEK_OF_HOURS = 168


@dataclass(frozen=True)
class Course:
    """Measured steps and those ahead: the first step, how long one is, the known values and the forecast in force."""

    first: datetime
    step: timedelta
    known: Values
    forecast: UsageForecast | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured and nothing forecast."""
        return self.forecast is None and bool(np.isnan(self.known).all())

    def moments(self) -> list[datetime]:
        """When each step begins, those ahead included."""
        count = len(self.known) + (len(self.forecast.values) if self.forecast else 0)
        return [self.first + self.step * at for at in range(count)]

    def measured(self) -> list[float | None]:
        """The known values, rounded for show; None for gaps and for what lies ahead."""
        ahead = len(self.forecast.values) if self.forecast else 0
        return [None if value != value else round(value, 1) for value in self.known.tolist()] + [None] * ahead

    def ahead(self, values: Sequence[float]) -> list[float | None]:
        """A list of the forecast, behind as many gaps as there are known steps."""
        return [None] * len(self.known) + [round(value, 1) for value in values]


def latest_of(pools: QuerySet[Pool], at: datetime) -> QuerySet[UsageForecast]:
    """The latest forecast by the day of each of these pools that has one which is not too old; it may be broken."""
    young = UsageForecast.objects.filter(step=ForecastStep.DAY, made_at__gt=at - FORECAST_HOLDS, made_at__lte=at)
    newest = young.filter(pool=OuterRef("pool")).order_by("-made_at")
    return young.filter(pool__in=pools.order_by().values("pk"), pk=Subquery(newest.values("pk")[:1]))


def soonest_first(pools: QuerySet[Pool], at: datetime) -> QuerySet[UsageForecast]:
    """The forecasts by the day in force of these pools, those that are thought to run out first before the others."""
    return (
        latest_of(pools, at)
        .filter(broken_at=None)
        .order_by(F("exhausted_p50").asc(nulls_last=True), F("exhausted_p10").asc(nulls_last=True), "pool")
    )


def soonest_by_region(pools: QuerySet[Pool], at: datetime) -> dict[int, UsageForecast]:
    """For each region the pool that is thought to run out first; regions without a forecast are left out."""
    found: dict[int, UsageForecast] = {}
    for forecast in soonest_first(pools, at).select_related("pool__resource").defer("values", "low", "high"):
        found.setdefault(forecast.pool.region_id, forecast)
    return found


def courses_of(pools: Iterable[Pool], at: datetime, *, days_back: int) -> list[tuple[Pool, Course]]:
    """The last days of several pools with what lies ahead of each, those without any left out; two questions."""
    pools = list(pools)
    latest = latest_of(Pool.objects.filter(pk__in=[pool.pk for pool in pools]), at)
    forecasts = {forecast.pool_id: forecast for forecast in latest}
    today = at.astimezone(UTC).date()
    starts = [forecast.starts_at.astimezone(UTC).date() for forecast in forecasts.values()]
    first = min([today, *starts]) - timedelta(days=days_back)
    known = daily_usage([pool.pk for pool in pools], first, today - timedelta(days=1))
    courses = []
    for pool in pools:
        forecast = forecasts.get(pool.pk)
        end = forecast.starts_at.astimezone(UTC).date() if forecast else today
        begin = end - timedelta(days=days_back)
        days = known[pool.pk][(begin - first).days : (end - first).days]
        course = Course(_midnight(begin), timedelta(days=1), days, forecast)
        if not course.is_empty:
            courses.append((pool, course))
    return courses


def usage_of(pool: Pool, at: datetime) -> tuple[Course, Course]:
    """The last year by the day and the last week by the hour, each up to where its forecast begins."""
    forecasts = {
        one.step: one for one in UsageForecast.objects.filter(pool=pool).order_by("step", "-made_at").distinct("step")
    }
    by_day, by_hour = forecasts.get(ForecastStep.DAY), forecasts.get(ForecastStep.HOUR)
    today = by_day.starts_at.astimezone(UTC).date() if by_day else at.astimezone(UTC).date()
    first_day = today - timedelta(days=YEAR)
    days = daily_usage([pool.pk], first_day, today - timedelta(days=1))[pool.pk]
    hour = by_hour.starts_at if by_hour else at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first_hour = hour - timedelta(hours=WEEK_OF_HOURS)
    hours = hourly_usage([pool.pk], first_hour, WEEK_OF_HOURS)[pool.pk]
    return (
        Course(_midnight(first_day), timedelta(days=1), days, by_day),
        Course(first_hour, timedelta(hours=1), hours, by_hour),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Kept:
    """What is kept now: months of samples with their bytes, and how many hours, days and forecasts."""

    months: tuple[tuple[date, int], ...]
    hours: int
    days: int
    forecasts: int

    @property
    def bytes(self) -> int:
        """The size of all samples."""
        return sum(size for _month, size in self.months)


def kept(at: datetime, beyond: Periods | None = None) -> Kept:
    """What is kept, or only what these periods would no longer keep at a moment; four questions."""
    hours, days, forecasts = UsageHour.objects.all(), UsageDay.objects.all(), UsageForecast.objects.all()
    months = _months()
    if beyond is not None:
        gone = set(months_before(beyond.sample_months, at))
        months = [(month, size) for month, size in months if month in gone]
        first_hour = _midnight(kept_from(beyond.hour_months, at)) if beyond.hour_months else None
        hours = hours.filter(hour__lt=first_hour) if first_hour else hours.none()
        forecasts = forecasts.filter(made_at__lt=first_hour) if first_hour else forecasts.none()
        days = days.filter(day__lt=kept_from(beyond.day_months, at)) if beyond.day_months else days.none()
    return Kept(tuple(months), hours.count(), days.count(), forecasts.count())


def _months() -> list[tuple[date, int]]:
    """Each month of samples with the bytes that its table and indexes take."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT month, pg_total_relation_size(('capacity_usagesample_' || to_char(month, 'YYYYMM'))::regclass)"
            " FROM capacity_usage_months() AS month ORDER BY month"
        )
        return list(cursor.fetchall())
