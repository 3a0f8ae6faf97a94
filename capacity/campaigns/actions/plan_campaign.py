"""Plan an offer campaign: for whom, from when to when, with which caps and on which follow-on terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.campaigns.access import may_plan_campaign
from capacity.levers.campaign_models import CampaignCap, CampaignMove, CampaignState, OfferCampaign
from capacity.pools.models import Pool
from customers.models import OfferType, SectorCategory
from journal.record import record
from kit.forms import MAX_QUANTITY
from kit.refusal import Invalid, require
from users.access import Actor

MOST_NAME = 160
MOST_CAPS = 20


class CannotPlanCampaign(Invalid):
    """The audience, a date, a cap or a text does not do."""

    code = "cannot_plan_campaign"


@dataclass(frozen=True)
class PlannedCap:
    """How much of a pool (region and resource code) the campaign may take in all, in its units."""

    region: str
    resource: str
    cap: int


def plan_campaign(
    *,
    actor: Actor,
    name_de: str,
    name_en: str,
    terms_de: str,
    terms_en: str,
    starts_date: date,
    ends_date: date,
    caps: Sequence[PlannedCap],
    at: datetime,
    audience_categories: Sequence[str] = (),
    audience_offers: Sequence[str] = (),
) -> OfferCampaign:
    """A campaign that nobody can use yet: another person puts it live. Days are half-open.

    It is for existing customers of these categories (codes) or offers, for all existing ones where both are empty.
    Caps stay as they are planned. Raises `CannotPlanCampaign`.
    """
    with transaction.atomic():
        require(may_plan_campaign(actor, [cap.region for cap in caps]))
        texts = {"name_de": name_de, "name_en": name_en, "terms_de": terms_de, "terms_en": terms_en}
        fields: dict[str, list[Any]] = {
            name: [_("This is missing.")] for name, text in texts.items() if not text.strip()
        }
        for name in ("name_de", "name_en"):
            if len(texts[name]) > MOST_NAME:
                fields[name] = [_("At most %(most)s characters.") % {"most": MOST_NAME}]
        if not set(audience_offers) <= set(OfferType.values):
            fields["audience_offers"] = [_("Choose among the offers listed.")]
        known = set(SectorCategory.objects.filter(code__in=audience_categories).values_list("code", flat=True))
        if not set(audience_categories) <= known:
            fields["audience_categories"] = [_("Choose among the categories listed.")]
        if ends_date <= max(starts_date, at.date()):
            fields["ends_date"] = [_("It ends after it starts.")]
        pools = _pools(caps)
        if problems := _problems_of(caps, pools):
            fields["caps"] = problems
        if fields:
            raise CannotPlanCampaign(fields)
        assert actor.user_id is not None  # the role was required above
        campaign = OfferCampaign.objects.create(
            **{name: text.strip() for name, text in texts.items()},
            audience_categories=sorted(known),
            audience_offers=sorted(set(audience_offers)),
            starts_date=starts_date,
            ends_date=ends_date,
            planned_by_id=actor.user_id,
            planned_at=at,
        )
        CampaignCap.objects.bulk_create(
            CampaignCap(campaign=campaign, pool=pools[cap.region, cap.resource], cap=cap.cap) for cap in caps
        )
        CampaignMove.objects.create(campaign=campaign, new_state=CampaignState.PLANNED, by_id=actor.user_id, at=at)
        record(
            actor=actor,
            action="campaign.planned",
            subject_type="campaign",
            subject_id=campaign.public_id,
            after={
                "name": campaign.name_en,
                "starts_date": starts_date.isoformat(),
                "ends_date": ends_date.isoformat(),
                "audience": [*campaign.audience_categories, *campaign.audience_offers],
                "caps": [{"region": cap.region, "resource": cap.resource, "cap": cap.cap} for cap in caps],
            },
            at=at,
        )
        return campaign


def _pools(caps: Sequence[PlannedCap]) -> dict[tuple[str, str], Pool]:
    rows = Pool.objects.filter(region__code__in=[cap.region for cap in caps]).select_related("region", "resource")
    return {(pool.region.code, pool.resource.code): pool for pool in rows}


def _problems_of(caps: Sequence[PlannedCap], pools: dict[tuple[str, str], Pool]) -> list[Any]:
    if not 1 <= len(caps) <= MOST_CAPS:
        return [_("A campaign has 1 to %(most)s caps.") % {"most": MOST_CAPS}]
    if len({(cap.region, cap.resource) for cap in caps}) != len(caps):
        return [_("Each pool has one cap.")]
    problems: list[Any] = []
    for cap in caps:
        if (cap.region, cap.resource) not in pools:
            problems.append(_("There is no pool of this resource in this region."))
        elif not 1 <= cap.cap <= MAX_QUANTITY:
            problems.append(_("The quantity is a positive whole number."))
    return problems
