"""What would help: another place, another quantity, more supply; each run through the check again."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from capacity.intake.diagnosis.checking import assess, findings
from capacity.intake.diagnosis.order import queue_of, serve, slack_of
from capacity.intake.diagnosis.values import (
    Ahead,
    Ask,
    Fit,
    Place,
    WayOut,
)
from capacity.pools.arithmetic import PERMILLE


def ways_out(
    ask: Ask,
    places: Sequence[Place],
    *,
    ahead: Mapping[str, Sequence[Ahead]],
    regional: Mapping[str, Ask] | None = None,
) -> tuple[WayOut, ...]:
    """What could be granted now instead of everything in the first wish, best first; each passed the check.

    Another accepted region with everything; a smaller quantity in an accepted region; a region that was not asked for
    (never a scarce one: there its own requests wait); a smaller quantity than the request calls useful.
    `ahead` is by the place's code, and so is `regional`: what is asked where overrides make a difference.
    """
    found: list[tuple[tuple[Any, ...], WayOut]] = []
    everywhere, differing = ask, regional or {}
    for place in places:
        waiting, ask = ahead.get(place.code, ()), differing.get(place.code, everywhere)
        if place.wish is None and place.scarce:
            continue
        undated = not place.is_dated_for(ask.tier)
        assessment = assess(ask, place, ahead=waiting, undated=undated)
        share = assessment.quantities[0] * PERMILLE // ask.lines[0].quantity if assessment.quantities else 0
        if assessment.fit is Fit.FULL:
            code = "accepted_region" if place.wish is not None else "other_region"
        elif assessment.fit is Fit.PART:
            code = "smaller" if place.wish is not None else "other_region_smaller"
        else:
            lower = _lower_minimum(ask, place, waiting, undated=undated) if place.wish is not None else None
            if lower is not None:
                found.append(((4, -lower.quantities[0], place.wish, place.code), lower))
            continue
        params = {"undated": True} if undated else {}
        rank = ["accepted_region", "smaller", "other_region", "other_region_smaller"].index(code)
        order = (rank, -share if rank in (1, 3) else 0, place.wish or 0, -min(assessment.left), place.code)
        found.append((order, WayOut(code, place.code, assessment.quantities, params)))
    return tuple(way for _, way in sorted(found, key=lambda pair: pair[0]))


def _lower_minimum(ask: Ask, place: Place, ahead: Sequence[Ahead], *, undated: bool) -> WayOut | None:
    """A smaller quantity than the request calls useful that would fit; None where nothing at all is left."""
    eased = dataclasses.replace(ask, lines=tuple(dataclasses.replace(line, minimum=1) for line in ask.lines))
    assessment = assess(eased, place, ahead=ahead, undated=undated)
    if not assessment.quantities:
        return None
    return WayOut("lower_minimum", place.code, assessment.quantities, {"undated": True} if undated else {})


def supply_needed(
    ask: Ask, place: Place, quantities: Sequence[int], *, ahead: Sequence[Ahead] = (), undated: bool = False
) -> dict[str, int] | None:
    """How many more units per resource would have let these quantities be granted here; None if units do not help.

    With one line this is exact: one unit fewer does not do. More may not do either, since a better-ranked request
    that fits only then would take them; so say "exactly", never "at least". With several lines it is one
    sufficient change. Empty when nothing is missing.
    """
    wanted = {line.resource: units for line, units in zip(ask.lines, quantities, strict=True)}
    if not {supply.resource for supply in place.supplies} >= set(wanted):
        return None
    added = dict.fromkeys(wanted, 0)
    queue = queue_of(ahead) if place.scarce else []
    now = slack_of(place)
    while True:
        behind = {name: [units + added.get(name, 0) for units in levels] for name, levels in now.items()}
        serve(behind, queue)
        missing = {name: units - min(behind[name][ask.level :]) for name, units in wanted.items()}
        # A newly admitted better request leaves exactly nothing behind it, so adding what is missing never overshoots.
        if all(units <= 0 for units in missing.values()):
            break
        added = {name: units + max(0, missing[name]) for name, units in added.items()}
    left_over = findings(ask, place.with_supply(added), quantities, ahead=ahead, undated=undated)
    return None if left_over else {resource: units for resource, units in added.items() if units}
