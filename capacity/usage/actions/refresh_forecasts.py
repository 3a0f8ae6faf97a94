"""Forecast the usage of every pool anew, mark what surges broke, and keep the alarms about surges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from django.db import transaction

from capacity.alarms.keeping import keep_alarms
from capacity.alarms.models import AlarmKind
from capacity.deliveries.queries import landings_in
from capacity.pools.models import Pool
from capacity.pools.terms import names_of
from capacity.usage.forecast.backtest import forecast_with_bands
from capacity.usage.forecast.bands import Bands
from capacity.usage.forecast.daily import LEAST_DAYS, WEEK, calibrate_daily, daily_moves, forecast_daily
from capacity.usage.forecast.exhaustion import days_to_exhaustion
from capacity.usage.forecast.hourly import RECENT, Method
from capacity.usage.forecast.outlook import outlook, surge_now
from capacity.usage.forecast.scores import Values, seasonal_naive
from capacity.usage.forecast.surge import Alarm
from capacity.usage.history import daily_usage, hourly_usage
from capacity.usage.models import ForecastMethod, ForecastStep, UsageDay, UsageForecast

DAYS_AHEAD = 90
DAYS_BACK = 400
# How long hardware takes that nobody ordered yet (an assumption, shown where it is used); what is planned has its day.
LEAD_DAYS = 60


@dataclass(frozen=True)
class Surge:
    """A pool whose demand has left its season, with the day on which it was seen."""

    alarm: Alarm
    seen_on: date
    since: date


def refresh_forecasts(*, at: datetime, by_hour: bool = True) -> int:
    """Forecast every pool that has usage, from yesterday and, unless told, the last full hour on; returns how many it
    wrote.

    A second look within the same hour changes nothing.
    """
    pools = list(
        Pool.objects.filter(pk__in=UsageDay.objects.values("pool")).select_related("region", "resource").order_by("pk")
    )
    if not pools:
        return 0
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if UsageForecast.objects.filter(made_at=hour).exists():
        return 0
    rows = [*_daily(pools, hour), *(_hourly(pools, hour) if by_hour else ())]
    with transaction.atomic():
        return len(UsageForecast.objects.bulk_create(rows, ignore_conflicts=True))


def look_for_surges(*, at: datetime) -> None:
    """Mark forecasts broken that demand has left behind, and keep the alarms that propose *watch*."""
    pools = list(Pool.objects.select_related("region", "resource").order_by("pk"))
    last = (at - timedelta(days=1)).astimezone(UTC).date()
    histories = daily_usage([pool.pk for pool in pools], last - timedelta(days=DAYS_BACK - 1), last)
    causes = {}
    with transaction.atomic():
        for pool in pools:
            surge = surge_of(_from_first_known(histories[pool.pk]), last)
            if surge is None:
                continue
            seen_at = datetime.combine(surge.seen_on + timedelta(days=1), time(), UTC)
            UsageForecast.objects.filter(pool=pool, step=ForecastStep.DAY, made_at__lt=seen_at, broken_at=None).exclude(
                method=ForecastMethod.SCENARIOS
            ).update(broken_at=seen_at)
            causes[pool.region_id, pool.resource.code] = {
                "above_permille": round(1000 * (surge.alarm.ratio - 1)),
                "since": surge.since.isoformat(),
                "proposal": "watch",
                "names": names_of(pool),
            }
        keep_alarms(AlarmKind.USAGE_SURGE, causes, region_ids={pool.region_id for pool in pools}, at=at)


def surge_of(history: Values, last: date) -> Surge | None:
    """The surge that is on after these days, of which `last` is the last; None where demand is in its season."""
    alarm = surge_now(history)
    if alarm is None:
        return None
    seen_on = last - timedelta(days=len(history) - 1 - alarm.seen)
    since = last - timedelta(days=len(history) - 1 - alarm.since)
    return Surge(alarm, seen_on, since)


def usable_units(pool: Pool) -> int:
    """What usage may grow into: what runs, without what must stay free for a failure."""
    return max(_usable(pool), 0)


def _usable(pool: Pool) -> int:
    return pool.powered_on - pool.out_of_service - pool.reserved_for_failures


def _daily(pools: list[Pool], hour: datetime) -> list[UsageForecast]:
    last = hour.date() - timedelta(days=1)
    known = daily_usage([pool.pk for pool in pools], last - timedelta(days=DAYS_BACK - 1), last)
    histories = [_from_first_known(known[pool.pk]) for pool in pools]
    try:
        bands = calibrate_daily(histories, DAYS_AHEAD)
    except ValueError:
        return []  # Nobody has a month of data yet.
    landings = landings_in(pools, hour)
    rows = []
    for at, (pool, history) in enumerate(zip(pools, histories, strict=True)):
        row = _daily_row(pool, history, bands, at, landings.get(pool.pk, []), hour.date())
        if row is not None:
            row.made_at, row.starts_at = hour, datetime.combine(hour.date(), time(), UTC)
            rows.append(row)
    return rows


def supply_ahead(pool: Pool, landings: Sequence[tuple[date, int]], first: date) -> Values:
    """The usable units of each forecast day from the first on; what lands counts from its day."""
    # What lands first makes up for what the reserve lacks.
    supply = np.full(DAYS_AHEAD, float(_usable(pool)))
    for day, units in landings:
        supply[max((day - first).days, 0) :] += units
    return np.maximum(supply, 0)


def _daily_row(
    pool: Pool, history: Values, bands: Bands, at: int, landings: Sequence[tuple[date, int]], first: date
) -> UsageForecast | None:
    ahead = outlook(history, DAYS_AHEAD)
    values = ahead.values
    if np.isnan(values).any():
        return None
    if ahead.ways is None:
        low, high = bands.around(at, values)
        is_short = (~np.isnan(history)).sum() < LEAST_DAYS
        method = ForecastMethod.SEASONAL_NAIVE if is_short else ForecastMethod.COMBINATION
    else:
        (low, _high), (_low, high) = bands.around(at, ahead.ways.low), bands.around(at, ahead.ways.high)
        method = ForecastMethod.SCENARIOS
    exhaustion = days_to_exhaustion(values, daily_moves(history), supply_ahead(pool, landings, first), LEAD_DAYS)
    own, naive = _errors(history, forecast_daily(history[:-WEEK], WEEK), WEEK)
    return UsageForecast(
        pool=pool,
        step=ForecastStep.DAY,
        method=method,
        values=values.tolist(),
        low=low.tolist(),
        high=high.tolist(),
        own_error=own,
        naive_error=naive,
        deliveries=[[day.isoformat(), units] for day, units in landings],
        exhausted_p10=exhaustion.p10,
        exhausted_p50=exhaustion.p50,
        exhausted_p90=exhaustion.p90,
        exhausted_within_lead=exhaustion.within_lead,
    )


def _hourly(pools: list[Pool], hour: datetime) -> list[UsageForecast]:
    known = hourly_usage([pool.pk for pool in pools], hour - timedelta(hours=RECENT), RECENT)
    histories = [_from_first_known(known[pool.pk]) for pool in pools]
    try:
        forecasts, bands, before = forecast_with_bands(histories)
    except ValueError:
        return []  # Nobody has days to hold back yet.
    rows = []
    for at, (pool, history, forecast) in enumerate(zip(pools, histories, forecasts, strict=True)):
        if forecast.method is Method.NONE or np.isnan(forecast.values).any():
            continue
        low, high = bands.around(at, forecast.values)
        own, naive = _errors(history, before[at], 24 * WEEK)
        rows.append(
            UsageForecast(
                pool=pool,
                step=ForecastStep.HOUR,
                method=ForecastMethod(forecast.method.value),
                made_at=hour,
                starts_at=hour,
                values=forecast.values.tolist(),
                low=low.tolist(),
                high=high.tolist(),
                own_error=own,
                naive_error=naive,
            )
        )
    return rows


def _from_first_known(values: Values) -> Values:
    """Without the steps before the first measurement: they are not gaps but a time before the pool."""
    known = np.flatnonzero(~np.isnan(values))
    return values[known[0] :] if len(known) else values[:0]


def _errors(history: Values, forecast: Values, season: int) -> tuple[float | None, float | None]:
    """The mean absolute errors over the last steps, of a forecast that did not see them and of the seasonal naive."""
    steps = len(forecast)
    if len(history) < steps + season:
        return None, None
    came = history[-steps:]
    errors = [
        float(np.nanmean(np.abs(came - one))) if (~np.isnan(came - one)).any() else None
        for one in (forecast, seasonal_naive(history[:-steps], steps, season))
    ]
    return errors[0], errors[1]
