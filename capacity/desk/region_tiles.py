"""All regions at a glance: tiles by geography. The same as a list is `region_table`.

Who may not see numbers of a region sees its name and condition; those are public anyway.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import silent, visible_alarms
from capacity.pools.access import SEE_HEADROOM, visible_pools
from capacity.pools.queries import Fill, pools_by_region, tightest
from capacity.regions.access import visible_regions
from capacity.regions.geography import GROUPS, group_label
from capacity.regions.models import Condition, Region
from capacity.staffing.access import SEE_STATUS, visible_datacenters
from capacity.staffing.drawing import strip
from capacity.staffing.queries import region_strips, staffing_board, worst_status
from capacity.usage.models import UsageForecast
from capacity.usage.queries import soonest_by_region
from capacity.usage.wording import lasts_badge
from kit import clock
from kit.filters import check_parameters
from kit.refusal import Invalid
from users.http import ActorRequest


class UnknownCondition(Invalid):
    """The address asks for a condition that there is not."""

    code = "unknown_condition"
    message = _("There is no region condition “%(condition)s”.")


@dataclass(frozen=True)
class Tile:
    """One region. What the reader may not see of it is None."""

    region: Region
    fill: Fill | None
    status: str | None
    strip: Any
    alarms: int
    # The pool that is thought to run out first, and when.
    lasts: UsageForecast | None
    lasts_badge: Any


@dataclass(frozen=True)
class TileGroup:
    """The tiles of one part of the world."""

    name: Any
    tiles: list[Tile]


def tiles(request: ActorRequest) -> HttpResponse:
    """The regions as tiles, grouped by geography."""
    check_parameters(request.GET, ["condition", "q"])
    wanted = request.GET.get("condition", "")
    if wanted and wanted not in Condition.values:
        raise UnknownCondition(condition=wanted[:40])
    sought = request.GET.get("q", "").strip().casefold()[:100]
    made = [tile for tile in _tiles(request) if sought in f"{tile.region.name} {tile.region.code}".casefold()]
    counts = Counter(tile.region.condition for tile in made)
    shown = [tile for tile in made if not wanted or tile.region.condition == wanted]
    context = {
        "groups": _grouped(shown),
        "conditions": [(code, counts[code]) for code in Condition.values if counts[code]],
        "wanted": wanted,
        "sought": sought,
        "total": len(made),
        "sees_numbers": request.actor.holds(*SEE_HEADROOM, *SEE_STATUS),
    }
    return render(request, "regions/tiles.html", context)


def _tiles(request: ActorRequest) -> list[Tile]:
    actor = request.actor
    pools = pools_by_region(actor)
    board = staffing_board(visible_datacenters(actor), clock.now())
    strips = region_strips(board)
    statuses: dict[int, list[str]] = {}
    for row in board:
        statuses.setdefault(row.datacenter.region_id, []).append(row.code)
    open_alarms = visible_alarms(actor).filter(ended_at=None).exclude(silent(clock.now()))
    alarms = Counter(open_alarms.values_list("region_id", flat=True))
    lasting = soonest_by_region(visible_pools(actor), clock.now())
    return [
        Tile(
            region=region,
            fill=tightest(pools.get(region.pk, [])),
            status=worst_status(statuses[region.pk]) if region.pk in statuses else None,
            strip=strip(strips[region.pk]) if region.pk in strips else None,
            alarms=alarms[region.pk],
            lasts=lasting.get(region.pk),
            lasts_badge=lasts_badge(lasting[region.pk]) if region.pk in lasting else "",
        )
        for region in visible_regions(actor).order_by("name", "pk")
    ]


def _grouped(shown: list[Tile]) -> list[TileGroup]:
    groups: dict[str, list[Tile]] = {}
    for tile in shown:
        groups.setdefault(tile.region.geography_group, []).append(tile)
    known = {name: place for place, name in enumerate(GROUPS)}
    in_order = sorted(groups, key=lambda name: (known.get(name, len(known)), name))
    return [TileGroup(group_label(name), groups[name]) for name in in_order]
