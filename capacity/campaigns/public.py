"""What the public may know of offer campaigns: what is offered, to whom, until when, and what comes after.

No caps and nothing of what is used (product rule 13); it hands out values, never rows.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from capacity.requests.campaigns import live_campaigns
from customers.models import OfferType, SectorCategory


@dataclass(frozen=True)
class PublicCampaign:
    """A live offer in the active language: its name, whom it is for, its days (the last included), terms and notice."""

    name: str
    audience: tuple[Any, ...]
    starts: date
    last: date
    terms: str
    notice: UUID | None


def campaigns_live(at: datetime) -> list[PublicCampaign]:
    """The offers that customers may use now (two queries, one where there are none)."""
    rows = list(live_campaigns(at.date()))
    codes = {code for row in rows for code in row.audience_categories}
    names = {one.code: one.name for one in SectorCategory.objects.filter(code__in=codes)} if codes else {}
    return [
        PublicCampaign(
            name=row.name,
            audience=(
                *(names.get(code, code) for code in row.audience_categories),
                *(OfferType(offer).label for offer in row.audience_offers),
            ),
            starts=row.starts_date,
            last=row.ends_date - timedelta(days=1),
            terms=row.terms,
            notice=row.notice_key,
        )
        for row in rows
    ]
