"""How much of each pool was in use, when: samples as they came, and what is kept of them by hour and by day.

Quantities are in the pool's unit, fractions allowed, as a sample is often a mean. Unknown is no row, never zero.
"""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.pools.models import Pool
from kit.ids import uuid7
from kit.models import AppendOnly
from users.models import User

# Forecasts are made four times a day; an older one says nothing any more.
FORECAST_HOLDS = timedelta(days=2)


class UsageSource(models.TextChoices):
    """How samples came in."""

    FILE = "file", _("File")
    API = "api", _("API")


class UsageBatch(AppendOnly):
    """Samples that came in together, and what became of them."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    source = models.CharField(max_length=4, choices=UsageSource.choices)
    name = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(db_index=True)
    added = models.BigIntegerField()
    corrected = models.BigIntegerField()
    unchanged = models.BigIntegerField()
    refused = models.BigIntegerField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(added__gte=0, corrected__gte=0, unchanged__gte=0, refused__gte=0), name="usage_batch_counts"
            )
        ]


class UsageSample(models.Model):
    """The usage of a pool at a moment; `total` is what it had in all then, where the source says so.

    A table for every month, made by `capacity/usage/usage.sql`; only a later batch changes a row, and what it said
    before stays in `UsageCorrection`.
    """

    pk = models.CompositePrimaryKey("pool_id", "at")
    pool = models.ForeignKey(Pool, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    at = models.DateTimeField()
    used = models.FloatField()
    total = models.FloatField(null=True)
    batch = models.ForeignKey(UsageBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    runtime_updates = ("used", "total", "batch")

    class Meta:
        managed = False
        db_table = "capacity_usagesample"


class UsageCorrection(AppendOnly):
    """What a sample said before another batch corrected it."""

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    used = models.FloatField()
    total = models.FloatField(null=True)
    batch = models.ForeignKey(UsageBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    corrected_by = models.ForeignKey(UsageBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["pool", "at"], name="usage_correction_place")]


class Rollup(models.Model):
    """Samples of a span taken together: how many, their sum and bounds, and the most that there was in all."""

    count = models.BigIntegerField()
    sum = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    total = models.FloatField(null=True)

    class Meta:
        abstract = True


class UsageHour(Rollup):
    """An hour of a pool (UTC)."""

    pk = models.CompositePrimaryKey("pool_id", "hour")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gt=0, low__gte=0, high__gte=F("low")), name="usage_hour_adds_up")
        ]


class UsageDay(Rollup):
    """A day of a pool (UTC); `hours` says how many of its hours are known."""

    pk = models.CompositePrimaryKey("pool_id", "day")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    hours = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gt=0, low__gte=0, high__gte=F("low"), hours__lte=24), name="usage_day_adds_up"
            )
        ]


class UsageRetention(AppendOnly):
    """For how many full months samples, hours and days are kept; null: for good. The latest row is in force.

    What is finer never outlives what is coarser; hours cover what a forecast learns from, days a year's chart.
    Forecasts go with the hours.
    """

    sample_months = models.PositiveSmallIntegerField(null=True)
    hour_months = models.PositiveSmallIntegerField(null=True)
    day_months = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=(Q(sample_months=None) | Q(sample_months__gte=2, sample_months__lte=120))
                & (Q(hour_months=None) | Q(hour_months__gte=3, hour_months__lte=120))
                & (Q(day_months=None) | Q(day_months__gte=14, day_months__lte=240)),
                name="retention_is_sane",
            ),
            models.CheckConstraint(
                condition=(Q(hour_months=None) | Q(sample_months__isnull=False, sample_months__lte=F("hour_months")))
                & (Q(day_months=None) | Q(hour_months__isnull=False, hour_months__lte=F("day_months"))),
                name="finer_goes_first",
            ),
        ]


class DroppedMonth(AppendOnly):
    """That the samples of a month were dropped; written by the function that does it. Nothing up to it comes in again,
    or the hours that are left of it would count twice."""

    month = models.DateField(unique=True)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass


class ForecastStep(models.TextChoices):
    """What a forecast goes by."""

    HOUR = "hour", _("Hour")
    DAY = "day", _("Day")


class ForecastMethod(models.TextChoices):
    """How a forecast came about."""

    RIDGE = "ridge", _("Pooled regression on the last three weeks")
    COMBINATION = "combination", _("Mean of damped trend, theta method and last week")
    SEASONAL_NAIVE = "seasonal_naive", _("The same time last week")
    SCENARIOS = "scenarios", _("Low, base and high scenario after a surge")


class UsageForecast(models.Model):
    """What the usage of a pool was thought to become, from a moment on; the latest of a step is in force.

    Lists hold a value a step, in the pool's unit. Errors are mean absolute ones of the last week or two days that
    could be compared, ours beside the seasonal naive's. `broken_at` is when demand had left the season it rests on.
    """

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=4, choices=ForecastStep.choices)
    method = models.CharField(max_length=15, choices=ForecastMethod.choices)
    made_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    values = ArrayField(models.FloatField())
    low = ArrayField(models.FloatField())
    high = ArrayField(models.FloatField())
    own_error = models.FloatField(null=True)
    naive_error = models.FloatField(null=True)
    # Days until usage exceeds what the pool can carry, for 10, 50 and 90 percent of the paths; null: not within.
    exhausted_p10 = models.PositiveSmallIntegerField(null=True)
    exhausted_p50 = models.PositiveSmallIntegerField(null=True)
    exhausted_p90 = models.PositiveSmallIntegerField(null=True)
    exhausted_within_lead = models.FloatField(null=True)
    # The landings that supply was counted with: [day, units], soonest first.
    deliveries = models.JSONField(default=list, blank=True)
    broken_at = models.DateTimeField(null=True)

    runtime_updates = ("broken_at",)

    class Meta:
        indexes = [models.Index(fields=["pool", "step", "-made_at"], name="usage_forecast_latest")]
        constraints = [
            models.UniqueConstraint(fields=["pool", "step", "made_at"], name="usage_forecast_once"),
            models.CheckConstraint(
                condition=Q(values__len=F("low__len")) & Q(values__len=F("high__len")), name="usage_forecast_has_bands"
            ),
            models.CheckConstraint(
                condition=Q(broken_at=None) | Q(broken_at__gte=F("made_at")), name="usage_forecast_breaks_later"
            ),
        ]
