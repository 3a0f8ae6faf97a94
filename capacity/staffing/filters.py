"""What the board can be asked."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from capacity.regions.models import Datacenter
from capacity.staffing.hearing import Heard, heard_now, heard_then
from capacity.staffing.models import StaffingStatus
from kit import clock
from kit.filters import AnyOfFilter, offer_choices
from kit.forms import PastMomentField
from kit.signs import STAFFING, sign_of


@extend_schema_field(OpenApiTypes.STR)
class PastMomentFilter(Filter):
    """A moment to look back at. It chooses no rows; whoever reads the list looks it up."""

    field_class = PastMomentField

    def filter(self, qs: Any, value: Any) -> Any:
        """Every row, whatever the moment."""
        return qs


class BoardFilters(FilterSet):
    """By name, region, status and lateness; as known at a moment."""

    q = CharFilter(label=_("Search"), max_length=200)
    region = ChoiceFilter(label=_("Region"), field_name="region__code", choices=(), empty_label=_("Any"))
    status = AnyOfFilter(
        label=_("Status now"), choices=[(code, sign_of(STAFFING, code).word) for code in StaffingStatus.values]
    )
    late = ChoiceFilter(
        label=_("Report"),
        choices=[("yes", _("late")), ("no", _("not late"))],
        empty_label=_("Any"),
    )
    as_of = PastMomentFilter(label=_("As known on"))

    class Meta:
        model = Datacenter
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A function and no method: forms copy their fields, and the list behind a method with them.
        offer_choices(self.filters["region"], lambda: self._regions())

    @cached_property
    def as_of_moment(self) -> datetime | None:
        """The moment that is looked back at; None for now, and where it is none."""
        try:
            return PastMomentField(required=False).clean((self.data or {}).get("as_of"))
        except ValidationError:
            return None

    @cached_property
    def at(self) -> datetime:
        """The moment that the board shows."""
        return self.as_of_moment or clock.now()

    @cached_property
    def heard(self) -> dict[int, Heard]:
        """What was heard of each datacenter that the reader may see, by key, whatever the other filters say."""
        look = heard_then if self.as_of_moment else heard_now
        return {one.datacenter.pk: one for one in look(self.queryset, self.at)}

    def _regions(self) -> list[tuple[str, str]]:
        """The regions of the datacenters, by name, which is how they are sorted."""
        regions = {one.datacenter.region.code: one.datacenter.region.name for one in self.heard.values()}
        return list(regions.items())

    @property
    def matching(self) -> set[int]:
        """The keys of the datacenters that match all filters, as they stood at the moment shown.

        Found anew each time, as lists try what matches without one of the filters.
        """
        asked = self.form.cleaned_data
        return {key for key, one in self.heard.items() if _matches(one, asked)}

    def filter_queryset(self, queryset: QuerySet[Datacenter]) -> QuerySet[Datacenter]:
        """The datacenters that match; all were read already, so they are named and not searched again."""
        return queryset.filter(pk__in=self.matching)


def _matches(one: Heard, asked: dict[str, Any]) -> bool:
    sought, region = (asked["q"] or "").casefold(), one.datacenter.region
    return (
        any(sought in text.casefold() for text in (one.datacenter.code, one.datacenter.name, region.name))
        and asked["region"] in (None, "", region.code)
        and (not asked["status"] or one.status in asked["status"])
        and (not asked["late"] or (asked["late"] == "yes") == (one.late is not None))
    )
