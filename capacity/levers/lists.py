"""The levers as a list."""

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import Lever, LeverKind, LeverState
from capacity.regions.models import Region
from customers.models import OfferType
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

_TONES = {
    LeverState.OPEN: "quiet",
    LeverState.LIMITED: "watch",
    LeverState.PAUSED: "warn",
    LeverState.RESTORED: "good",
}


class LeverFilters(filters.FilterSet):
    """By what is restricted, where, how far it is pulled, and whether somebody has to see to it."""

    q = SearchFilter(contains=("reach", "lift_condition"))
    kind = AnyOfFilter("kind", label=_("What is restricted"), choices=LeverKind.choices)
    state = AnyOfFilter("state", label=_("State"), choices=LeverState.choices)
    region = filters.ModelChoiceFilter(
        label=_("Region"), queryset=Region.objects.order_by("name"), to_field_name="code", method="reaching"
    )
    waits = filters.ChoiceFilter(
        label=_("Waits for"),
        choices=(("signature", _("a second signature")), ("lift", _("an answer to lifting"))),
        empty_label=_("any"),
        method="waiting",
    )
    review = DayRangeFilter("review_date", label=_("Looked at again"))

    class Meta:
        model = Lever
        fields: list[str] = []

    def reaching(self, levers: QuerySet[Lever], name: str, region: Region) -> QuerySet[Lever]:
        """Those that reach the region, those over all regions included."""
        return levers.filter(Q(region=region) | Q(region=None))

    def waiting(self, levers: QuerySet[Lever], name: str, what: str) -> QuerySet[Lever]:
        """Those that wait for a signature, or for an answer."""
        return levers.exclude(pending_state="") if what == "signature" else levers.filter(lifts__gt=0)


def state_badge(lever: Any) -> Any:
    """The state as a badge."""
    return badge(_TONES[LeverState(lever.state)], lever.get_state_display())


def _waits(row: Any) -> str:
    if row.pending_state:
        return str(row.get_pending_state_display())
    return gettext_now("an answer to lifting") if row.lifts else ""


def _arrived(row: Any) -> str:
    return gettext_now("%(n)s of %(of)s") % {"n": row.measures, "of": row.promises} if row.promises else ""


LEVERS = ListSpec(
    name="levers",
    title=_("Levers"),
    columns=(
        Column("kind", _("What is restricted"), lambda row: row.label, sort=("kind", "feature")),
        Column(
            "region",
            _("Region"),
            lambda row: row.region.name if row.region else _("All regions"),
            sort=("region_name",),
        ),
        Column("offers", _("Offers"), lambda row: ", ".join(str(OfferType(one).label) for one in row.offer_types)),
        Column("state", _("State"), state_badge, sort=("state",), export=lambda row: row.get_state_display()),
        Column("step", _("Step"), lambda row: row.step.position if row.step else None, numeric=True),
        Column("harm", _("Harm points"), lambda row: row.step.harm_points if row.step else None, numeric=True),
        Column("measured", _("Releases measured"), _arrived),
        Column("waits", _("Waits for"), _waits),
        Column("review", _("Looked at again"), lambda row: row.review_date, sort=("review_date",)),
        Column("ends", _("Planned to end on"), lambda row: row.ends_date, default=False),
        Column("owner", _("Owner"), lambda row: row.owner.name, default=False),
        Column("created", _("Set up on"), lambda row: row.created_at, sort=("created_at",), default=False),
    ),
    filterset=LeverFilters,
    sort="-created",
    row_url=lambda row: reverse("levers:lever", args=[row.public_id]),
    empty_title=_("No levers"),
    empty_text=_("A lever appears here when a region operator restricts an offer to free capacity."),
    search_help=_("Words of its reach or condition"),
)
