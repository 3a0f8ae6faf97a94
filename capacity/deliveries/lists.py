"""Deliveries as a list."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import django_filters as filters
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capacity.deliveries.landing import Landing
from capacity.deliveries.models import Delivery, DeliveryState
from capacity.deliveries.wording import expected_text, landing_text
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge, number

_TONES = {DeliveryState.PLANNED: "info", DeliveryState.LANDED: "good", DeliveryState.CANCELLED: "quiet"}


class DeliveryFilters(filters.FilterSet):
    """By words, state and day; `deliveries_list` adds the region."""

    q = SearchFilter(contains=("note", "datacenter__name", "pool__region__name"))
    state = AnyOfFilter("state", label=_("State"), choices=DeliveryState.choices)
    due = DayRangeFilter("due_date", label=_("Due"))

    class Meta:
        model = Delivery
        fields: list[str] = []


def state_badge(delivery: Any) -> Any:
    """The state as a badge."""
    return badge(_TONES[DeliveryState(delivery.state)], delivery.get_state_display())


DELIVERIES = ListSpec(
    name="deliveries",
    title=_("Deliveries"),
    columns=(
        Column("region", _("Region"), lambda row: row.pool.region.name, sort=("pool__region__name",)),
        Column("datacenter", _("Datacenter"), lambda row: row.datacenter.name, sort=("datacenter__name",)),
        Column("resource", _("Resource"), lambda row: row.pool.resource.name),
        Column(
            "quantity",
            _("Quantity"),
            lambda row: number(row.quantity, row.pool.resource.unit),
            sort=("quantity",),
            numeric=True,
            export=lambda row: row.quantity,
        ),
        Column("state", _("State"), state_badge, sort=("state",), export=lambda row: row.get_state_display()),
        Column("due", _("Due"), lambda row: row.due_date, sort=("due_date",)),
        Column("hours", _("Hours of installing"), lambda row: row.planned_hours, numeric=True, default=False),
        Column("landed", _("Landed on"), lambda row: row.landed_at, default=False),
        Column("note", _("Note"), lambda row: row.note, default=False),
        Column("planned_by", _("Planned by"), lambda row: row.planned_by.name, default=False),
    ),
    filterset=DeliveryFilters,
    sort="-due",
    row_url=lambda row: reverse("deliveries:delivery", args=[row.public_id]),
    empty_title=_("No deliveries"),
    empty_text=_("A delivery appears here when an operator plans when hardware lands."),
    search_help=_("Words of its note, datacenter or region"),
)


def deliveries_list(
    landings: Mapping[int, Landing], sees_hours: Callable[[Any], bool], regions: Mapping[str, str]
) -> ListSpec:
    """The list with what crews make of the dates; `sees_hours` says of a row whether numbers of a crew are shown.

    `regions` (name by code) are offered as a filter; any other code is taken as well, and finds what landed there.
    """

    class Filters(DeliveryFilters):
        region = filters.CharFilter(
            field_name="pool__region__code",
            label=_("Region"),
            widget=forms.Select(choices=[("", _("Any")), *sorted(regions.items(), key=lambda pair: pair[1])]),
        )

    expected = Column("expected", _("Expected"), lambda row: expected_text(row, landings.get(row.pk)))
    why = Column("why", _("Why"), lambda row: landing_text(row, landings.get(row.pk), with_hours=sees_hours(row)))
    columns = (*DELIVERIES.columns[:6], expected, why, *DELIVERIES.columns[6:])
    return replace(DELIVERIES, columns=columns, filterset=Filters)
