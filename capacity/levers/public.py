"""What the public may know of levers: words and days. No limits, releases, conditions of lifting or people's texts.

The only module of the levers that the trust center may look at (product rule 13); it hands out values, never rows.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import PULLED_STATES, Lever, LeverKind, LeverState
from customers.models import OfferType

_WORDS: dict[tuple[str, str], Any] = {
    (LeverKind.FREE_OFFERS, LeverState.LIMITED): _("Free offers are limited"),
    (LeverKind.FREE_OFFERS, LeverState.PAUSED): _("Free offers are paused"),
    (LeverKind.NEW_SUBSCRIPTIONS, LeverState.LIMITED): _(
        "New subscriptions are limited; existing customers are spared"
    ),
    (LeverKind.NEW_SUBSCRIPTIONS, LeverState.PAUSED): _("New subscriptions are paused; existing customers are spared"),
    (LeverKind.TRIAL_BOUNDS, LeverState.LIMITED): _("Trials and credits are limited"),
}


@dataclass(frozen=True)
class PublicLever:
    """A lever in force: where (empty: everywhere), what, for which offers, since (a day or a moment) and until when."""

    region: str
    text: Any
    offers: tuple[Any, ...]
    since: date | None
    until: date | None
    review: date


def levers_in_force(at: datetime) -> list[PublicLever]:
    """What is restricted now, by region (one query)."""
    rows = (
        Lever.objects.filter(Q(starts_date=None) | Q(starts_date__lte=at.date()), state__in=PULLED_STATES)
        .select_related("region")
        .annotate(since=Max("moves__at", filter=Q(moves__new_state=F("state")) & ~Q(moves__old_state=F("state"))))
        .order_by("region__name", "pk")
    )
    return [
        PublicLever(
            region=row.region.name if row.region else "",
            text=row.get_feature_display() if row.feature else _WORDS[row.kind, row.state],
            offers=tuple(OfferType(one).label for one in row.offer_types),
            since=_since(row.since, row.starts_date),
            until=row.ends_date if row.ends_date and row.ends_date > at.date() else None,
            review=row.review_date,
        )
        for row in rows
    ]


def _since(moved_at: datetime | None, starts_date: date | None) -> date | None:
    """When the present state began: a lever that is signed ahead restricts nobody before its first day."""
    if moved_at is not None and starts_date is not None and starts_date > moved_at.date():
        return starts_date
    return moved_at  # A moment, which the page shows as a day where it is read.
