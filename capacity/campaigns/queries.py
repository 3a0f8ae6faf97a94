"""What the page of a campaign asks: its caps with their use, and the requests under it."""

from collections.abc import Sequence

from django.db.models import Count, F, FloatField, Max, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from capacity.levers.campaign_models import CampaignCap, OfferCampaign
from capacity.notices.models import Notice, NoticeState
from capacity.notices.queries import published_notices
from capacity.requests.models import RequestState
from kit.charts import Chart, Kind, Series

MOST_NOTICES = 50


def caps_of(campaign: OfferCampaign, visible: QuerySet[CampaignCap]) -> list[CampaignCap]:
    """Those of the visible caps that are the campaign's, by region and resource."""
    rows = visible.filter(campaign=campaign).select_related("pool__region", "pool__resource")
    return list(rows.order_by("pool__region__name", "pool__resource__position", "pk"))


def cap_picture(caps: Sequence[CampaignCap]) -> Chart:
    """How much of each cap is used, in percent, so that resources of different units stand side by side."""
    return Chart(
        key="campaign-caps",
        kind=Kind.BAR,
        headline=_("Used of each cap"),
        unit="%",
        label_title=_("Pool"),
        labels=tuple(f"{cap.pool.resource.name} · {cap.pool.region.name}" for cap in caps),
        series=(Series(_("Used"), tuple(round(cap.used * 100 / cap.cap, 1) for cap in caps)),),
        limit=100,
    )


def requests_by_state(campaign: OfferCampaign) -> list[tuple[str, int]]:
    """How many requests were filed under it, by state."""
    rows = campaign.requests.order_by().values_list("state").annotate(n=Count("pk"))
    found = dict(rows)
    return [(str(state.label), found[state]) for state in RequestState if state in found]


def notices_to_choose() -> list[Notice]:
    """The latest published notices that may announce a campaign."""
    return list(published_notices().filter(state=NoticeState.PUBLISHED)[:MOST_NOTICES])


def notice_of(campaign: OfferCampaign) -> Notice | None:
    """The notice that announces it."""
    return Notice.objects.filter(public_id=campaign.notice_key).first() if campaign.notice_key else None


def with_use(campaigns: QuerySet[OfferCampaign], visible: QuerySet[CampaignCap]) -> QuerySet[OfferCampaign]:
    """The campaigns with `fullest`: the largest used share of their visible caps, 0 to 1; None without any."""
    share = Max(Cast(F("caps__used"), FloatField()) / F("caps__cap"), filter=Q(caps__in=visible))
    return campaigns.annotate(fullest=share)
