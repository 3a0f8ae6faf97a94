"""What lies ahead of a region: how long its pools last, what is restricted there, what is done about an incident, what
was said in public.

A part of the region's page that it asks for by itself, so that neither asks the database too much; a page of its own
where nothing asks for it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from capacity.levers.access import READERS, visible_levers
from capacity.levers.lists import state_badge
from capacity.levers.models import Lever, LeverState
from capacity.notices.models import Notice, NoticeState
from capacity.pools.access import may_see_headroom, may_see_pool
from capacity.pools.models import Pool
from capacity.pools.queries import region_pools
from capacity.regions.access import region_for
from capacity.regions.models import Region
from capacity.response.access import may_read_plans, visible_plans
from capacity.response.models import PlanState, ResponsePlan
from capacity.response.queries import plan_rows
from capacity.usage.models import UsageForecast
from capacity.usage.queries import courses_of
from capacity.usage.views import chart_of
from capacity.usage.wording import accuracy_of, lasts_badge, lasts_short
from kit import clock
from kit.charts import Chart
from users.access import Actor
from users.http import ActorRequest

DAYS_SHOWN = 60
LEVERS_SHOWN, NOTICES_SHOWN, PLANS_SHOWN = 20, 5, 5


@dataclass(frozen=True)
class Ahead:
    """A pool with its last days, what is thought to come, and how good that was last time."""

    pool: Pool
    chart: Chart
    forecast: UsageForecast | None
    lasts: Any
    accuracy: str


def ahead(request: ActorRequest, code: str) -> HttpResponse:
    """GET /regions/<code>/ahead/"""
    actor = request.actor
    shown = region_for(actor, code)
    context: dict[str, Any] = {"region": shown, "notices": notices_about(shown), "language": get_language() or "en"}
    if may_see_headroom(actor, code) is None:
        context["pools"] = _pools(actor, shown, clock.now())
        context["sees_usage"] = may_see_pool(actor, code) is None
    if actor.holds(*READERS):
        context["levers"] = [(lever, state_badge(lever)) for lever in levers_over(actor, shown)]
    if may_read_plans(actor) is None:
        context["plans"] = plans_about(actor, shown)
    htmx: Any = getattr(request, "htmx", None)
    return render(request, "regions/_ahead.html" if htmx else "regions/ahead.html", context)


def levers_over(actor: Actor, shown: Region) -> list[Lever]:
    """The levers that reach this region and are not lifted again, the newest first."""
    reaching = visible_levers(actor).filter(Q(region=shown) | Q(region=None)).exclude(state=LeverState.RESTORED)
    return list(reaching.select_related("region", "owner").order_by("-pk")[:LEVERS_SHOWN])


def plans_about(actor: Actor, shown: Region) -> list[ResponsePlan]:
    """The response plans that are not over and that a condition or a lever of this region belongs to, newest first."""
    about = visible_plans(actor).filter(Q(conditions__target__region=shown) | Q(levers__target__region=shown))
    current = about.filter(state__in=[PlanState.DRAFTED, PlanState.ACTIVE]).order_by().values("pk")
    return list(plan_rows(ResponsePlan.objects.filter(pk__in=current)).order_by("-pk")[:PLANS_SHOWN])


def notices_about(shown: Region) -> list[Notice]:
    """The published notices about this region or about all, the newest first."""
    about = Q(region_codes__contains=[shown.code]) | Q(region_codes=[])
    return list(Notice.objects.filter(about, state=NoticeState.PUBLISHED).order_by("-published_at")[:NOTICES_SHOWN])


def _pools(actor: Actor, shown: Region, at: datetime) -> list[Ahead]:
    found = []
    for pool, course in courses_of(region_pools(actor, shown), at, days_back=DAYS_SHOWN):
        forecast = course.forecast
        title = (
            _("%(resource)s: %(time)s") % {"resource": pool.resource.name, "time": lasts_short(forecast)}
            if forecast
            else _("%(resource)s: no forecast yet") % {"resource": pool.resource.name}
        )
        chart = chart_of(course, pool, pool.resource.code, title, "%Y-%m-%d", is_small=True)
        badge = lasts_badge(forecast) if forecast else ""
        found.append(Ahead(pool, chart, forecast, badge, accuracy_of(forecast)))
    return found
