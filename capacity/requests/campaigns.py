"""Requests under an offer campaign: who may file one, for what."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.levers.campaign_models import CampaignState, OfferCampaign
from customers.models import Organization
from customers.queries import VERIFIED, claims_in_force


def live_campaigns(today: date) -> QuerySet[OfferCampaign]:
    """The campaigns under which requests may be filed now."""
    return OfferCampaign.objects.filter(state=CampaignState.LIVE, starts_date__lte=today, ends_date__gt=today).order_by(
        "ends_date", "pk"
    )


def is_live(campaign: OfferCampaign, today: date) -> bool:
    """The same of one that was read already."""
    return campaign.state == CampaignState.LIVE and campaign.starts_date <= today < campaign.ends_date


def problems_with(
    campaign_id: UUID, organization: Organization, regions: Iterable[str], resources: Iterable[str], at: datetime
) -> tuple[OfferCampaign | None, list[Any]]:
    """The campaign, and what keeps this organization from asking for these regions and resources (codes) under it."""
    campaign = live_campaigns(at.date()).filter(public_id=campaign_id).first()
    if campaign is None:
        return None, [
            _("There is no such campaign, or it is not live. Open the draft anew, or file without the campaign.")
        ]
    problems: list[Any] = []
    if not _is_for(campaign, organization, at):
        problems.append(_("“%(campaign)s” is not for this customer.") % {"campaign": campaign.name})
    capped = set(campaign.caps.values_list("pool__region__code", "pool__resource__code"))
    for region in regions:
        for resource in resources:
            if (region, resource) not in capped:
                values = {"campaign": campaign.name, "region": region, "resource": resource}
                problems.append(_("“%(campaign)s” offers no %(resource)s in %(region)s.") % values)
    return campaign, problems


def _is_for(campaign: OfferCampaign, organization: Organization, at: datetime) -> bool:
    since = organization.customer_since
    if since is None or since > at.date():
        return False
    if not campaign.audience_categories and not campaign.audience_offers:
        return True
    if organization.offer_type in campaign.audience_offers:
        return True
    held = {claim.category for claim in claims_in_force(organization, at) if claim.verification == VERIFIED}
    return bool(held & set(campaign.audience_categories))
