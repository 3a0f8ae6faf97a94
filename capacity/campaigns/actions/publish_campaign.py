"""Put a planned campaign live, on a published notice, as another person than who planned it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.campaigns.access import may_publish_campaign
from capacity.campaigns.keeping import lock_campaign, move
from capacity.levers.campaign_models import CampaignState, OfferCampaign
from capacity.notices.models import Notice, NoticeState
from kit.refusal import Conflict, require
from users.access import Actor


class NotAnnounced(Conflict):
    """An offer that nobody can read about is none."""

    code = "not_announced"
    message = _("A campaign goes live on a published notice.")
    remedy = _("Let a notice be published in both languages first, then choose it here.")


class CampaignIsOver(Conflict):
    """What ended before it began is no offer."""

    code = "campaign_is_over"
    message = _("The last day of this campaign has passed.")
    remedy = _("Close it and plan one with later days.")


def publish_campaign(*, actor: Actor, campaign_id: UUID, notice_id: UUID | None, at: datetime) -> OfferCampaign:
    """Requests may be filed under it from its first day on. Needs a fresh sign-in step. Raises `NotAnnounced`,
    `CampaignIsOver`."""
    with transaction.atomic():
        campaign = lock_campaign(campaign_id)
        require(may_publish_campaign(actor, campaign, at=at))
        if campaign.state == CampaignState.PLANNED and campaign.ends_date <= at.date():
            raise CampaignIsOver()
        notice = Notice.objects.filter(public_id=notice_id, state=NoticeState.PUBLISHED).first() if notice_id else None
        if notice is None:
            raise NotAnnounced()
        move(
            campaign,
            CampaignState.LIVE,
            actor=actor,
            at=at,
            notice_key=notice.public_id,
            confirmed_by_id=actor.user_id,
            live_at=at,
        )
        return campaign
