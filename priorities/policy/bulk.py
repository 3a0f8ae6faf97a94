"""Ranking by the million: arrays of facts in, arrays of ranks out, equal to `rank` and `order_key` row by row.

Whether a clause fits depends on six small facts, so the best clause for every combination of them is worked out once
per policy; after that a claim is a look-up, and the best claim of a request a minimum over whole numbers. Reasons are
not made here: `rank` gives them for the few that somebody looks at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from priorities.policy.facts import LOWEST_TIER, PERMILLE, Facts, OfferType, OverrideKind, Verification
from priorities.policy.order import EPOCH, NEVER
from priorities.policy.ranking import criteria_of
from priorities.policy.version import Policy, Rule

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

OFFERS = tuple(OfferType)
# Rising with strength, so that anything above the first counts.
VERIFICATIONS = (Verification.NONE, Verification.PROVISIONAL, Verification.VERIFIED)
DAY = 86_400_000_000  # microseconds

# How a match is packed into one whole number, so that the smallest is the best: see `_Match.key`. A category is the
# last resort between equals; a request that rests on no claim has the one before all categories.
_CATEGORY_BITS, _POSITION_BITS, _SCORE_BITS = 12, 12, 12
_SCORE_AT = _CATEGORY_BITS + _POSITION_BITS
_CRITERION_AT = _SCORE_AT + _SCORE_BITS
_PROVISIONAL_AT = _CRITERION_AT + 4
_TIER_AT = _PROVISIONAL_AT + 1
_NO_MATCH = np.int64(2**62)


@dataclass(frozen=True)
class FactTable:
    """Facts of many requests, a column each; row i of every column is request i.

    `completed` is in microseconds since 1970 (UTC), `NEVER` while a request is incomplete. `workload` indexes
    `workloads`, `claim_category` the alphabetical `categories`, `offer` the members of `OfferType`,
    `claim_verification` none, provisional, verified. Claims stand one below the other; those of request i are rows
    `claim_start[i]` to `claim_start[i + 1]`. `retier` is the tier set by an override, 0 without one.
    """

    categories: tuple[str, ...]
    workloads: tuple[str, ...]
    claim_start: Ints
    claim_category: Ints
    claim_verification: Ints
    claim_certificate: Flags
    workload: Ints
    confirmed: Flags
    offer: Ints
    existing: Flags
    internal: Flags
    completed: Ints
    number: Ints
    retier: Ints
    pinned: Flags
    held: Flags

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True)
class Ranks:
    """What the policy makes of each row: the fields of a `Ranking` without its reasons.

    `position` is the place of the clause behind `claimed_tier` among the rules (their count, where none matched),
    `claim` the row of the claim it rests on (-1: on none).
    """

    tier: Ints
    claimed_tier: Ints
    criterion: Ints
    provisional: Flags
    confirmed: Flags
    score: Ints
    position: Ints
    claim: Ints
    aging_points: Ints
    max_wait_days: Ints  # -1: no maximum


def table_of(facts: Iterable[Facts]) -> FactTable:
    """The facts as columns."""
    return table_of_dicts(one.as_dict() for one in facts)


def table_of_dicts(facts: Iterable[Mapping[str, Any]]) -> FactTable:
    """The same from their canonical JSON values, as rankings keep them; no object per request is made."""
    categories: dict[str, int] = {}
    workloads: dict[str, int] = {}
    offers = {str(offer): place for place, offer in enumerate(OFFERS)}
    strengths = {str(one): place for place, one in enumerate(VERIFICATIONS)}
    moments: dict[str | None, int] = {None: NEVER}
    claims: list[tuple[int, int, bool]] = []
    start = [0]
    rows: list[tuple[int, bool, int, bool, bool, int, int, int, bool, bool]] = []
    for one in facts:
        for claim in one["claims"]:
            category = categories.setdefault(claim["category"], len(categories))
            claims.append((category, strengths[claim["verification"]], claim["certificate"]))
        start.append(len(claims))
        retier, pinned, held = _overrides(one["overrides"]) if one["overrides"] else (0, False, False)
        at = one["completed_at"]
        completed = moments.get(at)
        if completed is None:
            completed = moments[at] = microseconds(datetime.fromisoformat(at))
        workload = workloads.setdefault(one["workload"], len(workloads))
        rows.append(
            (
                workload,
                one["workload_confirmed"],
                offers[one["offer_type"]],
                one["is_existing"],
                one["is_internal"],
                completed,
                one["request_number"],
                retier,
                pinned,
                held,
            )
        )
    columns = np.array(rows, dtype=np.int64).reshape(-1, 10).T
    stated = np.array(claims, dtype=np.int64).reshape(-1, 3).T
    names = sorted(categories)
    place = np.zeros(len(names), dtype=np.int64)
    for index, name in enumerate(names):
        place[categories[name]] = index
    return FactTable(
        categories=tuple(names),
        workloads=tuple(workloads),
        claim_start=np.array(start, dtype=np.int64),
        claim_category=place[stated[0]],
        claim_verification=stated[1],
        claim_certificate=stated[2].astype(bool),
        workload=columns[0],
        confirmed=columns[1].astype(bool),
        offer=columns[2],
        existing=columns[3].astype(bool),
        internal=columns[4].astype(bool),
        completed=columns[5],
        number=columns[6],
        retier=columns[7],
        pinned=columns[8].astype(bool),
        held=columns[9].astype(bool),
    )


def _overrides(facts: Sequence[Mapping[str, Any]]) -> tuple[int, bool, bool]:
    """The tier set (0: none), pinned, held. Canonical facts are sorted: the first of a kind is the one that counts."""
    kinds = {fact["kind"] for fact in facts}
    retier = next((fact["value"] for fact in facts if fact["kind"] == OverrideKind.RETIER), 0)
    held = OverrideKind.HOLD in kinds and OverrideKind.RELEASE not in kinds
    return retier, OverrideKind.PIN in kinds, held


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def rank_many(table: FactTable, policy: Policy) -> Ranks:
    """Rank every row under the policy."""
    clauses = _Clauses(table, policy)
    points = np.array([policy.workload_score(code) for code in table.workloads], dtype=np.int64)
    # What has only been stated earns nothing: see `rank`.
    alone = np.where(table.confirmed, policy.weight_workload * points[table.workload] // PERMILLE, 0)
    strength = np.array([policy.verification_score(one) for one in VERIFICATIONS], dtype=np.int64)
    owner = np.repeat(np.arange(len(table)), np.diff(table.claim_start))
    claimed_score = (
        alone[owner]
        + np.where(table.claim_certificate, policy.weight_certificate, 0)
        + (policy.weight_verification * strength // PERMILLE)[table.claim_verification]
    )

    own = clauses.own(table, alone, trusted=True)
    by_claim = clauses.by_claim(table, owner, claimed_score, trusted=True)
    best = np.minimum(own, _least(by_claim, table.claim_start))
    found = best != _NO_MATCH
    position = np.where(found, (best >> _CATEGORY_BITS) & (2**_POSITION_BITS - 1), len(policy.rules))
    claimed = np.where(found, best >> _TIER_AT, LOWEST_TIER)
    criterion = np.where(found, (best >> _CRITERION_AT) & 15, 0)
    provisional = found & ((best >> _PROVISIONAL_AT) & 1).astype(bool)
    score = np.where(found, PERMILLE - ((best >> _SCORE_AT) & (2**_SCORE_BITS - 1)), alone)
    rests_on_use = np.array([rule.workloads is not None for rule in policy.rules] + [False])
    confirmed = table.confirmed | ~rests_on_use[position]

    certain = np.minimum(
        clauses.own(table, alone, trusted=False),
        _least(clauses.by_claim(table, owner, claimed_score, trusted=False), table.claim_start),
    )
    tier = np.where(confirmed, claimed, np.where(certain == _NO_MATCH, LOWEST_TIER, certain >> _TIER_AT))

    # Two people have set the tier: the best score counts, whatever tier it came with.
    set_by_people = table.retier > 0
    highest = np.where(own == _NO_MATCH, -1, alone)
    highest = np.maximum(highest, _most(np.where(by_claim == _NO_MATCH, -1, claimed_score), table.claim_start))
    claimed = np.where(set_by_people, table.retier, claimed)
    terms = [policy.terms_of(number) for number in range(1, LOWEST_TIER + 1)]
    aging = np.array([0, *(one.aging_points for one in terms)], dtype=np.int64)
    longest = np.array([-1, *(-1 if one.max_wait_days is None else one.max_wait_days for one in terms)], dtype=np.int64)
    return Ranks(
        tier=np.where(set_by_people, table.retier, tier),
        claimed_tier=claimed,
        criterion=np.where(set_by_people, 0, criterion),
        provisional=provisional & ~set_by_people,
        confirmed=confirmed | set_by_people,
        score=np.where(set_by_people & found, highest, score),
        position=position,
        claim=_resting_on(by_claim, best, table.claim_start),
        aging_points=aging[claimed],
        max_wait_days=longest[claimed],
    )


def order_of(ranks: Ranks, table: FactTable, *, scarce: bool, at: datetime) -> Ints:
    """The rows in the published order, first come first: what sorting by `order_key` gives."""
    standing = np.where(table.held, 2, np.where(table.completed == NEVER, 1, 0))
    if not scarce:
        return np.lexsort((table.number, table.completed, standing))
    waited = np.where(table.completed == NEVER, 0, np.maximum(0, (microseconds(at) - table.completed) // DAY))
    overdue = (ranks.max_wait_days >= 0) & (waited >= ranks.max_wait_days)
    group = standing
    parts = ((~table.pinned, 2), (ranks.claimed_tier, 8), (ranks.provisional, 2), (ranks.criterion, 16), (~overdue, 2))
    for part, size in parts:
        group = group * size + part
    behind = -(ranks.score + ranks.aging_points * waited)
    return np.lexsort((table.number, table.completed, behind, group))


class _Clauses:
    """The best clause for every combination of the facts that a clause may ask for, packed; `_NO_MATCH` where none."""

    def __init__(self, table: FactTable, policy: Policy) -> None:
        self._sizes = (len(table.workloads), len(OFFERS), 2, 2)
        criteria = criteria_of(policy)
        packed = [
            (rule.tier << _TIER_AT) | (criteria.get(rule.clause, 0) << _CRITERION_AT) | (place << _CATEGORY_BITS)
            for place, rule in enumerate(policy.rules)
        ]
        self._own: dict[bool, Ints] = {}
        self._claimed: dict[bool, Ints] = {}
        combinations = list(product(table.workloads, OFFERS, (False, True), (False, True)))
        for trusted in (True, False):
            fitting = np.array(
                [[_fits(rule, *facts, trusted=trusted) for facts in combinations] for rule in policy.rules],
                dtype=bool,
            ).reshape(len(policy.rules), len(combinations))
            own = np.full(len(combinations), _NO_MATCH)
            claimed = np.full((len(table.categories), 2, len(combinations)), _NO_MATCH)
            for rule, value, fits in zip(policy.rules, packed, fitting, strict=True):
                best = np.where(fits, value, _NO_MATCH)
                if rule.categories is None:
                    own = np.minimum(own, best)
                    continue
                for place, category in enumerate(table.categories):
                    if category in rule.categories:
                        for certificate in (1,) if rule.needs_certificate else (0, 1):
                            claimed[place, certificate] = np.minimum(claimed[place, certificate], best)
            self._own[trusted] = own
            self._claimed[trusted] = claimed.reshape(-1)
        self._combinations = len(combinations)

    def _combination(self, table: FactTable) -> Ints:
        _workloads, offers, existing, internal = self._sizes
        return ((table.workload * offers + table.offer) * existing + table.existing) * internal + table.internal

    def own(self, table: FactTable, score: Ints, *, trusted: bool) -> Ints:
        """The best clause of each row that asks for no category."""
        value = self._own[trusted][self._combination(table)]
        return np.where(value == _NO_MATCH, _NO_MATCH, value | ((PERMILLE - score) << _SCORE_AT))

    def by_claim(self, table: FactTable, owner: Ints, score: Ints, *, trusted: bool) -> Ints:
        """The best clause of each claim."""
        place = (table.claim_category * 2 + table.claim_certificate) * self._combinations
        value = self._claimed[trusted][place + self._combination(table)[owner]]
        value = np.where(table.claim_verification == 0, _NO_MATCH, value)
        provisional = (table.claim_verification == 1).astype(np.int64)
        more = (provisional << _PROVISIONAL_AT) | ((PERMILLE - score) << _SCORE_AT) | (table.claim_category + 1)
        return np.where(value == _NO_MATCH, _NO_MATCH, value | more)


def _fits(rule: Rule, workload: str, offer: OfferType, existing: bool, internal: bool, *, trusted: bool) -> bool:
    return (
        (rule.workloads is None or (trusted and workload in rule.workloads))
        and (rule.offers is None or offer in rule.offers)
        and (rule.existing is None or rule.existing == existing)
        and (rule.internal is None or rule.internal == internal)
    )


def _least(values: Ints, start: Ints) -> Ints:
    """The least value of each segment; `_NO_MATCH` where it is empty."""
    return _reduced(np.minimum, values, start, _NO_MATCH)


def _most(values: Ints, start: Ints) -> Ints:
    """The greatest value of each segment; -1 where it is empty."""
    return _reduced(np.maximum, values, start, np.int64(-1))


def _reduced(of: np.ufunc, values: Ints, start: Ints, empty: np.int64) -> Ints:
    found = np.full(len(start) - 1, empty)
    filled = np.diff(start) > 0
    if filled.any():
        found[filled] = of.reduceat(values, start[:-1][filled])
    return found


def _resting_on(by_claim: Ints, best: Ints, start: Ints) -> Ints:
    """The first claim of each row that gave its best match; -1 where the match asks for no category."""
    found = np.full(len(best), -1, dtype=np.int64)
    rows = np.repeat(np.arange(len(best)), np.diff(start))
    gave = np.flatnonzero((by_claim == best[rows]) & (by_claim != _NO_MATCH))
    found[rows[gave[::-1]]] = gave[::-1]
    return found
