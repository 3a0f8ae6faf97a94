"""Facts and a policy in, a ranking with its reasons out."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.reason import Reason
from priorities.policy.facts import (
    FREE_OFFERS,
    LOWEST_TIER,
    PERMILLE,
    TIERS,
    Facts,
    OverrideFact,
    OverrideKind,
    SectorClaim,
    Verification,
)
from priorities.policy.version import Policy, Rule

# In a strict tier 1 its first clauses are served one after the other; those behind them are equal among each other.
STRICT_CRITERIA = 4


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a score: `points` = weight x value / 1000, rounded down."""

    name: str
    weight: int
    value: int
    points: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to "how important", with its reasons.

    `claimed_tier` is where the request queues; `tier` is what it has on confirmed facts alone and equals
    `claimed_tier` when `confirmed`. While `confirmed` is false, nothing may be granted. `provisional`: the claim
    behind it is not fully verified yet. `score` is 0 to 1000. `clause` is the rule behind `claimed_tier` ("" if
    none matched); `aging_points` (per day) and `max_wait_days` are the terms of `claimed_tier`.
    """

    tier: int
    claimed_tier: int
    provisional: bool
    confirmed: bool
    score: int
    terms: tuple[Term, ...]
    clause: str
    aging_points: int
    max_wait_days: int | None
    policy_version: int
    reasons: tuple[Reason, ...]
    criterion: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Canonical JSON values: equal rankings give equal dictionaries."""
        return {
            "tier": self.tier,
            "claimed_tier": self.claimed_tier,
            "provisional": self.provisional,
            "confirmed": self.confirmed,
            "score": self.score,
            "terms": [dataclasses.asdict(term) for term in self.terms],
            "clause": self.clause,
            "aging_points": self.aging_points,
            "max_wait_days": self.max_wait_days,
            "policy_version": self.policy_version,
            "reasons": [reason.as_dict() for reason in self.reasons],
            # Said only where it says something: rankings from before there was a strict tier 1 keep their bytes.
            **({"criterion": self.criterion} if self.criterion else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Ranking":
        return cls(
            **{
                **data,
                "terms": tuple(Term(**term) for term in data["terms"]),
                "reasons": tuple(Reason.from_dict(reason) for reason in data["reasons"]),
            }
        )


@dataclass(frozen=True, slots=True)
class _Match:
    """One way in which a rule gives a tier: the rule, its place, and the claim it rests on."""

    rule: Rule | None
    position: int
    claim: SectorClaim | None
    terms: tuple[Term, ...]
    criterion: int = 0

    @property
    def tier(self) -> int:
        return LOWEST_TIER if self.rule is None else self.rule.tier

    @property
    def clause(self) -> str:
        return "" if self.rule is None else self.rule.clause

    @property
    def provisional(self) -> bool:
        return self.claim is not None and self.claim.verification is Verification.PROVISIONAL

    @property
    def score(self) -> int:
        return sum(term.points for term in self.terms)

    def key(self) -> tuple[int, bool, int, int, int, str]:
        return (
            self.tier,
            self.provisional,
            self.criterion,
            -self.score,
            self.position,
            "" if self.claim is None else self.claim.category,
        )


def rank(facts: Facts, policy: Policy) -> Ranking:
    """Rank one request. Total: a request that no rule reaches gets the lowest tier and is told so."""
    matches = _matches(facts, policy, trust_workload=True)
    claimed = min(matches, key=_Match.key)
    certain = claimed
    if not facts.workload_confirmed:
        certain = min(_matches(facts, policy, trust_workload=False), key=_Match.key)
    confirmed = facts.workload_confirmed or claimed.rule is None or claimed.rule.workloads is None

    reasons = [_reason_for(claimed, facts)]
    reasons += _reasons_about_claims(claimed, facts, policy)
    if not confirmed:
        reasons.append(
            Reason(
                "workload_unconfirmed",
                {"workload": facts.workload, "claimed_tier": claimed.tier, "tier": certain.tier},
            )
        )
    tier, claimed_tier = (claimed.tier if confirmed else certain.tier), claimed.tier
    scored, provisional, criterion = claimed, claimed.provisional, claimed.criterion

    retier = facts.override(OverrideKind.RETIER)
    if retier is not None and retier.value is not None:  # OverrideFact refuses a retier without a tier
        reasons.append(_override_reason(retier, was=claimed_tier, tier=retier.value))
        # Two people have set the tier, so it rests neither on the workload class nor on a claim. The best score
        # counts, whatever tier it came with: otherwise one more claim could cost points here.
        tier = claimed_tier = retier.value
        confirmed, provisional, criterion = True, False, 0
        scored = max(matches, key=lambda match: match.score)
    reasons += [_override_reason(fact) for fact in facts.overrides if fact.kind is not OverrideKind.RETIER]

    terms = policy.terms_of(claimed_tier)
    return Ranking(
        tier=tier,
        claimed_tier=claimed_tier,
        provisional=provisional,
        confirmed=confirmed,
        score=scored.score,
        terms=scored.terms,
        clause=claimed.clause,
        aging_points=terms.aging_points,
        max_wait_days=terms.max_wait_days,
        policy_version=policy.version,
        reasons=tuple(reasons),
        criterion=criterion,
    )


def criteria_of(policy: Policy) -> Mapping[str, int]:
    """The place of each clause of a strict tier 1; empty while its clauses are equal."""
    if not policy.strict_tier_one:
        return {}
    clauses = [rule.clause for rule in policy.rules if rule.tier == TIERS[0]]
    return {clause: min(place, STRICT_CRITERIA) for place, clause in enumerate(clauses)}


def _matches(facts: Facts, policy: Policy, *, trust_workload: bool) -> list[_Match]:
    criteria = criteria_of(policy)
    return [
        _Match(rule, position, claim, _score_terms(facts, claim, policy), criteria.get(rule.clause, 0))
        for position, rule in enumerate(policy.rules)
        if _fits_request(rule, facts, trust_workload=trust_workload)
        for claim in _supporting_claims(rule, facts)
    ] or [_Match(None, len(policy.rules), None, _score_terms(facts, None, policy))]


def _fits_request(rule: Rule, facts: Facts, *, trust_workload: bool) -> bool:
    return (
        (rule.workloads is None or (trust_workload and facts.workload in rule.workloads))
        and (rule.offers is None or facts.offer_type in rule.offers)
        and (rule.existing is None or rule.existing == facts.is_existing)
        and (rule.internal is None or rule.internal == facts.is_internal)
    )


def _supporting_claims(rule: Rule, facts: Facts) -> Iterable[SectorClaim | None]:
    if rule.categories is None:
        return (None,)
    return [
        claim
        for claim in facts.claims
        if claim.category in rule.categories
        and claim.verification is not Verification.NONE
        and (claim.certificate or not rule.needs_certificate)
    ]


def _score_terms(facts: Facts, claim: SectorClaim | None, policy: Policy) -> tuple[Term, ...]:
    # What has only been stated earns nothing: an unconfirmed class and a claim the rule does not rest on count 0.
    values = (
        (
            "workload",
            policy.weight_workload,
            policy.workload_score(facts.workload) if facts.workload_confirmed else 0,
        ),
        ("certificate", policy.weight_certificate, PERMILLE if claim is not None and claim.certificate else 0),
        (
            "verification",
            policy.weight_verification,
            0 if claim is None else policy.verification_score(claim.verification),
        ),
    )
    return tuple(Term(name, weight, value, weight * value // PERMILLE) for name, weight, value in values)


def _reason_for(match: _Match, facts: Facts) -> Reason:
    rule = match.rule
    if rule is None:
        return Reason("no_rule", {"tier": match.tier})
    if match.claim is None:
        code = "by_offer" if rule.workloads is None else "by_workload"
        return Reason(
            code,
            {
                "clause": rule.clause,
                "tier": rule.tier,
                "offer": str(facts.offer_type),
                "existing": facts.is_existing,
                "workload": facts.workload,
            },
        )
    if rule.needs_certificate:
        code = "by_certificate"
    else:
        code = "by_category_alone" if rule.workloads is None else "by_category"
    return Reason(
        code,
        {
            "clause": rule.clause,
            "tier": rule.tier,
            "category": match.claim.category,
            "workload": facts.workload,
        },
    )


def _reasons_about_claims(match: _Match, facts: Facts, policy: Policy) -> list[Reason]:
    reasons: list[Reason] = []
    if match.claim is not None:
        if match.provisional:
            reasons.append(Reason("claim_provisional", {"category": match.claim.category}))
        if facts.offer_type in FREE_OFFERS:
            reasons.append(Reason("offer_outranked", {"offer": str(facts.offer_type)}))
    for claim in facts.claims:
        if claim == match.claim:
            continue
        if claim.verification is Verification.NONE:
            reasons.append(Reason("claim_unverified", {"category": claim.category}))
            continue
        listed = policy.workloads_for(claim.category)
        if listed and facts.workload not in listed:
            reasons.append(Reason("workload_not_listed", {"category": claim.category, "workload": facts.workload}))
        elif not any(
            claim in _supporting_claims(rule, facts) and _fits_request(rule, facts, trust_workload=True)
            for rule in policy.rules
        ):
            reasons.append(Reason("claim_does_not_apply", {"category": claim.category}))
    return reasons


def _override_reason(fact: OverrideFact, **params: int) -> Reason:
    values: dict[str, Any] = {"scope": str(fact.scope), "reference": fact.reference, **params}
    if fact.kind is OverrideKind.CAP:
        values["permille"] = fact.value
    return Reason(f"override_{fact.kind}", values)


def digest(value: "Facts | Ranking | Policy") -> str:
    """SHA-256 (hex) of the canonical form, by which a decision pins its facts, its policy and its result."""
    text = json.dumps(value.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
