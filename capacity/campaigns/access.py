"""Who sees offer campaigns, plans them, puts them live and closes them."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.levers.campaign_models import CampaignCap, CampaignState, OfferCampaign
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.roles import Role

READERS = (
    Role.ACCOUNT_MANAGER,
    Role.REGION_OPERATOR,
    Role.DUTY_MANAGER,
    Role.CAPACITY_REVIEWER,
    Role.NOTICE_EDITOR,
    Role.EXECUTIVE,
    Role.AUDITOR,
)
# Caps and what is used of them tell how much there is.
SEE_CAPS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.EXECUTIVE, Role.AUDITOR)


class OwnCampaign(NotAllowed):
    """Separation of duties: another person puts it live."""

    code = "own_campaign"
    message = _("You planned this campaign yourself; another person puts it live.")
    remedy = _("It waits for a duty manager who did not plan it.")


def may_see_campaigns(actor: Actor) -> Refusal | None:
    """Whether one may see which free offers are planned and live."""
    return actor.needs(*READERS)


def visible_campaigns(actor: Actor) -> QuerySet[OfferCampaign]:
    """All campaigns for those who see them."""
    return OfferCampaign.objects.all() if actor.holds(*READERS) else OfferCampaign.objects.none()


def sees_caps(actor: Actor) -> bool:
    """Whether the actor sees what a campaign may take and has taken."""
    return bool(actor.holds(*SEE_CAPS))


def visible_caps(actor: Actor) -> QuerySet[CampaignCap]:
    """The caps in the regions whose figures the actor sees."""
    reach = actor.regions_of(*SEE_CAPS)
    return CampaignCap.objects.all() if reach is None else CampaignCap.objects.filter(pool__region__code__in=reach)


def may_plan_campaign(actor: Actor, region_codes: Iterable[str] = ()) -> Refusal | None:
    """Operators plan, for pools of regions they look after."""
    codes = sorted(set(region_codes))
    if not codes:
        return actor.needs(Role.REGION_OPERATOR)
    refusals = (actor.needs(Role.REGION_OPERATOR, region=code) for code in codes)
    return next((refusal for refusal in refusals if refusal is not None), None)


def may_publish_campaign(actor: Actor, campaign: OfferCampaign, *, at: datetime) -> Refusal | None:
    """A duty manager other than who planned it, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER):
        return refusal
    return OwnCampaign() if actor.user_id == campaign.planned_by_id else actor.needs_fresh_sign_in(at)


def may_close_campaign(actor: Actor) -> Refusal | None:
    """One person may stop an offer: an operator or a duty manager. What was granted stays."""
    return actor.needs(Role.REGION_OPERATOR, Role.DUTY_MANAGER)


def campaigns_to_publish(actor: Actor, today: date) -> QuerySet[OfferCampaign]:
    """Planned campaigns that this duty manager may put live and that are not over, the next to start first."""
    planned = OfferCampaign.objects.filter(state=CampaignState.PLANNED, ends_date__gt=today)
    planned = planned.exclude(planned_by=actor.user_id)
    return planned.order_by("starts_date", "pk")
