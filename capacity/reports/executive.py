"""The executive page: four sentences, four pictures, each with its table and its definition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.figures.figures import TIERS, Fill, WaitingTime, override_rate
from capacity.figures.queries import (
    Overriding,
    RegionStanding,
    Waiting,
    fill_of,
    overriding,
    region_standings,
    waiting_now,
    waiting_times,
)
from capacity.pools.models import Resource
from capacity.regions.models import Condition
from capacity.staffing.models import StaffingStatus
from kit.charts import Chart, Kind, Mark, Series
from priorities.wording import percent

MINUTES_PER_HOUR = 60
_CONDITION_TONES = {
    Condition.NORMAL: "normal",
    Condition.WATCH: "watch",
    Condition.CONSTRAINED: "constrained",
    Condition.CRITICAL: "critical",
    Condition.RECOVERING: "recovering",
}
_STAFFING_TONES = {
    StaffingStatus.GREEN: "good",
    StaffingStatus.AMBER: "watch",
    StaffingStatus.RED: "bad",
    StaffingStatus.UNKNOWN: "quiet",
    StaffingStatus.NOT_TRACKED: "info",
}


@dataclass(frozen=True)
class Picture:
    """A sentence, the chart that shows it, where its rows are, and the definition it rests on."""

    sentence: str
    chart: Chart
    definition: str
    rows_url: str = ""


@dataclass(frozen=True)
class ExecutivePage:
    """Everything the page shows for one period and one resource."""

    pictures: tuple[Picture, ...]
    at_risk: tuple[RegionStanding, ...]
    waiting: tuple[Waiting, ...]
    since: datetime
    until: datetime


def executive_page(*, days: int, resource: Resource, at: datetime) -> ExecutivePage:
    """Read and tell the figures of the last `days` days; five queries, however much there is."""
    since = at - timedelta(days=days)
    waiting = waiting_now(at=at)
    standings = region_standings()
    pictures = (
        _fill(fill_of(resource.code, since=since, until=at), waiting, resource, days),
        _time(waiting_times(since=since, until=at), waiting),
        _regions(standings),
        _crews(standings, overriding(since=since, until=at, at=at)),
    )
    return ExecutivePage(pictures, tuple(one for one in standings if one.is_at_risk), waiting, since, at)


def _tier_names() -> tuple[str, ...]:
    return tuple(_("Tier %(tier)s") % {"tier": tier} for tier in TIERS)


def _fill(fills: Sequence[Fill], waiting: Sequence[Waiting], resource: Resource, days: int) -> Picture:
    first, late = fills[0], waiting[0].late
    if first.permille is None:
        told = _("No tier-1 capacity was asked for in the last %(days)s days.") % {"days": days}
    else:
        told = _("%(share)s of the tier-1 %(resource)s asked for in the last %(days)s days is granted.") % {
            "share": percent(first.permille),
            "resource": resource.name,
            "days": days,
        }
    behind = ngettext(
        "%(count)s tier-1 request waits longer than the target.",
        "%(count)s tier-1 requests wait longer than the target.",
        late,
    ) % {"count": localize(late)}
    chart = Chart(
        key="fill",
        kind=Kind.BAR,
        headline=_("Granted share by tier"),
        unit="%",
        label_title=_("Tier"),
        labels=_tier_names(),
        series=(Series(resource.name, tuple(_in_percent(fill.permille) for fill in fills)),),
        limit=100,
    )
    return Picture(f"{told} {behind}", chart, "fill", "/requests/")


def _time(times: dict[int, WaitingTime], waiting: Sequence[Waiting]) -> Picture:
    first = times[1]
    open_now, late = sum(one.open for one in waiting), sum(one.late for one in waiting)
    if first.p50 is None:
        told = _("Too few tier-1 requests were decided to tell how long it takes.")
    else:
        told = _("Half of the tier-1 requests are decided within %(hours)s hours.") % {
            "hours": localize(_hours(first.p50))
        }
    behind = _("%(open)s requests wait for a decision, %(late)s of them longer than the target.") % {
        "open": localize(open_now),
        "late": localize(late),
    }
    chart = Chart(
        key="time",
        kind=Kind.BAR,
        headline=_("Time to decision by tier"),
        unit=_("hours"),
        label_title=_("Tier"),
        labels=_tier_names(),
        series=(
            Series(_("half of them"), tuple(_hours(times[tier].p50) for tier in TIERS), tone="action"),
            Series(_("nine of ten"), tuple(_hours(times[tier].p90) for tier in TIERS), tone="quiet"),
        ),
        marks=(Mark(_("Target of tier 1"), 4),),
    )
    return Picture(f"{told} {behind}", chart, "time_to_decision", "/queue/")


def _regions(standings: Sequence[RegionStanding]) -> Picture:
    scarce = sum(one.condition not in (Condition.NORMAL, Condition.WATCH) for one in standings)
    deficits = sum(one.has_deficit for one in standings)
    told = _("%(scarce)s of %(all)s regions are constrained, critical or recovering.") % {
        "scarce": scarce,
        "all": len(standings),
    }
    behind = ngettext(
        "In %(count)s region more is promised than there is now.",
        "In %(count)s regions more is promised than there is now.",
        deficits,
    ) % {"count": deficits}
    groups = sorted({one.group for one in standings})
    chart = Chart(
        key="regions",
        kind=Kind.STACKED_BAR,
        headline=_("Regions by condition"),
        unit=_("regions"),
        label_title=_("Part of the world"),
        labels=tuple(groups),
        series=tuple(
            Series(
                condition.label,
                tuple(sum(one.group == group and one.condition == condition for one in standings) for group in groups),
                tone=_CONDITION_TONES[condition],
            )
            for condition in Condition
        ),
    )
    return Picture(f"{told} {behind}", chart, "regions_at_risk", "/regions/")


def _crews(standings: Sequence[RegionStanding], decided: Overriding) -> Picture:
    counts = {status: sum(dict(one.staffing).get(status, 0) for one in standings) for status in StaffingStatus}
    told = ngettext(
        "%(red)s datacenter is below minimum crew, %(silent)s did not report in time.",
        "%(red)s datacenters are below minimum crew, %(silent)s did not report in time.",
        counts[StaffingStatus.RED],
    ) % {"red": counts[StaffingStatus.RED], "silent": counts[StaffingStatus.UNKNOWN]}
    rate = override_rate(decided.decisions, decided.under_override)
    behind = (
        _("Nothing was decided in the period.")
        if rate is None
        else _("%(share)s of the decisions were made under an override; %(now)s overrides stand now.")
        % {"share": percent(rate), "now": decided.in_force}
    )
    groups = sorted({one.group for one in standings})
    chart = Chart(
        key="crews",
        kind=Kind.STACKED_BAR,
        headline=_("Datacenters by staffing"),
        unit=_("datacenters"),
        label_title=_("Part of the world"),
        labels=tuple(groups),
        series=tuple(
            Series(
                status.label,
                tuple(
                    sum(dict(one.staffing).get(status, 0) for one in standings if one.group == group)
                    for group in groups
                ),
                tone=_STAFFING_TONES[status],
            )
            for status in StaffingStatus
        ),
    )
    return Picture(f"{told} {behind}", chart, "staffing", "/overrides/")


def _in_percent(permille: int | None) -> float | None:
    return None if permille is None else permille / 10


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else round(minutes / MINUTES_PER_HOUR, 1)
