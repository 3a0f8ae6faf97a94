"""The campaigns as a list."""

from dataclasses import replace
from typing import Any

import django_filters as filters
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capacity.levers.campaign_models import CampaignState, OfferCampaign
from customers.models import OfferType
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge, percent

_TONES = {CampaignState.PLANNED: "quiet", CampaignState.LIVE: "good", CampaignState.CLOSED: "quiet"}


class CampaignFilters(filters.FilterSet):
    """By name, state and days."""

    q = SearchFilter(contains=("name_de", "name_en"))
    state = AnyOfFilter("state", label=_("State"), choices=CampaignState.choices)
    starts = DayRangeFilter("starts_date", label=_("Starts on"))

    class Meta:
        model = OfferCampaign
        fields: list[str] = []


def state_badge(campaign: Any) -> Any:
    """The state as a badge."""
    return badge(_TONES[CampaignState(campaign.state)], campaign.get_state_display())


def audience(campaign: OfferCampaign) -> str:
    """Whom it is for, in codes and names; empty for every existing customer."""
    offers = (str(OfferType(one).label) for one in campaign.audience_offers)
    return ", ".join([*campaign.audience_categories, *offers])


CAMPAIGNS = ListSpec(
    name="campaigns",
    title=_("Offer campaigns"),
    columns=(
        Column("name", _("Name"), lambda row: row.name, sort=("name_en",)),
        Column("state", _("State"), state_badge, sort=("state",), export=lambda row: row.get_state_display()),
        Column("audience", _("For whom"), lambda row: audience(row) or _("Every existing customer")),
        Column("starts", _("Starts on"), lambda row: row.starts_date, sort=("starts_date",)),
        Column("ends", _("Ends before"), lambda row: row.ends_date, sort=("ends_date",)),
        Column("planned_by", _("Planned by"), lambda row: row.planned_by.name, default=False),
        Column("planned", _("Planned on"), lambda row: row.planned_at, sort=("planned_at",), default=False),
    ),
    filterset=CampaignFilters,
    sort="-starts",
    row_url=lambda row: reverse("campaigns:campaign", args=[row.public_id]),
    empty_title=_("No offer campaigns"),
    empty_text=_("A campaign appears here when an operator plans a free offer for existing customers."),
    search_help=_("Words of its name"),
)
_USED = Column(
    "used",
    _("Fullest cap"),
    lambda row: percent(row.fullest, 1) if row.fullest is not None else "",
    numeric=True,
    export=lambda row: round(row.fullest, 4) if row.fullest is not None else "",
)
# With what is used, for those who may see figures.
CAMPAIGNS_WITH_USE = replace(CAMPAIGNS, columns=(*CAMPAIGNS.columns[:3], _USED, *CAMPAIGNS.columns[3:]))
