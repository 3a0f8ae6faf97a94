"""Where a request stands now: its place in each region's queue, and what stands between it and capacity there.

The same values for a request that is only being written, so that the form can say it before anything is filed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from capacity.intake.campaigning import with_campaign
from capacity.intake.circumstances import Circumstances, ahead_as_stored, ask_of_row, asks_by_region
from capacity.intake.diagnosis import Ask, Assessment, Block, Finding, Fit, assess
from capacity.intake.position import WAITING_STATES, Position, positions
from capacity.intake.provisional import with_allowance
from capacity.intake.wording import Names, Reader, block_label, finding_text
from capacity.pools.access import may_see_headroom
from capacity.regions.models import Region
from capacity.requests.models import CapacityRequest
from capacity.requests.places import order_columns
from capacity.requests.ranking import Ranked
from users.access import Actor

# The four blocks that every answer names, in the order in which they are looked at.
FOUR_BLOCKS = (Block.ACCESS, Block.OFFER, Block.QUOTA, Block.CAPACITY)
# Enough of the queue to say who comes first; beyond it nothing would be left anyway.
MOST_AHEAD = 300


@dataclass(frozen=True)
class Check:
    """One block: its name, whether it is clear, and a sentence."""

    label: str
    is_clear: bool
    text: str


@dataclass(frozen=True)
class RegionStanding:
    """What a request may expect in one region."""

    region: Region
    position: Position | None
    place: int | None
    checks: tuple[Check, ...]
    fit: Fit
    outlook: str


@dataclass(frozen=True)
class Standing:
    """What a request may expect, region by region in the order of the wish."""

    tier: int
    claimed_tier: int
    is_confirmed: bool
    regions: tuple[RegionStanding, ...]


def standing_of(
    ranked: Ranked, asked: Iterable[Mapping[str, Any]], wishes: Mapping[str, int], seen: Circumstances, *, reader: Actor
) -> Standing:
    """Where the request stands in the regions of its wishes, among those that were looked at (two queries).

    `asked` is as `with_asked` puts it into a row, `wishes` the place of each region's code in the wish.
    """
    request, at = ranked.request, seen.at
    # What could be granted once the use is confirmed: that it is not yet is said beside it.
    everywhere = with_campaign(with_allowance(ask_of_row(ranked, asked), ranked), request, at)
    differing = asks_by_region(ranked, everywhere, wishes)
    places = [place for code in wishes if (place := seen.place(code)) is not None]
    scarce = [place.code for place in places if place.scarce]
    columns = _order(ranked, at)
    here = {code: _order(ranked.within(code), at) for code in wishes} if ranked.regional else {}
    ahead = ahead_as_stored(columns, scarce, besides=request.pk, here=here, limit=MOST_AHEAD)
    is_new = request.pk is None
    queues = positions(columns, wishes, besides=request.pk, here=here) if is_new or is_queued(request) else {}
    found = []
    for place in places:
        ask = replace(differing.get(place.code, everywhere), confirmed=True)
        assessment = assess(ask, place, ahead=ahead.get(place.code, ()), undated=not place.is_dated_for(ask.tier))
        position = queues.get(place.code)
        found.append(
            RegionStanding(
                region=seen.regions[place.code],
                position=position,
                place=position.place(scarce=place.scarce) if position else None,
                checks=tuple(checks(assessment, seen, reader)),
                fit=assessment.fit,
                outlook=outlook(ask, assessment, seen, reader),
            )
        )
    return Standing(ranked.result.tier, ranked.result.claimed_tier, ranked.result.confirmed, tuple(found))


def is_queued(request: CapacityRequest) -> bool:
    """Whether the request has a place in a queue now."""
    return request.state in WAITING_STATES


def _order(ranked: Ranked, at: datetime) -> dict[str, Any]:
    return {**order_columns(ranked, at), "number": ranked.request.number}


def reader_of(actor: Actor, region_code: str) -> Reader:
    """How much of a pool's figures this person may read in this region."""
    return Reader.STAFF if may_see_headroom(actor, region_code) is None else Reader.COLLEAGUE


def checks(assessment: Assessment, seen: Circumstances, actor: Actor) -> Iterable[Check]:
    """The four blocks in order, then the rules that stand in the way, each with its sentence."""
    reader = reader_of(actor, assessment.place)
    names = Names(seen.pinned([assessment.place]))
    for block in FOUR_BLOCKS:
        found = [one for one in assessment.findings if one.block is block]
        if found:
            yield Check(block_label(block), False, _sentences(found, names, reader))
        elif block is Block.QUOTA:
            yield Check(block_label(block), True, _("No quota is set."))
        else:
            yield Check(block_label(block), True, _("Nothing stands in the way."))
    rules = [one for one in assessment.findings if one.block not in FOUR_BLOCKS]
    for finding in rules:
        yield Check(block_label(finding.block), False, finding_text(finding.reason, names, reader))


def _sentences(found: Iterable[Finding], names: Names, reader: Reader) -> str:
    return " ".join(dict.fromkeys(finding_text(one.reason, names, reader) for one in found))


def outlook(ask: Ask, assessment: Assessment, seen: Circumstances, actor: Actor) -> str:
    """In one sentence, what could be granted here now."""
    if assessment.fit is Fit.FULL:
        return _("All of it could be granted now.")
    if assessment.fit is Fit.NONE:
        return _("Nothing of it can be granted now.")
    if reader_of(actor, assessment.place) is Reader.COLLEAGUE:
        return _("A part of it could be granted now.")
    names = Names(seen.pinned([assessment.place]))
    quantities = names.bundle([line.resource for line in ask.lines], assessment.quantities)
    return _("A part of it could be granted now: %(quantities)s.") % {"quantities": quantities}
