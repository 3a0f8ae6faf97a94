"""Usage as arrays, one value a step without gaps in time: NaN where nothing, or too little, was measured."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from capacity.usage.forecast.scores import Values
from capacity.usage.models import UsageDay, UsageHour

# A day of which fewer hours are known says too little of the day.
LEAST_HOURS = 12


def daily_usage(pool_ids: Sequence[int], first: date, last: date) -> dict[int, Values]:
    """The mean usage of each day from `first` to `last`, both included, by pool; one question to the database."""
    count = (last - first).days + 1
    found = {key: np.full(count, np.nan) for key in pool_ids}
    rows = UsageDay.objects.filter(pool__in=pool_ids, day__gte=first, day__lte=last, hours__gte=LEAST_HOURS)
    for key, day, amount, samples in rows.values_list("pool_id", "day", "sum", "count").iterator(chunk_size=10_000):
        found[key][(day - first).days] = amount / samples
    return found


def hourly_usage(pool_ids: Sequence[int], first: datetime, hours: int) -> dict[int, Values]:
    """The mean usage of each hour from `first` on, by pool; one question to the database."""
    found = {key: np.full(hours, np.nan) for key in pool_ids}
    rows = UsageHour.objects.filter(pool__in=pool_ids, hour__gte=first, hour__lt=first + timedelta(hours=hours))
    for key, hour, amount, samples in rows.values_list("pool_id", "hour", "sum", "count").iterator(chunk_size=10_000):
        found[key][(hour - first) // timedelta(hours=1)] = amount / samples
    return found
