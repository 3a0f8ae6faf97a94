"""All regions as a list that filters, sorts and exports; the same as tiles is `region_tiles`.

Who may not see numbers of a region sees its name and condition; those are public anyway.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Case, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.pools.access import SEE_HEADROOM, visible_pools
from capacity.regions.access import visible_regions
from capacity.regions.geography import GROUPS
from capacity.regions.models import Condition, Region
from capacity.staffing.access import SEE_STATUS, visible_datacenters
from capacity.staffing.models import DatacenterStatus, StaffingStatus
from capacity.usage.queries import soonest_first
from customers.countries import country_name_of_three
from kit import clock
from kit.filters import AnyOfFilter, SearchFilter
from kit.lists import Column, ListSpec, list_page
from kit.templatetags.ui import condition_badge, percent, share_bar, staffing_badge
from users.http import ActorRequest

# The worst last; a row carries the place of its status.
_STATUSES = (
    StaffingStatus.NOT_TRACKED, StaffingStatus.GREEN, StaffingStatus.AMBER, StaffingStatus.UNKNOWN, StaffingStatus.RED,
)  # fmt: skip
RUNS_OUT = [("30", _("within 30 days")), ("60", _("within 60 days")), ("90", _("within 90 days"))]


class RegionFilters(FilterSet):
    """By name, condition and geography."""

    q = SearchFilter(contains=("name", "code", "place"))
    condition = AnyOfFilter("condition", label=_("Condition"), choices=Condition.choices)
    geography_group = ChoiceFilter(label=_("Geography"), choices=list(GROUPS.items()), empty_label=_("Any"))

    class Meta:
        model = Region
        fields: list[str] = []


class NumberFilters(RegionFilters):
    """For those who see numbers, also by staffing and by how long the pools last."""

    staffing = AnyOfFilter(
        "staffing", label=_("Staffing"), choices=[(str(at), _STATUSES[at].label) for at in range(len(_STATUSES))]
    )
    runs_out = ChoiceFilter(label=_("A pool runs out"), choices=RUNS_OUT, method="by_exhaustion", empty_label=_("Any"))

    def by_exhaustion(self, regions: Any, name: str, value: str) -> Any:
        """Regions of which half of the paths exhaust a pool within so many days."""
        return regions.filter(lasts__lte=int(value))


def region_rows(request: ActorRequest) -> QuerySet[Region]:
    """The regions with what a row shows: `filled` (permille of the fullest pool), `staffing`, `lasts`, the days until
    the pool is exhausted that runs out first, and `bounds`, their P10 and P90; each where visible."""
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
    soonest = soonest_first(visible_pools(request.actor), clock.now()).filter(pool__region=OuterRef("pk"))
    bounds = soonest.values(bounds=JSONObject(p10="exhausted_p10", p90="exhausted_p90"))
    return visible_regions(request.actor).annotate(
        filled=Subquery(fullest, output_field=IntegerField()),
        staffing=Subquery(worst, output_field=IntegerField()),
        lasts=Subquery(soonest.values("exhausted_p50")[:1]),
        bounds=Subquery(bounds[:1]),
    )


def _bound(name: str) -> Callable[[Any], int | None]:
    return lambda region: region.bounds[name] if region.bounds else None


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
    Column(
        "country",
        _("Country"),
        lambda region: country_name_of_three(region.country),
        sort=("country", "name"),
        default=False,
    ),
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
    Column("lasts", _("Runs out in (days, median)"), lambda region: region.lasts, sort=("lasts", "name"), numeric=True),
    Column("lasts_p10", _("Runs out in (days, P10)"), _bound("p10"), numeric=True, default=False),
    Column("lasts_p90", _("Runs out in (days, P90)"), _bound("p90"), numeric=True, default=False),
)


def _list(columns: tuple[Column, ...], filterset: type[RegionFilters]) -> ListSpec:
    return ListSpec(
        name="regions",
        title=_("Regions"),
        columns=columns,
        filterset=filterset,
        sort="name",
        page_size=100,
        row_url=lambda region: reverse("regions:region", args=[region.code]),
        empty_title=_("No regions yet"),
        empty_text=_("An administrator loads them with “manage.py import_regions”."),
        search_help=_("Name, code or place"),
    )


PUBLIC_LIST = _list(_COLUMNS, RegionFilters)
FULL_LIST = _list((*_COLUMNS[:4], *_NUMBER_COLUMNS, *_COLUMNS[4:]), NumberFilters)


def table(request: ActorRequest) -> HttpResponseBase:
    """The regions as a list that filters, sorts and exports."""
    spec = FULL_LIST if request.actor.holds(*SEE_HEADROOM, *SEE_STATUS) else PUBLIC_LIST
    return list_page(request, spec, region_rows(request), template="regions/table.html")
