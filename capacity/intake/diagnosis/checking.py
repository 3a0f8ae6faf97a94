"""What stands in the way of a grant, and how much of a request a place can hold."""

from collections.abc import Sequence
from typing import Any

from capacity.intake.diagnosis.order import displaced, served_in_order
from capacity.intake.diagnosis.values import SPARED_TIERS, Ahead, Ask, Assessment, Block, Finding, Fit, Line, Place
from kit.reason import Reason


def findings(
    ask: Ask, place: Place, quantities: Sequence[int], *, ahead: Sequence[Ahead] = (), undated: bool = False
) -> tuple[Finding, ...]:
    """Everything that speaks against granting these quantities (per line) in this place now; empty if nothing does.

    The one check behind every page, approval and way out. `undated` grants without a date. `ahead` counts only
    where the place is scarce. Whether the place was asked for is not looked at: that is the reviewer's act to name.
    """
    found = [*_standing(ask, place, undated=undated)]
    for line, units in zip(ask.lines, quantities, strict=True):
        params = {"resource": line.resource, "quantity": units, "minimum": line.minimum, "asked": line.quantity}
        if units < line.minimum:
            found.append(Finding(Block.CAPACITY, Reason("below_minimum", params)))
        elif units > line.quantity:
            found.append(Finding(Block.CAPACITY, Reason("more_than_asked", params)))
        found += _limits(ask, place, line, units)
    for line, units, left in zip(ask.lines, quantities, place.left(ask), strict=True):
        if units > left:
            found.append(Finding(Block.CAPACITY, _short(line, units, left)))
    if place.scarce and not any(finding.block is Block.CAPACITY for finding in found):
        overtaken = displaced(ask, place, quantities, ahead)
        if overtaken is not None:
            found.append(Finding(Block.ORDER, _waits_ahead(ask, place, overtaken)))
    return tuple(found)


def assess(ask: Ask, place: Place, *, ahead: Sequence[Ahead] = (), undated: bool = False) -> Assessment:
    """The most that this place can hold of the request, and what stands in the way of more."""
    left = place.left(ask)
    behind = place.left(ask)
    if place.scarce:
        _, reserved = served_in_order(place, ahead)
        behind = reserved.left(ask)
    standing = _standing(ask, place, undated=undated)
    quantities = () if standing else _largest(ask, place, behind)
    out_of_turn = () if standing else _largest(ask, place, left)
    found = findings(ask, place, ask.full, ahead=ahead, undated=undated)
    if out_of_turn != quantities:
        # The order stands in the way. Where it leaves nothing useful, say first who waits, not what is left.
        overtaken = displaced(ask, place, out_of_turn, ahead)
        others = tuple(finding for finding in found if finding.block is not Block.ORDER)
        if overtaken is not None:
            order = Finding(Block.ORDER, _waits_ahead(ask, place, overtaken))
            found = (*others, order) if quantities else (order, *others)
    fit = Fit.FULL if quantities == ask.full else Fit.PART if quantities else Fit.NONE
    if fit is not Fit.FULL and not standing and not any(finding.block is Block.ORDER for finding in found):
        # What is kept for others explains why more is missing than what is left would say.
        found = (*found, *_kept_ahead(ask, left, behind))
    return Assessment(place.code, fit, quantities, left, behind, found)


def _standing(ask: Ask, place: Place, *, undated: bool) -> list[Finding]:
    """What forbids any grant here, whatever its size."""
    found = []
    if not ask.confirmed:
        found.append(Finding(Block.WORKLOAD, Reason("unconfirmed", {"tier": ask.tier})))
    if ask.held:
        found.append(Finding(Block.OVERRIDE, Reason("held")))
    if ask.geography and ask.geography != place.geography:
        reason = Reason("residency", {"asked": ask.geography, "geography": place.geography, "place": place.code})
        found.append(Finding(Block.ACCESS, reason))
    for restriction in place.restrictions:
        if restriction.limit is None and restriction.reaches(ask):
            found.append(Finding(Block.OFFER, Reason("offer_paused", restriction.told(ask, place.code))))
    if ask.campaign is not None and not ask.campaign.is_live:
        found.append(Finding(Block.OFFER, Reason("campaign_over", {"place": place.code})))
    crews: dict[str, Any] = {"place": place.code, "crews": [reason.as_dict() for reason in place.crews]}
    if not place.dated and not (undated and ask.tier in SPARED_TIERS):
        code = "undated_only" if ask.tier in SPARED_TIERS else "no_dated_promise"
        found.append(Finding(Block.STAFFING, Reason(code, crews)))
    elif place.dated and not place.is_dated_for(ask.tier) and not undated:
        found.append(Finding(Block.STAFFING, Reason("undated_at_warning", crews)))
    return found


def _limits(ask: Ask, place: Place, line: Line, units: int) -> list[Finding]:
    """What bounds one line here besides the pool: a limited offer, a cap by override, a provisional category."""
    found = []
    for restriction in place.restrictions:
        if restriction.limit is not None and restriction.reaches(ask) and units > restriction.limit:
            params = {
                **restriction.told(ask, place.code),
                "resource": line.resource,
                "limit": restriction.limit,
            }
            found.append(Finding(Block.OFFER, Reason("offer_limited", params)))
    if ask.cap_permille is not None and units > ask.most(line):
        reason = Reason("capped", {"resource": line.resource, "permille": ask.cap_permille})
        found.append(Finding(Block.OVERRIDE, reason))
    if ask.allowance is not None:
        supply = place.supply_of(line.resource)
        left = ask.allowance.left(place.code, line.resource, supply)
        if units > left:
            params = {
                "resource": line.resource,
                "place": place.code,
                "limit": left,
                "most": ask.allowance.most(supply),
                "permille": ask.allowance.permille,
            }
            found.append(Finding(Block.QUOTA, Reason("provisional_cap", params)))
    if ask.campaign is not None:
        room = ask.campaign.left(place.code, line.resource)
        if units > room:
            params = {"resource": line.resource, "place": place.code, "limit": room}
            found.append(Finding(Block.QUOTA, Reason("campaign_cap", params)))
    return found


def _largest(ask: Ask, place: Place, left: Sequence[int]) -> tuple[int, ...]:
    """The largest common fraction of all lines within `left` and the other bounds; () below a minimum."""
    top, whole = 1, 1
    limits = [r.limit for r in place.restrictions if r.limit is not None and r.reaches(ask)]
    for line, units in zip(ask.lines, left, strict=True):
        bound = min([units, *limits])
        bound = min(bound, ask.most(line))
        if ask.allowance is not None:
            bound = min(bound, ask.allowance.left(place.code, line.resource, place.supply_of(line.resource)))
        if ask.campaign is not None:
            bound = min(bound, ask.campaign.left(place.code, line.resource))
        if bound * whole < top * line.quantity:
            top, whole = bound, line.quantity
    quantities = tuple(line.quantity * top // whole for line in ask.lines)
    reached = all(units >= line.minimum for line, units in zip(ask.lines, quantities, strict=True))
    return quantities if reached else ()


def _short(line: Line, units: int, left: int) -> Reason:
    params = {"resource": line.resource, "left": left, "minimum": line.minimum, "quantity": units}
    return Reason("only_part_left" if left >= line.minimum else "below_minimum_left", params)


def _waits_ahead(ask: Ask, place: Place, overtaken: Ahead) -> Reason:
    resource = next((line.resource for line in ask.lines if line.resource in overtaken.bundle), ask.lines[0].resource)
    left = next((supply.left(ask.level) for supply in place.supplies if supply.resource == resource), 0)
    params = {
        "request": overtaken.label,
        "tier": overtaken.tier,
        "resource": resource,
        "needs": overtaken.bundle.get(resource, 0),
        "left": left,
        "place": place.code,
    }
    return Reason("waits_ahead", params)


def _kept_ahead(ask: Ask, left: Sequence[int], behind: Sequence[int]) -> list[Finding]:
    return [
        Finding(Block.ORDER, Reason("kept_ahead", {"resource": line.resource, "kept": units - after}))
        for line, units, after in zip(ask.lines, left, behind, strict=True)
        if after < units
    ]
