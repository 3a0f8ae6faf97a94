"""All regions at a glance: tiles by geography, and the same as a list.

Who may not see numbers of a region sees its name and condition; those are public anyway.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.alarms.access import visible_alarms
from capacity.pools.access import SEE_HEADROOM, visible_pools
from capacity.pools.queries import Fill, pools_by_region, tightest
from capacity.regions.access import visible_regions
from capacity.regions.models import Condition, Region
from capacity.staffing.access import SEE_STATUS, visible_datacenters
from capacity.staffing.drawing import strip
from capacity.staffing.models import DatacenterStatus, StaffingStatus
from capacity.staffing.queries import region_strips, staffing_board, worst_status
from kit import clock
from kit.filters import AnyOfFilter, SearchFilter, check_parameters
from kit.lists import Column, ListSpec, list_page
from kit.refusal import Invalid
from kit.templatetags.ui import condition_badge, percent, share_bar, staffing_badge
from users.http import ActorRequest

# From west to east, as the tiles are read.
GROUPS_IN_ORDER = (
    "US", "Canada", "Mexico", "South America", "UK", "Europe", "Africa", "Middle East", "Asia Pacific",
)  # fmt: skip


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


@dataclass(frozen=True)
class TileGroup:
    """The tiles of one part of the world."""

    name: str
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
    alarms = Counter(visible_alarms(actor).filter(ended_at=None).values_list("region_id", flat=True))
    return [
        Tile(
            region=region,
            fill=tightest(pools.get(region.pk, [])),
            status=worst_status(statuses[region.pk]) if region.pk in statuses else None,
            strip=strip(strips[region.pk]) if region.pk in strips else None,
            alarms=alarms[region.pk],
        )
        for region in visible_regions(actor).order_by("name", "pk")
    ]


def _grouped(shown: list[Tile]) -> list[TileGroup]:
    groups: dict[str, list[Tile]] = {}
    for tile in shown:
        groups.setdefault(tile.region.geography_group, []).append(tile)
    known = {name: place for place, name in enumerate(GROUPS_IN_ORDER)}
    return [TileGroup(name, groups[name]) for name in sorted(groups, key=lambda name: (known.get(name, 99), name))]


class RegionFilters(FilterSet):
    """By name, condition and geography."""

    q = SearchFilter(contains=("name", "code", "place"))
    condition = AnyOfFilter("condition", label=_("Condition"), choices=Condition.choices)
    geography_group = ChoiceFilter(
        label=_("Geography"), choices=[(name, name) for name in GROUPS_IN_ORDER], empty_label=_("Any")
    )

    class Meta:
        model = Region
        fields: list[str] = []


def region_rows(request: ActorRequest) -> QuerySet[Region]:
    """The regions with what a row shows: `filled` (permille of the fullest pool) and `staffing`, where visible."""
    pools = visible_pools(request.actor).filter(region=OuterRef("pk"), supply__gt=0)
    fullest = (
        pools.annotate(filled=(F("held") + F("granted")) * 1000 / F("supply"))
        .order_by()
        .values("region")
        .annotate(most=Max("filled"))
        .values("most")
    )
    badness = Case(
        *(When(status=status, then=Value(place)) for place, status in enumerate(_STATUSES)),
        output_field=IntegerField(),
    )
    worst = (
        DatacenterStatus.objects.filter(datacenter__in=visible_datacenters(request.actor).values("pk"))
        .filter(datacenter__region=OuterRef("pk"))
        .order_by()
        .values("datacenter__region")
        .annotate(most=Max(badness))
        .values("most")
    )
    return visible_regions(request.actor).annotate(
        filled=Subquery(fullest, output_field=IntegerField()), staffing=Subquery(worst, output_field=IntegerField())
    )


# The worst last.
_STATUSES = (
    StaffingStatus.NOT_TRACKED, StaffingStatus.GREEN, StaffingStatus.AMBER, StaffingStatus.UNKNOWN, StaffingStatus.RED,
)  # fmt: skip


def _status(region: Any) -> str:
    return "" if region.staffing is None else _STATUSES[region.staffing]


def _percent(region: Any) -> float | None:
    return None if region.filled is None else region.filled / 10


def _fill_cell(region: Any) -> Any:
    if region.filled is None:
        return ""
    return format_html("{} {}", share_bar(region.filled, 1000), percent(region.filled, 1000))


_COLUMNS = (
    Column("name", _("Region"), lambda region: region.name, sort=("name",)),
    Column("code", _("Code"), lambda region: region.code, sort=("code",)),
    Column(
        "condition",
        _("Condition"),
        lambda region: condition_badge(region.condition),
        sort=("condition", "name"),
        export=lambda region: region.get_condition_display(),
    ),
    Column("geography", _("Geography"), lambda region: region.geography, sort=("geography_group", "geography", "name")),
    Column("place", _("Place"), lambda region: region.place, default=False),
    Column("country", _("Country"), lambda region: region.country, sort=("country", "name"), default=False),
    Column("since", _("Condition since"), lambda region: region.condition_since),
    Column("pair", _("Paired with"), lambda region: region.paired_code, default=False),
)
_NUMBER_COLUMNS = (
    Column("filled", _("Fullest pool (%)"), _fill_cell, sort=("filled", "name"), export=_percent),
    Column(
        "staffing",
        _("Staffing"),
        lambda region: staffing_badge(_status(region)) if region.staffing is not None else "",
        sort=("staffing", "name"),
        export=_status,
    ),
)


def _list(columns: tuple[Column, ...]) -> ListSpec:
    return ListSpec(
        name="regions",
        title=_("Regions"),
        columns=columns,
        filterset=RegionFilters,
        sort="name",
        page_size=100,
        row_url=lambda region: reverse("regions:region", args=[region.code]),
        empty_title=_("No regions yet"),
        empty_text=_("An administrator loads them with “manage.py import_regions”."),
        search_help=_("Name, code or place"),
    )


PUBLIC_LIST = _list(_COLUMNS)
FULL_LIST = _list((*_COLUMNS[:4], *_NUMBER_COLUMNS, *_COLUMNS[4:]))


def table(request: ActorRequest) -> HttpResponseBase:
    """The regions as a list that filters, sorts and exports."""
    spec = FULL_LIST if request.actor.holds(*SEE_HEADROOM, *SEE_STATUS) else PUBLIC_LIST
    return list_page(request, spec, region_rows(request), template="regions/table.html")
