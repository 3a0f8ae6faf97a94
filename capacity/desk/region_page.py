"""One region: what there is, what is promised, who works there, what was declared, who waits."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from capacity.alarms.access import visible_alarms
from capacity.alarms.lists import state_text
from capacity.alarms.models import Alarm
from capacity.alarms.wording import alarm_subject, alarm_text, alarm_url
from capacity.pools.access import may_see_headroom, may_see_pool
from capacity.pools.models import Pool
from capacity.pools.queries import Fill, fill_of, region_pools
from capacity.pools.waterfall import Step, waterfall
from capacity.regions.access import may_declare_condition, may_dismiss_proposal, may_see_grounds
from capacity.regions.models import Region
from capacity.regions.queries import condition_history, region_with_proposal
from capacity.regions.threshold_wording import reason_texts as reason_texts_of_proposal
from capacity.requests.access import may_see_requests, visible_requests
from capacity.requests.models import OPEN_STATES
from capacity.review.queries import may_see_queue
from capacity.staffing.access import may_see_crew, may_see_status, visible_datacenters
from capacity.staffing.drawing import strip
from capacity.staffing.queries import staffing_board
from capacity.staffing.wording import reason_texts
from customers.countries import country_name_of_three
from kit import clock
from users.access import Actor
from users.http import ActorRequest


@dataclass(frozen=True)
class PoolPanel:
    """A pool on the region's page."""

    pool: Pool
    fill: Fill
    steps: list[Step]


@dataclass(frozen=True)
class Waiting:
    """How many open requests of a tier would take this region, and of how many organizations.

    The tier is the one they queue in: claimed where no reviewer has confirmed the workload yet.
    """

    tier: int
    requests: int
    organizations: int


@dataclass(frozen=True)
class OpenAlarm:
    """An alarm with its sentence and where its cause can be seen."""

    alarm: Alarm
    subject: str
    text: str
    url: str
    state: str


def region(request: ActorRequest, code: str) -> HttpResponse:
    """The page of a region, with the parts that the reader may see."""
    actor = request.actor
    shown, by_thresholds = region_with_proposal(actor, code)
    history = condition_history(shown)
    in_force = next((one for one in history if one.is_in_force), None)
    sees_grounds = may_see_grounds(actor, code) is None
    context: dict[str, Any] = {
        "region": shown,
        "history": history if sees_grounds else [one for one in history if one.in_force_at],
        "grounds": sees_grounds,
        "in_force": in_force,
        "proposed": next((one for one in history if one.is_open), None) if sees_grounds else None,
        "review_is_due": bool(in_force and in_force.is_past_review(clock.now().date())),
        "country": country_name_of_three(shown.country),
        "may_declare": may_declare_condition(actor, shown) is None,
        "by_thresholds": by_thresholds if sees_grounds else None,
        "why_proposed": reason_texts_of_proposal(by_thresholds) if by_thresholds and sees_grounds else [],
        "may_dismiss": may_dismiss_proposal(actor, shown) is None,
    }
    if may_see_headroom(actor, code) is None:
        context["pools"] = [PoolPanel(pool, fill_of(pool), waterfall(pool)) for pool in region_pools(actor, shown)]
        context["sees_ledger"] = may_see_pool(actor, code) is None
        context["alarms"] = [
            OpenAlarm(
                alarm,
                alarm_subject(alarm),
                alarm_text(alarm),
                alarm_url(alarm),
                state_text(alarm, alarm.is_silent(clock.now())),
            )
            for alarm in _open_alarms(actor, shown)
        ]
    if may_see_status(actor, code) is None:
        board = staffing_board(visible_datacenters(actor).filter(region=shown), clock.now())
        context["board"] = [
            (row, strip(row.days), reason_texts(row.status.reasons) if row.status else []) for row in board
        ]
        context["sees_crew"] = may_see_crew(actor, code) is None
    if may_see_requests(actor) is None:
        context["waiting"] = waiting_by_tier(actor, shown)
        context["rows_url"] = reverse("review:queue") if may_see_queue(actor) is None else ""
    return render(request, "regions/region.html", context)


def waiting_by_tier(actor: Actor, shown: Region) -> list[Waiting]:
    """The open requests that would take this region and that the actor may see, by tier; every tier is named."""
    rows = (
        visible_requests(actor)
        .filter(state__in=OPEN_STATES, acceptable__region=shown)
        .order_by()
        .values("claimed_tier")
        .annotate(requests=Count("pk", distinct=True), organizations=Count("organization", distinct=True))
    )
    found = {row["claimed_tier"]: Waiting(row["claimed_tier"], row["requests"], row["organizations"]) for row in rows}
    return [found.get(tier, Waiting(tier, 0, 0)) for tier in range(1, 6)]


def _open_alarms(actor: Actor, shown: Region) -> list[Alarm]:
    alarms = visible_alarms(actor).filter(region=shown, ended_at=None)
    return list(alarms.select_related("region", "owner")[:50])
