"""One version of the policy as a value."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Policy":
        return cls(
            **{
                **data,
                "rules": tuple(Rule(**rule) for rule in data["rules"]),
                "tiers": tuple(TierTerms(**terms) for terms in data["tiers"]),
            }
        )
