"""Offer campaigns of the demonstration: one live with requests under it, one that waits, one that is over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from capacity.campaigns.actions.close_campaign import close_campaign
from capacity.campaigns.actions.plan_campaign import PlannedCap, plan_campaign
from capacity.campaigns.actions.publish_campaign import publish_campaign
from capacity.levers.campaign_models import OfferCampaign
from capacity.notices.actions.draft_notice import draft_notice
from capacity.notices.actions.publish_notice import publish_notice
from capacity.requests.models import CapacityRequest
from customers.models import Organization
from users.access import Actor

By = Callable[[str, datetime], Actor]
# Files a request of so many vCPU under a campaign; decides on it.
File = Callable[[Organization, OfferCampaign, int, datetime], CapacityRequest]
Settle = Callable[[CapacityRequest, datetime], object]


def run_campaigns(
    by: By, file: File, settle: Settle, customers: Sequence[Organization], *, region: str, now: datetime
) -> None:
    """`customers` are existing ones whom the live campaign is for; most of its cap is taken."""
    over = _plan(by, "Freie Lernräume", "Free classrooms", "ED-REMOTE", region, 200, now - timedelta(days=40), 30)
    _publish(by, over, now - timedelta(days=39))
    closing = now - timedelta(days=9)
    close_campaign(actor=by("operator", closing), campaign_id=over.public_id, reason="Its days are over.", at=closing)
    live = _plan(
        by, "Videosprechstunde für Kliniken", "Video consultations for hospitals", "HE-ACUTE", region, 400,
        now - timedelta(days=4), 60,
    )  # fmt: skip
    _publish(by, live, now - timedelta(days=3, hours=20))
    for number, (organization, units) in enumerate(zip(customers, (160, 110, 220), strict=False)):
        at = now - timedelta(days=2, hours=6 * number)
        request = file(organization, live, units, at)
        if number < 2:
            settle(request, at + timedelta(hours=2))
    _plan(by, "Übungsräume für Studierende", "Labs for students", "", region, 300, now - timedelta(hours=7), 45)


def _plan(
    by: By, name_de: str, name_en: str, category: str, region: str, cap: int, at: datetime, days: int
) -> OfferCampaign:
    return plan_campaign(
        actor=by("operator", at),
        name_de=name_de,
        name_en=name_en,
        terms_de="Es gilt der Listenpreis; niemand wird von selbst umgestellt.",
        terms_en="The list price holds; nobody is moved over by itself.",
        audience_categories=[category] if category else [],
        audience_offers=[] if category else ["student"],
        starts_date=at.date() + timedelta(days=1),
        ends_date=at.date() + timedelta(days=days),
        caps=[PlannedCap(region, "vcpu", cap)],
        at=at,
    )


def _publish(by: By, campaign: OfferCampaign, at: datetime) -> None:
    """Another person puts it live, on a notice in both languages."""
    notice = draft_notice(
        actor=by("editor", at),
        title_de=f"Kostenloses Angebot: {campaign.name_de}",
        body_de="Bestehende Kunden können es über ihren Kundenbetreuer beantragen, solange es läuft.",
        title_en=f"Free offer: {campaign.name_en}",
        body_en="Existing customers can ask for it through their account manager while it is live.",
        at=at,
    )
    later = at + timedelta(minutes=30)
    publish_notice(actor=by("editor2", later), notice_id=notice.public_id, at=later)
    signed = later + timedelta(minutes=10)
    publish_campaign(actor=by("duty", signed), campaign_id=campaign.public_id, notice_id=notice.public_id, at=signed)
