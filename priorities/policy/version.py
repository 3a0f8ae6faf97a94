"""One version of the policy as a value, and what would keep it from being proposed."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from kit.reason import Reason
from priorities.policy.facts import PERMILLE, TIERS, OfferType


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause of a policy. None in a criterion means that the clause does not ask for it.

    `clause` is the label people cite ("1.2"). With `categories`, a verified or provisional claim in one
    of them is needed, carrying an authority's certificate where `needs_certificate` is set.
    """

    clause: str
    tier: int
    categories: tuple[str, ...] | None = None
    workloads: tuple[str, ...] | None = None
    offers: tuple[str, ...] | None = None
    existing: bool | None = None
    internal: bool | None = None
    needs_certificate: bool = False

    def __post_init__(self) -> None:
        for name in ("categories", "workloads", "offers"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, tuple(str(value) for value in values))


@dataclass(frozen=True, slots=True)
class TierTerms:
    """What a tier's requests may expect.

    `aging_points` are added to the score per whole day waited; after `max_wait_days` (None: no maximum) a
    request precedes every newcomer of its tier. `target_hours` is the time to a decision, counted
    around the clock, or on working days only (24 hours each) where `working_days` is set. `shared` and
    `binding_wishes` speak to plans over many requests and change no rank: whether organizations get parts of
    what is left instead of one after the other, and whether wished regions must be kept in their order.
    """

    tier: int
    aging_points: int
    max_wait_days: int | None
    target_hours: int
    working_days: bool
    shared: bool = False
    binding_wishes: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy, in typed values. Shares are permille, the three weights sum to 1000.

    `workload_scores` and `verification_scores` give 0 to 1000 per class and state; what is missing counts 0.
    `strict_tier_one`: its first clauses are served one after the other instead of as equals. `floors` are minimums
    per category, of a pool; `provisional_cap_permille` is the most that a provisional claim is granted, of a pool.
    """

    version: int
    rules: tuple[Rule, ...]
    tiers: tuple[TierTerms, ...]
    workload_scores: tuple[tuple[str, int], ...]
    verification_scores: tuple[tuple[str, int], ...]
    weight_workload: int
    weight_certificate: int
    weight_verification: int
    reserve_permille: int
    mark_permille: int
    second_signature_permille: int
    override_hours: int
    override_max_days: int
    override_renewals: int
    break_glass_hours: int
    strict_tier_one: bool = False
    provisional_cap_permille: int = 10
    floors: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(sorted(self.tiers, key=lambda terms: terms.tier)))
        for name in ("workload_scores", "verification_scores", "floors"):
            pairs = sorted((str(key), int(points)) for key, points in getattr(self, name))
            object.__setattr__(self, name, tuple(pairs))

    def terms_of(self, tier: int) -> TierTerms:
        """The terms of one tier. Raises LookupError when the policy has none for it."""
        for terms in self.tiers:
            if terms.tier == tier:
                return terms
        raise LookupError(f"policy version {self.version} has no terms for tier {tier}")

    def workload_score(self, workload: str) -> int:
        return next((points for key, points in self.workload_scores if key == workload), 0)

    def verification_score(self, verification: str) -> int:
        return next((points for key, points in self.verification_scores if key == verification), 0)

    def workloads_for(self, category: str) -> tuple[str, ...]:
        """The workload classes with which this category can count, in the order of the clauses."""
        listed: dict[str, None] = {}
        for rule in self.rules:
            if rule.categories is not None and category in rule.categories:
                listed.update(dict.fromkeys(rule.workloads or ()))
        return tuple(listed)

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def problems(policy: Policy) -> tuple[Reason, ...]:
    """What keeps a policy from being proposed, as reasons; empty when it is sound."""
    found: list[Reason] = []
    total = policy.weight_workload + policy.weight_certificate + policy.weight_verification
    if min(policy.weight_workload, policy.weight_certificate, policy.weight_verification) < 0 or total != PERMILLE:
        found.append(Reason("weights_do_not_sum", {"total": total, "wanted": PERMILLE}))
    for name, pairs in (("workload", policy.workload_scores), ("verification", policy.verification_scores)):
        for key, points in pairs:
            if not 0 <= points <= PERMILLE:
                found.append(Reason("score_out_of_range", {"kind": name, "key": key, "points": points}))
    if tuple(terms.tier for terms in policy.tiers) != TIERS:
        found.append(Reason("tiers_incomplete", {"tiers": [terms.tier for terms in policy.tiers]}))
    for terms in policy.tiers:
        if terms.tier == 1 and terms.aging_points != 0:
            # Arrival only breaks ties in tier 1: days waited must not outweigh what the capacity is for.
            found.append(Reason("tier_one_must_not_age", {"points": terms.aging_points}))
        if (
            terms.aging_points < 0
            or terms.target_hours <= 0
            or (terms.max_wait_days is not None and terms.max_wait_days <= 0)
        ):
            found.append(Reason("terms_out_of_range", {"tier": terms.tier}))
    for name in ("reserve_permille", "mark_permille", "second_signature_permille"):
        if not 0 <= getattr(policy, name) <= PERMILLE:
            found.append(Reason("share_out_of_range", {"share": name, "permille": getattr(policy, name)}))
    clauses = [rule.clause for rule in policy.rules]
    for clause in sorted({clause for clause in clauses if clauses.count(clause) > 1}):
        found.append(Reason("clause_twice", {"clause": clause}))
    for rule in policy.rules:
        if rule.tier not in TIERS:
            found.append(Reason("unknown_tier", {"clause": rule.clause, "tier": rule.tier}))
        if rule.needs_certificate and rule.categories is None:
            found.append(Reason("certificate_without_category", {"clause": rule.clause}))
        if rule.tier <= 2 and rule.categories is not None and rule.workloads is None:
            # Otherwise a hospital's marketing site would rank with its emergency room.
            found.append(Reason("workload_missing", {"clause": rule.clause, "tier": rule.tier}))
        if any(values == () for values in (rule.categories, rule.workloads, rule.offers)):
            found.append(Reason("rule_unreachable", {"clause": rule.clause}))
    for offer in OfferType:
        for existing in (True, False):
            if not any(_is_fallback(rule, offer, existing) for rule in policy.rules):
                found.append(Reason("somebody_left_out", {"offer": str(offer), "existing": existing}))
    return tuple(found)


def _is_fallback(rule: Rule, offer: OfferType, existing: bool) -> bool:
    return (
        rule.categories is None
        and rule.workloads is None
        and rule.internal is None
        and (rule.offers is None or offer in rule.offers)
        and (rule.existing is None or rule.existing == existing)
    )
