"""Who comes first when new capacity is short: facts and a policy in, a ranking with its reasons out.

Pure: no database, no clock, no randomness, integers only. The same facts under the same policy give
the same bytes, so every stored decision can be replayed. `Facts` has no field for quantity, price or
revenue, so neither can become part of a rank.

How a tier is found:

* Every rule of the policy that matches names a tier. The best one counts (lowest tier; verified before
  provisional; higher score; earlier rule), so one more good fact never worsens a rank.
* A rule with categories matches only on a claim that is verified or provisional. A rule with workload
  classes counts only once a reviewer has confirmed the class. Until then the request queues at
  `claimed_tier`, while `tier` says what it has on confirmed facts alone.
* An override changes the outcome as one more fact with its own reason, never the facts beneath it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from kit.reason import Reason

TIERS = (1, 2, 3, 4, 5)
LOWEST_TIER = TIERS[-1]
PERMILLE = 1000


class Verification(StrEnum):
    """How far the statement that an organization belongs to a sector category has been checked."""

    VERIFIED = "verified"
    PROVISIONAL = "provisional"
    NONE = "none"


class OfferType(StrEnum):
    """What kind of customer contract the organization has."""

    ENTERPRISE = "enterprise"
    PAY_AS_YOU_GO = "pay_as_you_go"
    FREE = "free"
    TRIAL = "trial"
    STUDENT = "student"
    CREDITS = "credits"


PAID_OFFERS = (OfferType.ENTERPRISE, OfferType.PAY_AS_YOU_GO)
FREE_OFFERS = (OfferType.FREE, OfferType.TRIAL, OfferType.STUDENT, OfferType.CREDITS)


class Workload(StrEnum):
    """What the capacity is for."""

    EMERGENCY_DISPATCH = "emergency_dispatch"
    EMERGENCY_ROUTING = "emergency_routing"
    ALERTING = "alerting"
    MEDICAL_SUPPLY = "medical_supply"
    HEALTH_BOTS = "health_bots"
    HEALTH_RECORDS = "health_records"
    PUBLIC_ADMINISTRATION = "public_administration"
    REMOTE_WORK_CORE = "remote_work_core"
    REMOTE_CONTACT_CENTER = "remote_contact_center"
    EDUCATION = "education"
    GENERAL = "general"


class OverrideKind(StrEnum):
    """What two people may decide beside the policy, for a while and with a reason."""

    RETIER = "retier"
    PIN = "pin"
    HOLD = "hold"
    CAP = "cap"
    RELEASE = "release"


class OverrideScope(StrEnum):
    """Whether an override names one request or an organization x workload x region."""

    REQUEST = "request"
    ORGANIZATION = "organization"


# Which of several overrides of one kind counts: the narrower one.
_SCOPE_ORDER = {OverrideScope.REQUEST: 0, OverrideScope.ORGANIZATION: 1}


# --- facts -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SectorClaim:
    """A sector category, how far it is verified, and whether an authority certified vital tasks for it."""

    category: str
    verification: Verification
    certificate: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "verification", Verification(self.verification))

    def _key(self) -> tuple[str, str, bool]:
        return (self.category, self.verification, self.certificate)


@dataclass(frozen=True, slots=True)
class OverrideFact:
    """An override in force at the moment of ranking.

    `value` is the tier for `retier` and the permille of what is asked that may be granted at most for
    `cap`; the other kinds have none. `reference` is the override's public id, named in reasons.
    """

    kind: OverrideKind
    value: int | None = None
    scope: OverrideScope = OverrideScope.REQUEST
    reference: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", OverrideKind(self.kind))
        object.__setattr__(self, "scope", OverrideScope(self.scope))
        if self.kind is OverrideKind.RETIER:
            if self.value not in TIERS:
                raise ValueError(f"retier needs a tier from 1 to {LOWEST_TIER}, not {self.value!r}")
        elif self.kind is OverrideKind.CAP:
            if self.value is None or not 0 <= self.value <= PERMILLE:
                raise ValueError(f"cap needs 0 to {PERMILLE} permille, not {self.value!r}")
        elif self.value is not None:
            raise ValueError(f"{self.kind} has no value")

    def _key(self) -> tuple[str, int, int, str]:
        return (self.kind, _SCOPE_ORDER[self.scope], -1 if self.value is None else self.value, self.reference)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a rank may depend on. Claims and overrides are kept sorted, so their order never matters.

    `completed_at` (aware) is when the request had everything a decision needs, None before that;
    `request_number` breaks the last tie. Raises ValueError on a naive datetime or an unknown offer type.
    """

    claims: tuple[SectorClaim, ...]
    workload: str
    workload_confirmed: bool
    offer_type: OfferType
    is_existing: bool
    is_internal: bool
    completed_at: datetime | None
    request_number: int
    overrides: tuple[OverrideFact, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "claims", tuple(sorted(self.claims, key=SectorClaim._key)))
        object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=OverrideFact._key)))
        object.__setattr__(self, "workload", str(self.workload))
        object.__setattr__(self, "offer_type", OfferType(self.offer_type))
        if self.completed_at is not None:
            if self.completed_at.tzinfo is None:
                raise ValueError("completed_at needs a time zone")
            object.__setattr__(self, "completed_at", self.completed_at.astimezone(UTC))

    def override(self, kind: OverrideKind) -> OverrideFact | None:
        """The override of this kind that counts: the narrowest scope, then the lowest value."""
        return next((fact for fact in self.overrides if fact.kind is kind), None)

    @property
    def pinned(self) -> bool:
        return self.override(OverrideKind.PIN) is not None

    @property
    def held(self) -> bool:
        """Held back by an override; a `release` takes this request out of a hold put on something wider."""
        return self.override(OverrideKind.HOLD) is not None and self.override(OverrideKind.RELEASE) is None

    @property
    def cap_permille(self) -> int | None:
        """The most that may be granted, in permille of what is asked; None without a cap or when released."""
        cap = self.override(OverrideKind.CAP)
        return None if cap is None or self.override(OverrideKind.RELEASE) is not None else cap.value

    def as_dict(self) -> dict[str, Any]:
        """Canonical JSON values: equal facts give equal dictionaries."""
        return {
            "claims": [
                {
                    "category": claim.category,
                    "verification": str(claim.verification),
                    "certificate": claim.certificate,
                }
                for claim in self.claims
            ],
            "workload": self.workload,
            "workload_confirmed": self.workload_confirmed,
            "offer_type": str(self.offer_type),
            "is_existing": self.is_existing,
            "is_internal": self.is_internal,
            "completed_at": None if self.completed_at is None else self.completed_at.isoformat(),
            "request_number": self.request_number,
            "overrides": [
                {
                    "kind": str(fact.kind),
                    "value": fact.value,
                    "scope": str(fact.scope),
                    "reference": fact.reference,
                }
                for fact in self.overrides
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Facts":
        completed_at = data["completed_at"]
        return cls(
            claims=tuple(SectorClaim(**claim) for claim in data["claims"]),
            workload=data["workload"],
            workload_confirmed=data["workload_confirmed"],
            offer_type=data["offer_type"],
            is_existing=data["is_existing"],
            is_internal=data["is_internal"],
            completed_at=None if completed_at is None else datetime.fromisoformat(completed_at),
            request_number=data["request_number"],
            overrides=tuple(OverrideFact(**fact) for fact in data["overrides"]),
        )


def digest(value: "Facts | Ranking | Policy") -> str:
    """SHA-256 (hex) of the canonical form, by which a decision pins its facts, its policy and its result."""
    text = json.dumps(value.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# --- policy ----------------------------------------------------------------------------------------


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
    around the clock, or on working days only (24 hours each) where `working_days` is set.
    """

    tier: int
    aging_points: int
    max_wait_days: int | None
    target_hours: int
    working_days: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy, in typed values. Shares are permille, the three weights sum to 1000.

    `workload_scores` and `verification_scores` give 0 to 1000 per class and state; what is missing counts 0.
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(sorted(self.tiers, key=lambda terms: terms.tier)))
        for name in ("workload_scores", "verification_scores"):
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


# --- ranking ---------------------------------------------------------------------------------------


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

    def key(self) -> tuple[int, bool, int, int, str]:
        return (
            self.tier,
            self.provisional,
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
    scored, provisional = claimed, claimed.provisional

    retier = facts.override(OverrideKind.RETIER)
    if retier is not None and retier.value is not None:  # OverrideFact refuses a retier without a tier
        reasons.append(_override_reason(retier, was=claimed_tier, tier=retier.value))
        # Two people have set the tier, so it rests neither on the workload class nor on a claim. The best score
        # counts, whatever tier it came with: otherwise one more claim could cost points here.
        tier = claimed_tier = retier.value
        confirmed, provisional = True, False
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
    )


def _matches(facts: Facts, policy: Policy, *, trust_workload: bool) -> list[_Match]:
    return [
        _Match(rule, position, claim, _score_terms(facts, claim, policy))
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


# --- order -----------------------------------------------------------------------------------------

_NEVER = 2**62  # later than any completeness time: what is not complete has none
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def waited_days(facts: Facts, at: datetime) -> int:
    """Whole days (24 hours each) since the request was complete; 0 while it is not."""
    if facts.completed_at is None:
        return 0
    return max(0, (at - facts.completed_at) // timedelta(days=1))


def aged_score(ranking: Ranking, facts: Facts, *, at: datetime) -> int:
    """Score plus aging points for the whole days waited. It orders inside a tier and never crosses one."""
    return ranking.score + ranking.aging_points * waited_days(facts, at)


def is_overdue(ranking: Ranking, facts: Facts, *, at: datetime) -> bool:
    """True once the tier's maximum wait has passed in full."""
    return ranking.max_wait_days is not None and waited_days(facts, at) >= ranking.max_wait_days


def order_key(ranking: Ranking, facts: Facts, *, scarce: bool, at: datetime) -> tuple[int, ...]:
    """The published order, smallest first; total, because request numbers are unique.

    `scarce` is true as soon as one region in scope is constrained, critical or recovering. Then: pinned; tier;
    verified before provisional; overdue; score plus aging; completeness time; request number. Otherwise:
    completeness time; request number. What cannot be served comes last: first the incomplete, then the held.
    """
    standing = 2 if facts.held else 1 if facts.completed_at is None else 0
    completed = _NEVER if facts.completed_at is None else (facts.completed_at - _EPOCH) // timedelta(microseconds=1)
    if not scarce:
        return (standing, completed, facts.request_number)
    return (
        standing,
        int(not facts.pinned),
        ranking.claimed_tier,
        int(ranking.provisional),
        int(not is_overdue(ranking, facts, at=at)),
        -aged_score(ranking, facts, at=at),
        completed,
        facts.request_number,
    )


def due_at(ranking: Ranking, facts: Facts, policy: Policy, *, zone: tzinfo) -> datetime | None:
    """When a decision is due by the service target of the queue's tier; None while the request is incomplete.

    Working days are Monday to Friday in `zone`; a day is a calendar day there, so clock changes do not shift
    the hour. A request completed on a weekend counts from the start of Monday.
    """
    if facts.completed_at is None:
        return None
    terms = policy.terms_of(ranking.claimed_tier)
    if not terms.working_days:
        return facts.completed_at + timedelta(hours=terms.target_hours)
    moment = facts.completed_at.astimezone(zone)
    if moment.weekday() >= 5:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - moment.weekday())
    days, hours = divmod(terms.target_hours, 24)
    for _ in range(days):
        moment += timedelta(days=3 if moment.weekday() == 4 else 1)
    moment += timedelta(hours=hours)
    if moment.weekday() >= 5:
        moment += timedelta(days=2)
    return moment.astimezone(UTC)


# --- what would change it --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that would change the tier: what to change, and the tiers a re-run then gave."""

    code: str
    params: Mapping[str, Any] = field(hash=False)
    tier: int
    claimed_tier: int
    clause: str

    def as_dict(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "params": dict(self.params)}


def what_would_change(facts: Facts, policy: Policy) -> tuple[Change, ...]:
    """The single facts that would change `tier` or `claimed_tier`, best result first, each verified by re-running.

    Only facts about what the request and its organization already state are tried: the answer must not invite
    anyone to claim another sector.
    """
    now = rank(facts, policy)
    changes = []
    for code, params, changed in _single_changes(facts, policy):
        then = rank(changed, policy)
        if (then.tier, then.claimed_tier) != (now.tier, now.claimed_tier):
            changes.append(Change(code, params, then.tier, then.claimed_tier, then.clause))
    return tuple(sorted(changes, key=lambda change: (change.tier, change.claimed_tier)))


def _single_changes(facts: Facts, policy: Policy) -> Iterable[tuple[str, dict[str, Any], Facts]]:
    def with_claim(index: int, claim: SectorClaim) -> Facts:
        claims = (*facts.claims[:index], claim, *facts.claims[index + 1 :])
        return dataclasses.replace(facts, claims=claims)

    if not facts.workload_confirmed:
        changed = dataclasses.replace(facts, workload_confirmed=True)
        yield "confirm_workload", {"workload": facts.workload}, changed
    for index, claim in enumerate(facts.claims):
        for state in Verification:
            if state is not claim.verification:
                changed = with_claim(index, dataclasses.replace(claim, verification=state))
                yield "claim_becomes", {"category": claim.category, "verification": str(state)}, changed
        code = "certificate_ends" if claim.certificate else "certificate_added"
        changed = with_claim(index, dataclasses.replace(claim, certificate=not claim.certificate))
        yield code, {"category": claim.category}, changed
    for workload in dict.fromkeys(key for key, _ in policy.workload_scores):
        if workload != facts.workload:
            changed = dataclasses.replace(facts, workload=workload)
            yield "workload_becomes", {"workload": workload}, changed
    for offer in OfferType:
        if offer is not facts.offer_type:
            yield "offer_becomes", {"offer": str(offer)}, dataclasses.replace(facts, offer_type=offer)
    code = "becomes_new" if facts.is_existing else "becomes_existing"
    yield code, {}, dataclasses.replace(facts, is_existing=not facts.is_existing)
    for index, fact in enumerate(facts.overrides):
        remaining = facts.overrides[:index] + facts.overrides[index + 1 :]
        params = {"kind": str(fact.kind), "reference": fact.reference}
        yield "override_ends", params, dataclasses.replace(facts, overrides=remaining)


# --- the policy as sentences -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the policy: a code and its parameters; `section` says under which heading it stands."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    section: str = ""


def sentences(policy: Policy) -> tuple[Sentence, ...]:
    """The whole policy in sentences, in reading order, as the trust center shows it.

    Bounds for automatic approval are not part of a `Policy` and so cannot appear here: they are never published.
    """
    said = [
        Sentence("principle", {}, "criteria"),
        *(
            Sentence(
                "rule",
                {
                    "clause": rule.clause,
                    "tier": rule.tier,
                    "categories": None if rule.categories is None else list(rule.categories),
                    "workloads": None if rule.workloads is None else list(rule.workloads),
                    "offers": None if rule.offers is None else list(rule.offers),
                    "existing": rule.existing,
                    "internal": rule.internal,
                    "needs_certificate": rule.needs_certificate,
                },
                "criteria",
            )
            for rule in policy.rules
        ),
        Sentence("workload_must_be_confirmed", {}, "criteria"),
        Sentence("category_outranks_offer", {}, "criteria"),
        Sentence("never_counts", {}, "criteria"),
        Sentence("order_normal", {}, "order"),
        Sentence("order_scarce", {}, "order"),
        Sentence(
            "score",
            {
                "workload": policy.weight_workload,
                "certificate": policy.weight_certificate,
                "verification": policy.weight_verification,
            },
            "order",
        ),
    ]
    for terms in policy.tiers:
        if terms.aging_points:
            said.append(Sentence("aging", {"tier": terms.tier, "points": terms.aging_points}, "waiting"))
        else:
            said.append(Sentence("no_aging", {"tier": terms.tier}, "waiting"))
    for terms in policy.tiers:
        if terms.max_wait_days is not None:
            said.append(Sentence("max_wait", {"tier": terms.tier, "days": terms.max_wait_days}, "waiting"))
    for terms in policy.tiers:
        whole_days = terms.working_days and terms.target_hours % 24 == 0
        code = "target_working_days" if whole_days else "target_hours"
        count = terms.target_hours // 24 if whole_days else terms.target_hours
        said.append(Sentence(code, {"tier": terms.tier, "count": count}, "targets"))
    said += [
        Sentence("reserve", {"permille": policy.reserve_permille}, "scarcity"),
        Sentence("mark", {"permille": policy.mark_permille}, "scarcity"),
        Sentence("second_signature", {"permille": policy.second_signature_permille}, "scarcity"),
        Sentence("never_revoked", {}, "scarcity"),
        Sentence(
            "overrides",
            {
                "hours": policy.override_hours,
                "max_days": policy.override_max_days,
                "renewals": policy.override_renewals,
            },
            "overrides",
        ),
        Sentence("break_glass", {"hours": policy.break_glass_hours}, "overrides"),
    ]
    return tuple(said)


# --- the default version ---------------------------------------------------------------------------

FIRST_RESPONDERS = ("FR-POLICE", "FR-FIRE", "FR-EMS", "FR-DISPATCH")
HEALTH_AND_EMERGENCY = ("HE-ACUTE", "HE-PUBLIC", "HE-SUPPLY", "EM-AUTHORITY", "EM-AID")
CRITICAL_INFRASTRUCTURE = (
    "CI-ENERGY",
    "CI-WATER",
    "CI-TELECOM",
    "CI-FOOD",
    "CI-TRANSPORT",
    "CI-FINANCE",
    "CI-WASTE",
    "CI-MEDIA",
)
CATEGORIES = (
    *FIRST_RESPONDERS,
    *HEALTH_AND_EMERGENCY,
    "GV-CORE",
    "RW-CORE",
    *CRITICAL_INFRASTRUCTURE,
    "GV-JUSTICE",
    "GV-DEFENCE",
    "ED-REMOTE",
    "RS-CRISIS",
    "GV-OTHER",
)


def default_policy() -> Policy:
    """Version 1: the taxonomy and the defaults a new installation starts with.

    The four criteria of tier 1 (clauses 1.1 to 1.4) are those announced on 21 March 2020; they are equal among each
    other.
    """
    emergency = (Workload.EMERGENCY_DISPATCH, Workload.EMERGENCY_ROUTING, Workload.ALERTING)
    health = (Workload.MEDICAL_SUPPLY, Workload.HEALTH_BOTS, Workload.HEALTH_RECORDS)
    # Sectors that are tier 2, and tier 1 for a service whose vital tasks an authority has certified.
    essential: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        (
            CRITICAL_INFRASTRUCTURE,
            (
                *emergency,
                Workload.MEDICAL_SUPPLY,
                Workload.PUBLIC_ADMINISTRATION,
                Workload.REMOTE_CONTACT_CENTER,
            ),
        ),
        (("GV-JUSTICE", "GV-DEFENCE"), (*emergency, Workload.PUBLIC_ADMINISTRATION)),
        (("ED-REMOTE",), (Workload.EDUCATION,)),
        (("RS-CRISIS",), (Workload.ALERTING, *health)),
    )
    rules = (
        Rule("1.1", 1, categories=FIRST_RESPONDERS, workloads=(*emergency, Workload.HEALTH_RECORDS)),
        Rule("1.2", 1, categories=HEALTH_AND_EMERGENCY, workloads=(*emergency, *health)),
        Rule("1.3", 1, categories=("GV-CORE",), workloads=(*emergency, Workload.PUBLIC_ADMINISTRATION)),
        Rule("1.4", 1, categories=("RW-CORE",), workloads=(Workload.REMOTE_WORK_CORE,), internal=True),
        *(
            Rule(f"1.{number}", 1, categories=categories, workloads=workloads, needs_certificate=True)
            for number, (categories, workloads) in enumerate(essential, start=5)
        ),
        *(
            Rule(f"2.{number}", 2, categories=categories, workloads=workloads)
            for number, (categories, workloads) in enumerate(essential, start=1)
        ),
        Rule("3.1", 3, categories=("GV-OTHER",)),
        Rule("3.2", 3, offers=PAID_OFFERS, existing=True),
        Rule("4.1", 4, offers=PAID_OFFERS, existing=False),
        Rule("5.1", 5, offers=FREE_OFFERS),
    )
    return Policy(
        version=1,
        rules=rules,
        tiers=(
            TierTerms(1, aging_points=0, max_wait_days=None, target_hours=4, working_days=False),
            TierTerms(2, aging_points=20, max_wait_days=14, target_hours=24, working_days=True),
            TierTerms(3, aging_points=15, max_wait_days=30, target_hours=72, working_days=True),
            TierTerms(4, aging_points=10, max_wait_days=60, target_hours=120, working_days=True),
            TierTerms(5, aging_points=5, max_wait_days=90, target_hours=240, working_days=True),
        ),
        workload_scores=(
            (Workload.EMERGENCY_DISPATCH, 1000),
            (Workload.EMERGENCY_ROUTING, 900),
            (Workload.ALERTING, 900),
            (Workload.MEDICAL_SUPPLY, 800),
            (Workload.HEALTH_RECORDS, 800),
            (Workload.HEALTH_BOTS, 700),
            (Workload.PUBLIC_ADMINISTRATION, 600),
            (Workload.REMOTE_WORK_CORE, 600),
            (Workload.REMOTE_CONTACT_CENTER, 400),
            (Workload.EDUCATION, 400),
            (Workload.GENERAL, 100),
        ),
        verification_scores=((Verification.VERIFIED, 1000), (Verification.PROVISIONAL, 500)),
        weight_workload=500,
        weight_certificate=250,
        weight_verification=250,
        reserve_permille=100,
        mark_permille=600,
        second_signature_permille=50,
        override_hours=72,
        override_max_days=14,
        override_renewals=2,
        break_glass_hours=24,
    )
