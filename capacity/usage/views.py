"""The page of a pool's usage: what was, what is thought to come, how sure that is, and when the pool runs out."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from capacity.pools.access import pool_for
from capacity.pools.models import Pool
from capacity.usage.actions.refresh_forecasts import LEAD_DAYS, usable_units
from capacity.usage.models import ForecastMethod
from capacity.usage.queries import Course, usage_of
from capacity.usage.wording import accuracy_of, exhaustion_text
from kit import clock
from kit.charts import Certainty, Chart, Kind, Mark, Series
from users.http import ActorRequest


def usage(request: ActorRequest, region: str, resource: str) -> HttpResponse:
    """GET /pools/<region>/<resource>/usage/"""
    pool = pool_for(request.actor, region, resource)
    days, hours = usage_of(pool, clock.now())
    context: dict[str, Any] = {
        "pool": pool,
        "usable": usable_units(pool),
        "lead_days": LEAD_DAYS,
        "charts": [
            (chart_of(course, pool, key, title, pattern), course.forecast, accuracy_of(course.forecast))
            for course, key, title, pattern in (
                (days, "days", _headline(days), "%Y-%m-%d"),
                (hours, "hours", _("The last week and the next two days, by the hour (UTC)"), "%m-%d %H:%M"),
            )
            if not course.is_empty
        ],
        "forecast": days.forecast,
        "is_surge": bool(days.forecast and days.forecast.method == ForecastMethod.SCENARIOS),
        "landings": [(date.fromisoformat(day), units) for day, units in days.forecast.deliveries]
        if days.forecast
        else [],
        "exhaustion": exhaustion_text(days.forecast) if days.forecast else "",
    }
    return render(request, "usage/usage.html", context)


def chart_of(course: Course, pool: Pool, key: str, title: str, pattern: str, *, is_small: bool = False) -> Chart:
    """The line of a course with the band of its forecast and, by the day, the mark beyond which the pool cannot carry
    it; a small one is one of many."""
    series = [Series(_("Usage"), tuple(course.measured()))]
    if course.forecast:
        series.append(
            Series(
                _("Forecast"),
                tuple(course.ahead(course.forecast.values)),
                tone="info",
                certainty=Certainty.FORECAST,
                low=tuple(course.ahead(course.forecast.low)),
                high=tuple(course.ahead(course.forecast.high)),
            )
        )
    return Chart(
        key=f"usage-{key}",
        kind=Kind.LINE,
        headline=title,
        unit=pool.resource.unit,
        labels=tuple(f"{moment:{pattern}}" for moment in course.moments()),
        label_title=_("From (UTC)"),
        series=tuple(series),
        marks=() if key == "hours" else (Mark(_("Usable units"), usable_units(pool)),),
        is_small=is_small,
    )


def _headline(course: Course) -> str:
    if course.forecast is None:
        return _("The last year by the day; no forecast yet")
    within = course.forecast.exhausted_within_lead or 0.0
    return _("Within %(days)s days the pool runs out with a probability of %(share)s %%") % {
        "days": LEAD_DAYS,
        "share": number_format(round(100 * within)),
    }
