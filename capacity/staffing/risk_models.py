"""Public series about staffing risk, as they were known when: a row a place and day, a new one where it changed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly


class RiskSource(models.TextChoices):
    """Who tells."""

    OXCGRT = "oxcgrt", _("Measures of country or state")
    ICU_DE = "icu_de", _("Intensive care units in Germany")


class RiskCause(models.TextChoices):
    """What would keep crews away."""

    MEASURES = "measures", _("Public measures")
    STAFF = "staff", _("Lack of staff")


class RiskLevel(models.TextChoices):
    """How much of a place's crews may be missing; silence is unknown, never normal."""

    NORMAL = "normal", _("Normal")
    WATCH = "watch", _("Watch")
    REDUCED = "reduced", _("Reduced")
    CRITICAL = "critical", _("Critical")
    UNKNOWN = "unknown", _("Unknown")


class RiskSeries(models.Model):
    """A source's series about one place: a country (ISO 3166-1 alpha-3) or a subdivision (ISO 3166-2)."""

    source = models.CharField(max_length=10, choices=RiskSource.choices)
    place = models.CharField(max_length=6)
    name = models.CharField(max_length=80, blank=True)

    # A series is what it was taken in as.
    runtime_updates: list[str] = []

    class Meta:
        ordering = ["source", "place"]
        constraints = [models.UniqueConstraint(fields=["source", "place"], name="risk_series_once")]

    def __str__(self) -> str:
        return self.name or self.place


class RiskDay(AppendOnly):
    """What a series said of a day, as of the day on which it was taken; the latest that was known by then counts."""

    series = models.ForeignKey(RiskSeries, on_delete=models.PROTECT, related_name="days")
    date = models.DateField()
    known_date = models.DateField()
    risk = models.CharField(max_length=8, choices=RiskLevel.choices)
    cause = models.CharField(max_length=8, choices=RiskCause.choices)
    # It held in a part of the place only.
    is_partial = models.BooleanField(default=False)
    # False where the source's own counts contradict each other; they are kept as they came.
    adds_up = models.BooleanField(default=True)
    figures = models.JSONField(default=dict)
    taken_in_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["series", "date", "known_date"], name="risk_day_once"),
            models.CheckConstraint(condition=Q(date__lte=F("known_date")), name="risk_day_is_past"),
        ]
