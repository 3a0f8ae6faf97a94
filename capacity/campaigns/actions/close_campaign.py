"""Close a campaign: nothing more is filed or granted under it; what was granted stays."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.campaigns.access import may_close_campaign
from capacity.campaigns.keeping import lock_campaign, move
from capacity.levers.campaign_models import CampaignState, OfferCampaign
from kit.refusal import Invalid, require
from users.access import Actor


class SayWhyClosed(Invalid):
    """Customers will ask."""

    code = "say_why_closed"


def close_campaign(*, actor: Actor, campaign_id: UUID, reason: str, at: datetime) -> OfferCampaign:
    """Stop the offer, planned or live, for a reason. Raises `SayWhyClosed`, `MoveRefused`."""
    with transaction.atomic():
        campaign = lock_campaign(campaign_id)
        require(may_close_campaign(actor))
        if not reason.strip():
            raise SayWhyClosed({"reason": [_("Say why it is closed.")]})
        move(campaign, CampaignState.CLOSED, actor=actor, at=at, reason=reason.strip(), closed_at=at)
        return campaign
