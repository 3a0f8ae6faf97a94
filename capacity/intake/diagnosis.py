"""What stands between a request and capacity: figures in; what can be granted, why not more, and what would help out.

Pure: no database, no clock, integers only. The same values give the same answer, so a decision that pins them can be
replayed years later, and whatever is offered as a way out has been run through the same check before it is shown.

Four blocks are looked at in turn, access, offer, quota and capacity, and then two rules: no dated promise into a region
whose crew is below minimum, and nobody around the order in a scarce region.

The lines of a request land together and scale together. So the most that can be granted is one fraction of every line,
rounded down, and the smallest useful grant is the smallest fraction that reaches every line's minimum, rounded up.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from capacity.pools.arithmetic import PERMILLE, Buckets, Committed, Level, level_for
from kit.reason import Reason

# A lever never reaches these tiers, and only they may be granted something while a crew is below its minimum: undated.
SPARED_TIERS = (1, 2)
# From this tier on, nothing is promised for a date while a crew is only just complete.
UNDATED_ON_WARNING = 4


class Block(StrEnum):
    """What stands in the way; the first four are the blocks every answer names, the others are rules."""

    ACCESS = "access"
    OFFER = "offer"
    QUOTA = "quota"
    CAPACITY = "capacity"
    STAFFING = "staffing"
    ORDER = "order"
    OVERRIDE = "override"
    WORKLOAD = "workload"


class Fit(StrEnum):
    """How much of what is asked a place can hold."""

    FULL = "full"
    PART = "part"
    NONE = "none"


# --- values in ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A resource by code, what is asked and the least that is useful, in the resource's unit.

    Raises ValueError unless 0 < minimum <= quantity.
    """

    resource: str
    quantity: int
    minimum: int

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.quantity:
            raise ValueError("a minimum is positive and at most the quantity")


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a pool may be granted in all while the category is only provisional, in permille of its supply.

    `taken` is what the organization holds of it already: region and resource by code, units.
    """

    permille: int
    taken: tuple[tuple[str, str, int], ...] = ()

    def most(self, supply: int) -> int:
        """Units that may be granted in all of a pool with this supply."""
        return supply * self.permille // PERMILLE

    def left(self, place: str, resource: str, supply: int) -> int:
        """Units that may still be granted of this pool."""
        taken = sum(units for code, name, units in self.taken if (code, name) == (place, resource))
        return max(0, self.most(supply) - taken)


@dataclass(frozen=True, slots=True)
class CampaignRoom:
    """What an offer campaign still has room for: region and resource by code, units. It offers nothing else."""

    is_live: bool
    room: tuple[tuple[str, str, int], ...] = ()

    def left(self, place: str, resource: str) -> int:
        """Units that may still be granted of this pool under the campaign."""
        return sum(units for code, name, units in self.room if (code, name) == (place, resource))


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, as far as it matters here. `geography` is where data must stay ("" anywhere).

    `tier` is where the request queues; `confirmed` says whether anything may be granted on it. `cap_permille` is the
    most that an override lets be granted, `allowance` bounds what rests on a provisional category, `campaign` what is
    asked for under an offer campaign. Raises ValueError without lines or with one resource twice.
    """

    lines: tuple[Line, ...]
    tier: int
    confirmed: bool = True
    geography: str = ""
    offer: str = "enterprise"
    existing: bool = True
    held: bool = False
    cap_permille: int | None = None
    allowance: Allowance | None = None
    campaign: CampaignRoom | None = None

    def __post_init__(self) -> None:
        if not self.lines or len({line.resource for line in self.lines}) != len(self.lines):
            raise ValueError("a request has lines, one per resource")

    @property
    def level(self) -> Level:
        """Which buckets of a pool the tier may draw on."""
        return level_for(self.tier)

    @property
    def full(self) -> tuple[int, ...]:
        return tuple(line.quantity for line in self.lines)

    def most(self, line: Line) -> int:
        """The most units of a line that may be granted: an override may cap what is asked."""
        return line.quantity if self.cap_permille is None else line.quantity * self.cap_permille // PERMILLE

    def within_cap(self, quantities: Sequence[int]) -> bool:
        """Whether these quantities (per line) keep to the cap."""
        return all(units <= self.most(line) for line, units in zip(self.lines, quantities, strict=True))

    @property
    def smallest(self) -> tuple[int, ...]:
        """The smallest useful grant: one fraction of all lines that reaches every minimum, rounded up."""
        top, whole = 0, 1
        for line in self.lines:
            if line.minimum * whole > top * line.quantity:
                top, whole = line.minimum, line.quantity
        return tuple(-(-line.quantity * top // whole) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Supply:
    """One pool: its supply by bucket and what of it is promised, by the level it was admitted at."""

    resource: str
    split: Buckets
    committed: Committed

    def slack(self, level: Level) -> int:
        """What a request of this level may still be promised; negative by what promises exceed the supply."""
        return min(self.split.limit(at) - self.committed.within(at) for at in Level if at >= level)

    def left(self, level: Level) -> int:
        """The same as units that can be promised; never below zero."""
        return max(0, self.slack(level))

    def with_promised(self, level: Level, units: int) -> "Supply":
        """The pool after `units` more were promised at this level."""
        added = {Level.GENERAL: "general", Level.CRITICAL: "critical", Level.TIER1: "tier1"}[level]
        committed = dataclasses.replace(self.committed, **{added: getattr(self.committed, added) + units})
        return dataclasses.replace(self, committed=committed)

    def with_supply(self, units: int) -> "Supply":
        """The pool with `units` more in the bucket that is open to everybody."""
        return dataclasses.replace(self, split=dataclasses.replace(self.split, open=self.split.open + units))


@dataclass(frozen=True, slots=True)
class Restriction:
    """A lever that is pulled here. `limit` is the most units of a line while it is limited; None when paused.

    `until` is the ISO day of its planned end (`is_end`) or of the next look at it; empty where nobody said one.
    """

    reference: str
    offers: tuple[str, ...]
    limit: int | None = None
    new_only: bool = False
    until: str = ""
    is_end: bool = False

    def reaches(self, ask: Ask) -> bool:
        """Whether the lever applies to this request. Tiers 1 and 2 are spared."""
        return ask.tier not in SPARED_TIERS and ask.offer in self.offers and not (self.new_only and ask.existing)

    def told(self, ask: Ask, place: str) -> dict[str, Any]:
        """What a finding says of it: the offer, where, whom it spares besides tiers 1 and 2, until when."""
        params: dict[str, Any] = {"offer": ask.offer, "place": place, "lever": self.reference}
        if self.until:
            params["until"], params["is_end"], params["new_only"] = self.until, self.is_end, self.new_only
        return params


@dataclass(frozen=True, slots=True)
class Place:
    """A region as it stands. `wish` is its place in the customer's order, None where it was not asked for.

    `scarce`: tier decides the order here. `dated`: promises with a date may be made (its crews are not below minimum).
    `warned`: a crew is at its minimum or silent. `crews` are the reasons of either.
    """

    code: str
    geography: str
    supplies: tuple[Supply, ...]
    wish: int | None = None
    scarce: bool = False
    dated: bool = True
    restrictions: tuple[Restriction, ...] = ()
    warned: bool = False
    crews: tuple[Reason, ...] = ()

    def is_dated_for(self, tier: int) -> bool:
        """Whether this tier may be promised something for a date: none below minimum crew, 4 and 5 not at a warning."""
        return self.dated and not (self.warned and tier >= UNDATED_ON_WARNING)

    def left(self, ask: Ask) -> tuple[int, ...]:
        """Units left for each line at the request's level; 0 where the region has no such pool."""
        level, found = ask.level, {supply.resource: supply for supply in self.supplies}
        return tuple(found[line.resource].left(level) if line.resource in found else 0 for line in ask.lines)

    def supply_of(self, resource: str) -> int:
        """The whole supply of the resource here; 0 where the region has no such pool."""
        return next((one.split.total for one in self.supplies if one.resource == resource), 0)

    def with_promised(self, level: Level, bundle: Mapping[str, int]) -> "Place":
        """The place after the units of a bundle were promised at this level."""
        changed = tuple(
            supply.with_promised(level, bundle[supply.resource]) if supply.resource in bundle else supply
            for supply in self.supplies
        )
        return dataclasses.replace(self, supplies=changed)

    def with_supply(self, units: Mapping[str, int]) -> "Place":
        """The place with more supply, open to everybody."""
        changed = tuple(supply.with_supply(units.get(supply.resource, 0)) for supply in self.supplies)
        return dataclasses.replace(self, supplies=changed)

    def holds(self, level: Level, bundle: Mapping[str, int]) -> bool:
        """Whether every line of the bundle fits at this level."""
        found = {supply.resource: supply.left(level) for supply in self.supplies}
        return all(found.get(resource, 0) >= units for resource, units in bundle.items())


@dataclass(frozen=True, slots=True)
class Ahead:
    """A better-ranked complete request that waits here: its smallest useful grant and the level it draws on."""

    label: str
    tier: int
    smallest: tuple[tuple[str, int], ...]

    @property
    def level(self) -> Level:
        return level_for(self.tier)

    @property
    def bundle(self) -> dict[str, int]:
        return dict(self.smallest)


# --- values out --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stands in the way, with its numbers."""

    block: Block
    reason: Reason


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a place can hold of a request now.

    `quantities` is the most that can be granted, per line (empty when `fit` is none); `left` what each line could draw
    on, `behind` the same once everybody ahead in the order has the smallest useful grant. `findings` is empty exactly
    when everything fits.
    """

    place: str
    fit: Fit
    quantities: tuple[int, ...]
    left: tuple[int, ...]
    behind: tuple[int, ...]
    findings: tuple[Finding, ...]

    @property
    def block(self) -> str:
        """The block or rule to name first; empty when everything fits."""
        return str(self.findings[0].block) if self.findings else ""


@dataclass(frozen=True, slots=True)
class WayOut:
    """Something that would lead to a grant, verified by running the check again.

    `place` is where; `quantities` what would be granted there, per line; `params` what would have to change.
    """

    code: str
    place: str
    quantities: tuple[int, ...]
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "place": self.place,
            "quantities": list(self.quantities),
            "params": dict(self.params),
        }


# --- the order ---------------------------------------------------------------------------------------


# Hundreds may wait ahead and are gone through many times over, so that is done on plain numbers: the slack of each
# resource by level, and of each request its level and its smallest bundle.


def served_in_order(place: Place, ahead: Iterable[Ahead]) -> tuple[tuple[bool, ...], Place]:
    """Who ahead could have the smallest useful grant, one after the other, and the place after they had it."""
    queue = _queue(ahead)
    served = _serve(_slack_of(place), queue)
    promised: dict[int, dict[str, int]] = {int(level): {} for level in Level}
    for (level, bundle), fits in zip(queue, served, strict=True):
        if fits:
            for name, units in bundle:
                promised[level][name] = promised[level].get(name, 0) + units
    for level, taken in promised.items():
        if taken:
            place = place.with_promised(Level(level), taken)
    return tuple(served), place


def _queue(ahead: Iterable[Ahead]) -> list[tuple[int, tuple[tuple[str, int], ...]]]:
    return [(int(one.level), one.smallest) for one in ahead]


def _slack_of(place: Place) -> dict[str, list[int]]:
    return {
        supply.resource: [supply.split.limit(at) - supply.committed.within(at) for at in Level]
        for supply in place.supplies
    }


def _serve(slack: dict[str, list[int]], queue: Iterable[tuple[int, tuple[tuple[str, int], ...]]]) -> list[bool]:
    """Take from the slack what each of the queue fits in; who did."""
    nothing, tier1 = [0, 0, 0], int(Level.TIER1)
    served = []
    for level, bundle in queue:
        for name, units in bundle:
            general, critical, whole = slack.get(name, nothing)
            # A level draws on its own buckets and is bound by those of every level above it.
            if units > whole or (level < tier1 and units > critical) or (level == 0 and units > general):
                served.append(False)
                break
        else:
            for name, units in bundle:
                levels = slack[name]
                for at in range(level, len(levels)):
                    levels[at] -= units
            served.append(True)
    return served


def displaced(ask: Ask, place: Place, quantities: Sequence[int], ahead: Sequence[Ahead]) -> Ahead | None:
    """The first better-ranked request that could be served now and not any more after this grant; None if nobody."""
    bundle = {line.resource: units for line, units in zip(ask.lines, quantities, strict=True)}
    before, _ = served_in_order(place, ahead)
    after, _ = served_in_order(place.with_promised(ask.level, bundle), ahead)
    return next((one for one, was, still in zip(ahead, before, after, strict=True) if was and not still), None)


# --- the check ---------------------------------------------------------------------------------------


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


# --- ways out ----------------------------------------------------------------------------------------


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
    queue = _queue(ahead) if place.scarce else []
    now = _slack_of(place)
    while True:
        behind = {name: [units + added.get(name, 0) for units in levels] for name, levels in now.items()}
        _serve(behind, queue)
        missing = {name: units - min(behind[name][ask.level :]) for name, units in wanted.items()}
        # A newly admitted better request leaves exactly nothing behind it, so adding what is missing never overshoots.
        if all(units <= 0 for units in missing.values()):
            break
        added = {name: units + max(0, missing[name]) for name, units in added.items()}
    left_over = findings(ask, place.with_supply(added), quantities, ahead=ahead, undated=undated)
    return None if left_over else {resource: units for resource, units in added.items() if units}


# --- a second signature ------------------------------------------------------------------------------


def signature_reasons(
    ask: Ask, place: Place, quantities: Sequence[int], *, large_permille: int, mark_permille: int
) -> tuple[Reason, ...]:
    """Why a grant needs a second signature: it is large for its pool, or tier 1 holds more than its mark after it."""
    reasons = []
    supplies = {supply.resource: supply for supply in place.supplies}
    for line, units in zip(ask.lines, quantities, strict=True):
        supply = supplies.get(line.resource)
        if supply is None:
            continue
        total = supply.split.total
        if units * PERMILLE > total * large_permille:
            params = {"resource": line.resource, "quantity": units, "supply": total, "permille": large_permille}
            reasons.append(Reason("large_grant", params))
        tier1 = supply.committed.tier1 + (units if ask.level is Level.TIER1 else 0)
        if tier1 * PERMILLE > total * mark_permille:
            params = {"resource": line.resource, "tier1": tier1, "supply": total, "permille": mark_permille}
            reasons.append(Reason("beyond_mark", params))
    return tuple(reasons)


# --- pinning -----------------------------------------------------------------------------------------


def as_dict(value: Ask | Place | Ahead | Assessment) -> dict[str, Any]:
    """The value as JSON values, for a decision to pin."""
    data: dict[str, Any] = _plain(value)
    if isinstance(value, Assessment):
        data["findings"] = [
            {"block": str(finding.block), "reason": finding.reason.as_dict()} for finding in value.findings
        ]
    return data


def _plain(value: Any) -> Any:
    """As `dataclasses.asdict`, which copies every number deeply and is several times slower."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    fields = getattr(value, "__dataclass_fields__", None)
    return value if fields is None else {name: _plain(getattr(value, name)) for name in fields}


def ask_from(data: Mapping[str, Any]) -> Ask:
    """The request as it was pinned by `as_dict`."""
    allowed = data.get("allowance")
    allowance = Allowance(allowed["permille"], tuple(map(tuple, allowed["taken"]))) if allowed else None
    room = data.get("campaign")
    campaign = CampaignRoom(room["is_live"], tuple(map(tuple, room["room"]))) if room else None
    lines = tuple(Line(**line) for line in data["lines"])
    return Ask(**{**data, "lines": lines, "allowance": allowance, "campaign": campaign})


def place_from(data: Mapping[str, Any]) -> Place:
    """The region as it was pinned by `as_dict`."""
    supplies = tuple(
        Supply(one["resource"], Buckets(**one["split"]), Committed(**one["committed"])) for one in data["supplies"]
    )
    restrictions = tuple(Restriction(**{**one, "offers": tuple(one["offers"])}) for one in data["restrictions"])
    crews = tuple(Reason.from_dict(one) for one in data.get("crews", ()))
    return Place(**{**data, "supplies": supplies, "restrictions": restrictions, "crews": crews})


def ahead_from(data: Mapping[str, Any]) -> Ahead:
    """A request ahead as it was pinned by `as_dict`."""
    return Ahead(data["label"], data["tier"], tuple((resource, units) for resource, units in data["smallest"]))
