"""What a diagnosis looks at, and what it says: plain values, in units of each resource."""

import dataclasses
from collections.abc import Mapping, Sequence
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
