"""What the acts on campaigns share: the lock, and one move of a campaign's life."""

from datetime import datetime
from typing import Any
from uuid import UUID

from capacity.levers.campaign_models import CAMPAIGN_LIFE, CampaignMove, CampaignState, OfferCampaign
from journal.record import record
from kit.refusal import NotFound
from users.access import Actor

_ACTS = {CampaignState.LIVE: "campaign.live", CampaignState.CLOSED: "campaign.closed"}


def lock_campaign(campaign_id: UUID) -> OfferCampaign:
    """The campaign, locked until the transaction ends. Raises `NotFound`."""
    found = OfferCampaign.objects.select_for_update(of=("self",)).filter(public_id=campaign_id).first()
    if found is None:
        raise NotFound()
    return found


def move(
    campaign: OfferCampaign, state: CampaignState, *, actor: Actor, at: datetime, reason: str = "", **changes: Any
) -> None:
    """Let a locked campaign go on; writes the move and the journal. Raises `MoveRefused`."""
    before = campaign.state
    CAMPAIGN_LIFE.require(before, state)
    campaign.state = state
    for name, value in changes.items():
        setattr(campaign, name, value)
    campaign.row_version += 1
    campaign.save(update_fields=["state", "row_version", *(name.removesuffix("_id") for name in changes)])
    CampaignMove.objects.create(
        campaign=campaign, old_state=before, new_state=state, by_id=actor.user_id, at=at, reason=reason
    )
    record(
        actor=actor,
        action=_ACTS[state],
        subject_type="campaign",
        subject_id=campaign.public_id,
        reason=reason,
        before={"state": before},
        after={"state": str(state), **({"notice": str(campaign.notice_key)} if campaign.notice_key else {})},
        at=at,
    )
