"""How often people decided beside the policy, week by week: what stands above the register of overrides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncWeek
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from capacity.figures.figures import override_rate
from capacity.requests.models import Decision, Outcome, Stage
from kit.charts import Chart, Kind, Series

WEEKS = 12
PERMILLE_IN_PERCENT = 10


def override_pictures(at: datetime) -> Sequence[Chart]:
    """The decisions made under an override, and their share of all, in each of the last twelve weeks (one query)."""
    today = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    weeks = [(monday - timedelta(weeks=back)).date() for back in reversed(range(WEEKS))]
    counted = (
        Decision.objects.filter(at__gte=monday - timedelta(weeks=WEEKS - 1), at__lte=at, stage=Stage.FINAL)
        .exclude(outcome=Outcome.UNDO)
        .annotate(week=TruncWeek("at"))
        .order_by()
        .values("week")
        .annotate(all=Count("pk"), under=Count("pk", filter=Q(ranking__facts__overrides__0__isnull=False)))
    )
    found = {row["week"].date(): row for row in counted}
    all_of = tuple(found[week]["all"] if week in found else 0 for week in weeks)
    some = tuple(found[week]["under"] if week in found else 0 for week in weeks)
    rates = tuple(override_rate(count, under) for count, under in zip(all_of, some, strict=True))
    # A week without any decision is a gap and no zero.
    under = tuple(count if every else None for count, every in zip(some, all_of, strict=True))
    labels = tuple(date_format(week, "SHORT_DATE_FORMAT") for week in weeks)
    return (
        Chart(
            key="override-decisions",
            kind=Kind.BAR,
            headline=_("Decisions made under an override, by week"),
            unit="",
            label_title=_("Week from"),
            labels=labels,
            series=(Series(_("Decisions under an override"), under, tone="watch"),),
        ),
        Chart(
            key="override-rate",
            kind=Kind.LINE,
            headline=_("Their share of all decisions"),
            unit="%",
            label_title=_("Week from"),
            labels=labels,
            series=(
                Series(
                    _("Share"),
                    tuple(None if rate is None else rate / PERMILLE_IN_PERCENT for rate in rates),
                ),
            ),
        ),
    )
