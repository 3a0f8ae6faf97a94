"""The figures of the executive page, as definitions that can be checked by hand.

Pure: rows in, figures out; no database, no clock, integers and fractions, rounded once at the end. Every
figure names its definition by a code (`DEFINITIONS`), so page, report and table show the same text beside it.
None means that there is nothing to measure, which is not the same as zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

PERMILLE = 1000
TOLERANCE = 1e-12
TIERS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means: the code of its text and its unit."""

    code: str
    unit: str


DEFINITIONS = {
    definition.code: definition
    for definition in (
        # Units granted / units asked for by the same requests, per tier, resource and region as filtered.
        Definition("fill", "permille"),
        # Completeness to decision by Kaplan-Meier: what is still open counts as waiting at least so long.
        Definition("time_to_decision", "minutes"),
        # Jain's index (sum x)^2 / (n * sum x^2) over x = granted / asked per organization, within one tier.
        Definition("fairness", "permille"),
        # Decisions made while an override stood / all decisions of the period.
        Definition("override_rate", "permille"),
        # Units granted to and held for tier 1 / supply of the pool, beside the mark of the policy in force.
        Definition("tier1_share", "permille"),
    )
}


# --- fill ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asked for and was granted, in units of one resource. Granted never exceeds asked."""

    tier: int
    asked: int
    granted: int

    def __post_init__(self) -> None:
        if self.tier not in TIERS:
            raise ValueError(f"a tier is 1 to {TIERS[-1]}, not {self.tier}")
        if not 0 <= self.granted <= self.asked:
            raise ValueError("granted units must be between 0 and the units asked for")


@dataclass(frozen=True, slots=True)
class Fill:
    """How much of what a tier asked for it was granted, beside the requests behind it."""

    tier: int
    requests: int
    served: int  # requests that were granted anything
    asked: int
    granted: int

    @property
    def permille(self) -> int | None:
        """Share granted, rounded down so that 1000 means everything; None when nothing was asked for."""
        return self.granted * PERMILLE // self.asked if self.asked else None


def fill_by_tier(rows: Iterable[Asked]) -> tuple[Fill, ...]:
    """The fill of each of the five tiers, in their order, also of those without requests.

    Add up one resource at a time: a vCPU and a GiB have no common unit.
    """
    sums = {tier: [0, 0, 0, 0] for tier in TIERS}
    for row in rows:
        of_tier = sums[row.tier]
        of_tier[0] += 1
        of_tier[1] += row.granted > 0
        of_tier[2] += row.asked
        of_tier[3] += row.granted
    return tuple(Fill(tier, *sums[tier]) for tier in TIERS)


# --- time to decision ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a complete request waited, in minutes: until its decision, or until now while it is open.

    Time in which information was requested from the customer does not count; take it off before.
    """

    minutes: int
    decided: bool

    def __post_init__(self) -> None:
        if self.minutes < 0:
            raise ValueError("nobody waits less than 0 minutes")


@dataclass(frozen=True, slots=True)
class WaitingTime:
    """Quantiles of the time to decision in minutes; None where open requests leave a quantile unknown."""

    decided: int
    open: int
    p50: int | None
    p90: int | None


def time_to_decision(rows: Iterable[Wait]) -> WaitingTime:
    """Kaplan-Meier quantiles with open requests as censored.

    A request still open after t minutes is evidence that decisions take longer than t; leaving it out would make a
    growing backlog look fast. A quantile q is the first minute at which at most 1 - q are estimated to wait still.
    Source: Kaplan and Meier, Nonparametric estimation from incomplete observations, 1958.
    """
    waits = sorted(rows, key=lambda wait: wait.minutes)
    decided = sum(wait.decided for wait in waits)
    return WaitingTime(
        decided=decided,
        open=len(waits) - decided,
        p50=_quantile(waits, Fraction(1, 2)),
        p90=_quantile(waits, Fraction(9, 10)),
    )


def _quantile(waits: Sequence[Wait], share: Fraction) -> int | None:
    """At a tie a decision comes before a censored wait: the open one waited longer.

    In floating point, because exact fractions over thousands of moments take a second; shares that
    differ by less than one in a million million count as equal.
    """
    if not waits:
        return None
    minutes = np.fromiter((wait.minutes for wait in waits), dtype=np.int64, count=len(waits))
    decided = np.fromiter((wait.decided for wait in waits), dtype=bool, count=len(waits))
    moments, first = np.unique(minutes, return_index=True)
    at_risk = len(waits) - first
    events = np.add.reduceat(decided.astype(np.int64), first)
    surviving = np.cumprod((at_risk - events) / at_risk)
    reached = np.flatnonzero(surviving <= float(1 - share) + TOLERANCE)
    return int(moments[reached[0]]) if len(reached) else None


# --- fairness --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """What one organization asked for and was granted, its requests added up."""

    asked: int
    granted: int

    def __post_init__(self) -> None:
        if self.asked <= 0 or self.granted < 0:
            raise ValueError("an organization asks for at least one unit and is granted none or more")


def jain(rows: Iterable[Share]) -> int | None:
    """Jain's fairness index of granted / asked over organizations, in permille; compare within one tier only.

    1000 when all have the same share, 1000/n when one of n has everything; None while nobody has been granted anything.
    Source: Jain, Chiu and Hawe, A quantitative measure of fairness, DEC-TR-301, 1984.
    """
    shares = [Fraction(row.granted, row.asked) for row in rows]
    squares = sum(share * share for share in shares)
    if not squares:
        return None
    return int(sum(shares) ** 2 * PERMILLE / (len(shares) * squares))


# --- overrides and the tier-1 budget ---------------------------------------------------------------


def override_rate(decisions: int, under_override: int) -> int | None:
    """Decisions made while an override stood, in permille of all; None without decisions.

    Raises ValueError unless 0 <= under_override <= decisions.
    """
    if not 0 <= under_override <= decisions:
        raise ValueError("decisions under an override are some of all decisions")
    return under_override * PERMILLE // decisions if decisions else None


@dataclass(frozen=True, slots=True)
class Tier1Share:
    """Tier 1's live share of a pool against the mark. `permille` is None for a pool without supply."""

    permille: int | None
    mark_permille: int
    beyond: bool


def tier1_share(committed: int, supply: int, mark_permille: int) -> Tier1Share:
    """How much of a pool's supply is granted to or held for tier 1, and whether that is beyond the mark.

    `committed` and `supply` are units of the pool; a negative supply counts as none. Beyond is decided on the exact
    share, not on the rounded one; any commitment without supply is beyond.
    """
    if committed < 0:
        raise ValueError("committed units must not be negative")
    supply = max(0, supply)
    return Tier1Share(
        permille=committed * PERMILLE // supply if supply else None,
        mark_permille=mark_permille,
        beyond=committed * PERMILLE > mark_permille * supply,
    )
