"""The levers as a list."""

from typing import Any

import django_filters as filters
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import Lever, LeverState
from customers.models import OfferType
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

_TONES = {
    LeverState.OPEN: "quiet",
    LeverState.LIMITED: "watch",
    LeverState.PAUSED: "warn",
    LeverState.RESTORED: "good",
}


class LeverFilters(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(label=_("State"), choices=LeverState.choices, empty_label=_("any"))

    class Meta:
        model = Lever
        fields: list[str] = []


def state_badge(lever: Any) -> Any:
    """The state as a badge, with the step that waits."""
    return badge(_TONES[LeverState(lever.state)], lever.get_state_display())


LEVERS = ListSpec(
    name="levers",
    title=_("Levers"),
    columns=(
        Column("kind", _("What is restricted"), lambda row: row.get_kind_display()),
        Column("region", _("Region"), lambda row: row.region.name if row.region else _("All regions")),
        Column("offers", _("Offers"), lambda row: ", ".join(str(OfferType(one).label) for one in row.offer_types)),
        Column("state", _("State"), state_badge, export=lambda row: row.get_state_display()),
        Column("waits", _("Waits for"), lambda row: row.get_pending_state_display() if row.pending_state else ""),
        Column("review", _("Looked at again"), lambda row: row.review_date, sort=("review_date",)),
        Column("owner", _("Owner"), lambda row: row.owner.name),
        Column("created", _("Set up on"), lambda row: row.created_at, sort=("created_at",), default=False),
    ),
    filterset=LeverFilters,
    sort="-created",
    row_url=lambda row: reverse("levers:lever", args=[row.public_id]),
    empty_title=_("No levers"),
    empty_text=_("A lever appears here when a region operator restricts an offer to free capacity."),
)
