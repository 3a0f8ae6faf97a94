"""How much a request under an offer campaign may still be granted."""

from dataclasses import replace
from datetime import datetime

from capacity.intake.diagnosis import Ask, CampaignRoom
from capacity.levers.campaign_models import CampaignCap, CampaignState
from capacity.requests.models import CapacityRequest


def with_campaign(ask: Ask, request: CapacityRequest, at: datetime) -> Ask:
    """The same request, bounded by the caps of its campaign; one question for such a request, none for others.

    The trigger `campaign_takes` says the same, for whoever comes at the same moment.
    """
    if request.campaign_id is None:
        return ask
    caps = list(
        CampaignCap.objects.filter(campaign=request.campaign_id)
        .select_related("campaign", "pool__region", "pool__resource")
        .order_by("pool__region__code", "pool__resource__code")
    )
    is_live = any(
        cap.campaign.state == CampaignState.LIVE and cap.campaign.starts_date <= at.date() < cap.campaign.ends_date
        for cap in caps
    )
    left = tuple((cap.pool.region.code, cap.pool.resource.code, cap.left) for cap in caps)
    return replace(ask, campaign=CampaignRoom(is_live, left))
