"""What an organization's page shows besides its claims: how its categories stood over time, what it inherits, where it
went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from customers.claims import months_later
from customers.models import CLAIM_COUNTS_AS_VERIFIED, CLAIM_STANDING, Claim, ClaimState, Organization
from customers.queries import NONE, verification_at
from customers.signs import claim_sign
from kit.charts import Chart, Kind, Series
from kit.signs import Sign

# Months of the picture, and how many of them lie ahead.
MONTHS, AHEAD = 24, 6
_WORTH = {2: "good", 1: "watch", 0: "quiet"}


@dataclass(frozen=True)
class Inherited:
    """A claim of the parent that counts there, and whether one of its own stands in its place."""

    claim: Claim
    sign: Sign
    is_overridden: bool


def survivor_of(public_id: UUID) -> Organization | None:
    """What became of a merged organization, through any number of merges; None where it was never merged."""
    found = Organization.objects.filter(public_id=public_id).select_related("merged_into").first()
    survivor = found.merged_into if found else None
    while survivor is not None and survivor.merged_into is not None:
        survivor = survivor.merged_into
    return survivor


def inherited_claims(organization: Organization, own: Sequence[Claim], at: datetime) -> list[Inherited]:
    """What the parent holds now, whether or not it was accepted; one query."""
    held = {claim.category_id for claim in own if verification_at(claim, at) != NONE}
    claims = Claim.objects.filter(organization=organization.parent_id, state__in=CLAIM_STANDING)
    return [
        Inherited(claim, claim_sign(claim, at), claim.category_id in held)
        for claim in claims.select_related("category", "organization").order_by("category__position")
        if verification_at(claim, at) != NONE
    ]


def standing_picture(claims: Sequence[Claim], at: datetime) -> Chart | None:
    """How each category stood at the end of each month, and will by what is known; None where none ever counted.

    The claims carry their moves, as `with_everything` fetches them.
    """
    if not claims:
        return None
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    ends = [months_later(first, step - MONTHS + AHEAD + 2) for step in range(MONTHS)]
    by_category: dict[Any, list[Claim]] = {}
    for claim in claims:
        by_category.setdefault(claim.category, []).append(claim)
    series = []
    for category, its in by_category.items():
        values = tuple(max(_worth(claim, min(end, at), end) for claim in its) for end in ends)
        series.append(Series(category.code, values, tone="good", tones=tuple(_WORTH[value] for value in values)))
    if not any(value for one in series for value in one.values):
        return None  # nothing ever counted; the table of claims says it all
    return Chart(
        key="standing",
        kind=Kind.HEAT_STRIP,
        headline=_("How its categories stood at the end of each month"),
        unit=_("2 verified, 1 provisional, 0 does not count"),
        labels=tuple(date_format(end - timedelta(days=1), "Y-m") for end in ends),
        label_title=_("Month"),
        series=tuple(series),
    )


def journal_of(organization: Organization) -> str:
    """The journal's entries about the organization, for those who may read it."""
    return f"{reverse('journal:entries')}?{urlencode({'subject': str(organization.public_id)})}"


def _worth(claim: Claim, known_at: datetime, end: datetime) -> int:
    """2, 1 or 0 at the end of a month: the state by the moves until then, or until now for months to come."""
    state = ""
    for move in sorted(claim.moves.all(), key=lambda one: one.pk):
        if move.at <= known_at:
            state = move.new_state
    if known_at < end and (claim.valid_until is None or claim.valid_until < end):
        return 0
    if state in CLAIM_COUNTS_AS_VERIFIED:
        return 2
    return 1 if state == ClaimState.PROVISIONAL else 0
