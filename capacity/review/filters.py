"""What the queue and the list of requests can be asked; pages and API alike."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from capacity.regions.queries import region_choices
from capacity.requests.models import PENDING_STATES, CapacityRequest, RequestRegion, RequestState
from customers.models import CLAIM_COUNTS_AS_VERIFIED, Claim, ClaimState, Organization, SectorCategory
from customers.queries import organizations_named
from kit.clock import now
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter, offer_choices
from kit.signs import TIERS

SOON = timedelta(hours=24)
DUE_CHOICES = [("late", _("late")), ("soon", _("due within 24 hours")), ("later", _("due later"))]
TIER_CHOICES = [(tier, sign.word) for tier, sign in TIERS.items()]


class RequestSearch(SearchFilter):
    """By number ("R-123" or "123") or by the words of the organization's name."""

    def filter(self, qs: Any, value: str) -> Any:
        """The rows it finds; all of them for an empty text."""
        if not value:
            return qs
        digits = value.strip().upper().removeprefix("R-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 18:
            return qs.filter(number=int(digits))
        found = Organization.objects.filter(organizations_named(value))
        return qs.filter(organization__in=found)


@extend_schema_field(OpenApiTypes.STR)
class RegionFilter(filters.ChoiceFilter):
    """Requests that accept a region, by its code."""

    def filter(self, qs: Any, value: str) -> Any:
        """The rows that accept it."""
        if not value:
            return qs
        return qs.filter(Exists(RequestRegion.objects.filter(request=OuterRef("pk"), region__code=value)))


@extend_schema_field(OpenApiTypes.STR)
class CategoryFilter(filters.ChoiceFilter):
    """Requests of organizations for which a category counts, by its code."""

    def filter(self, qs: Any, value: str) -> Any:
        """The rows of such organizations."""
        if not value:
            return qs
        states = [*CLAIM_COUNTS_AS_VERIFIED, ClaimState.PROVISIONAL]
        claims = Claim.objects.filter(organization=OuterRef("organization"), category__code=value, state__in=states)
        return qs.filter(Exists(claims))


class TierFilter(AnyOfFilter):
    """By the tier in which requests queue: in the region whose queue is shown, where they differ there."""

    def filter(self, qs: Any, value: list[str]) -> Any:
        """The rows that queue in one of these tiers."""
        if not value:
            return qs
        here = "here_claimed_tier" in qs.query.annotations
        return qs.filter(**{f"{'here_' if here else ''}claimed_tier__in": value})


class ByRegionAndCategory(filters.FilterSet):
    """Two filters whose choices are rows."""

    region = RegionFilter(label=_("Region"), empty_label=_("any"))
    category = CategoryFilter(label=_("Category"), empty_label=_("any"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self.filters["region"], region_choices)
        offer_choices(self.filters["category"], _category_choices)


def _category_choices() -> list[tuple[str, str]]:
    return [(one.code, str(one)) for one in SectorCategory.objects.all()]


class RequestFilters(ByRegionAndCategory):
    """The list of all requests."""

    q = RequestSearch()
    tier = AnyOfFilter("claimed_tier", label=_("Tier"), choices=TIER_CHOICES)
    state = AnyOfFilter("state", label=_("State"), choices=RequestState.choices)
    organization = filters.UUIDFilter("organization__public_id", label=_("Organization (id)"))
    filed = DayRangeFilter("filed_at", label=_("Filed"))

    class Meta:
        model = CapacityRequest
        fields: list[str] = []


class QueueFilters(ByRegionAndCategory):
    """The review queue."""

    q = RequestSearch()
    tier = TierFilter(label=_("Tier"), choices=TIER_CHOICES)
    state = AnyOfFilter("state", label=_("State"), choices=[(str(state), state.label) for state in PENDING_STATES])
    due = filters.ChoiceFilter(label=_("Due"), choices=DUE_CHOICES, empty_label=_("any"), method="filter_due")
    confirmed = filters.ChoiceFilter(
        "is_confirmed",
        label=_("Use"),
        choices=[("False", _("not confirmed yet")), ("True", _("confirmed"))],
        empty_label=_("any"),
    )
    organization = filters.UUIDFilter("organization__public_id", label=_("Organization (id)"))

    class Meta:
        model = CapacityRequest
        fields: list[str] = []

    def filter_due(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the service target, the clock's stops included."""
        at = now()
        bounds = {
            "late": Q(due_at__lt=at),
            "soon": Q(due_at__gte=at, due_at__lt=at + SOON),
            "later": Q(due_at__gte=at + SOON),
        }
        return queryset.filter(bounds[value])
