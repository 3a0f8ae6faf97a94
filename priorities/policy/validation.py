"""What keeps a policy from being proposed, found by going through every kind of request there is.

Codes that no clause tells apart are one kind, so a few thousand kinds stand for every request. One claim is enough:
a further claim only brings further clauses that fit, so a clause that decides for somebody with two claims also decides
for somebody who has only the one it rests on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from kit.reason import Reason
from priorities.policy.defaults import CATEGORIES
from priorities.policy.facts import PERMILLE, TIERS, OfferType, SectorClaim, Verification, Workload
from priorities.policy.ranking import criteria_of
from priorities.policy.version import Policy, Rule


def problems(
    policy: Policy,
    *,
    categories: Sequence[str] = CATEGORIES,
    workloads: Sequence[str] = tuple(Workload),
) -> tuple[Reason, ...]:
    """What is wrong with a policy, as reasons; empty when it is sound.

    `categories` and `workloads` are the codes there are: others are unknown, and each category must be reached.
    """
    found = [
        *_wrong_scores(policy),
        *_wrong_terms(policy),
        *_wrong_shares(policy, categories),
        *_wrong_rules(policy, categories, workloads),
    ]
    codes = {problem.code for problem in found}
    if not codes & {"unknown_tier", "clause_twice"}:
        # Before that it is not even clear which clause is meant.
        found += _wrong_together(policy, categories, workloads)
    return tuple(found)


def _wrong_scores(policy: Policy) -> Iterator[Reason]:
    weights = (policy.weight_workload, policy.weight_certificate, policy.weight_verification)
    if min(weights) < 0 or sum(weights) != PERMILLE:
        yield Reason("weights_do_not_sum", {"total": sum(weights), "wanted": PERMILLE})
    for name, pairs in (("workload", policy.workload_scores), ("verification", policy.verification_scores)):
        for key, points in pairs:
            if not 0 <= points <= PERMILLE:
                yield Reason("score_out_of_range", {"kind": name, "key": key, "points": points})
    if policy.verification_score(Verification.PROVISIONAL) > policy.verification_score(Verification.VERIFIED):
        # Otherwise being verified would cost points.
        yield Reason("provisional_worth_more")


def _wrong_terms(policy: Policy) -> Iterator[Reason]:
    if tuple(terms.tier for terms in policy.tiers) != TIERS:
        yield Reason("tiers_incomplete", {"tiers": [terms.tier for terms in policy.tiers]})
    for terms in policy.tiers:
        if terms.tier == TIERS[0] and terms.aging_points != 0:
            # Arrival only breaks ties in tier 1: days waited must not outweigh what the capacity is for.
            yield Reason("tier_one_must_not_age", {"points": terms.aging_points})
        if terms.tier == TIERS[0] and terms.shared:
            yield Reason("tier_one_must_rank")
        if (
            terms.aging_points < 0
            or terms.target_hours <= 0
            or (terms.max_wait_days is not None and terms.max_wait_days <= 0)
        ):
            yield Reason("terms_out_of_range", {"tier": terms.tier})


def _wrong_shares(policy: Policy, categories: Sequence[str]) -> Iterator[Reason]:
    for name in ("reserve_permille", "mark_permille", "second_signature_permille", "provisional_cap_permille"):
        if not 0 <= getattr(policy, name) <= PERMILLE:
            yield Reason("share_out_of_range", {"share": name, "permille": getattr(policy, name)})
    for category, permille in policy.floors:
        if category not in categories:
            yield Reason("unknown_floor", {"unknown": category})
        if not 0 < permille <= PERMILLE:
            yield Reason("share_out_of_range", {"share": "floor", "permille": permille})
    kept = policy.reserve_permille + sum(permille for _, permille in policy.floors)
    if kept > PERMILLE:
        yield Reason("too_much_kept", {"permille": kept})


def _wrong_rules(policy: Policy, categories: Sequence[str], workloads: Sequence[str]) -> Iterator[Reason]:
    clauses = [rule.clause for rule in policy.rules]
    for clause in sorted({clause for clause in clauses if clauses.count(clause) > 1}):
        yield Reason("clause_twice", {"clause": clause})
    for rule in policy.rules:
        if rule.tier not in TIERS:
            yield Reason("unknown_tier", {"clause": rule.clause, "tier": rule.tier})
        if rule.needs_certificate and rule.categories is None:
            yield Reason("certificate_without_category", {"clause": rule.clause})
        if rule.tier <= 2 and rule.categories is not None and rule.workloads is None:
            # Otherwise a hospital's marketing site would rank with its emergency room.
            yield Reason("workload_missing", {"clause": rule.clause, "tier": rule.tier})
        for codes, known in (
            (rule.categories, categories),
            (rule.workloads, workloads),
            (rule.offers, tuple(OfferType)),
        ):
            for code in codes or ():
                if code not in known:
                    yield Reason("unknown_code", {"clause": rule.clause, "unknown": code})


# --- all clauses together --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of request: what it states, and the clauses that fit it, the deciding one first."""

    claim: SectorClaim | None
    offer: str
    existing: bool
    fitting: tuple[tuple[tuple[int, bool, int, int], int], ...]  # what a fit is worth, and the clause's place


def _wrong_together(policy: Policy, categories: Sequence[str], workloads: Sequence[str]) -> Iterator[Reason]:
    deciding: set[int] = set()
    reached: set[str] = set()
    above: dict[int, set[int]] = {}
    tied: set[tuple[int, int]] = set()
    left_out: set[tuple[str, bool]] = set()
    alike = _alike(categories, [rule.categories for rule in policy.rules])
    workload_kinds = _alike(workloads, [rule.workloads for rule in policy.rules])
    offer_kinds = _alike([str(offer) for offer in OfferType], [rule.offers for rule in policy.rules])
    for kind in _kinds(policy, alike, workload_kinds, offer_kinds):
        if not kind.fitting:
            if kind.claim is None:
                left_out.update((offer, kind.existing) for offer in offer_kinds[kind.offer])
            continue
        (worth, first), *others = kind.fitting
        deciding.add(first)
        rests_on_claim = policy.rules[first].categories is not None
        if kind.claim is not None and rests_on_claim:
            reached.update(alike[kind.claim.category])
        for other_worth, other in others:
            above.setdefault(other, set()).add(first)
            if other_worth == worth and (policy.rules[other].categories is not None) == rests_on_claim:
                tied.add((first, other))
    for place, rule in enumerate(policy.rules):
        if place not in deciding:
            by = [policy.rules[other].clause for other in sorted(above.get(place, ()))]
            yield Reason("rule_shadowed" if by else "rule_unreachable", {"clause": rule.clause, "by": by})
    for first, other in sorted(tied):
        if first in deciding and other in deciding:
            yield Reason("rules_overlap", {"clause": policy.rules[first].clause, "other": policy.rules[other].clause})
    for category in categories:
        if category not in reached:
            yield Reason("category_unreached", {"category": category})
    for offer, existing in product(map(str, OfferType), (True, False)):
        if (offer, existing) in left_out:
            yield Reason("somebody_left_out", {"offer": offer, "existing": existing})


def _alike(codes: Iterable[str], lists: Sequence[tuple[str, ...] | None]) -> dict[str, list[str]]:
    """Codes that stand in the same lists, under the first of them."""
    groups: dict[tuple[bool, ...], list[str]] = {}
    for code in codes:
        groups.setdefault(tuple(one is not None and code in one for one in lists), []).append(code)
    return {group[0]: group for group in groups.values()}


def _kinds(
    policy: Policy, categories: Iterable[str], workloads: Iterable[str], offers: Iterable[str]
) -> Iterator[_Kind]:
    claims = [
        None,
        *(
            SectorClaim(category, state, certificate)
            for category in categories
            for state in (Verification.VERIFIED, Verification.PROVISIONAL)
            for certificate in (False, True)
        ),
    ]
    criteria = criteria_of(policy)
    for claim in claims:
        # What a clause asks of the claim is settled once, before everything else is gone through.
        supported = [
            (_worth(rule, claim, policy, criteria.get(rule.clause, 0)), place, rule)
            for place, rule in enumerate(policy.rules)
            if _is_supported(rule, claim)
        ]
        supported.sort(key=lambda fit: fit[:2])
        for workload, offer, existing, internal in product(workloads, offers, (True, False), (True, False)):
            yield _Kind(
                claim,
                offer,
                existing,
                tuple(
                    (worth, place)
                    for worth, place, rule in supported
                    if (rule.workloads is None or workload in rule.workloads)
                    and (rule.offers is None or offer in rule.offers)
                    and rule.existing in (None, existing)
                    and rule.internal in (None, internal)
                ),
            )


def _is_supported(rule: Rule, claim: SectorClaim | None) -> bool:
    if rule.categories is None:
        return True
    return claim is not None and claim.category in rule.categories and (claim.certificate or not rule.needs_certificate)


def _worth(rule: Rule, claim: SectorClaim | None, policy: Policy, criterion: int) -> tuple[int, bool, int, int]:
    """What decides between clauses that fit one request, smallest first; the workload adds the same to all of them."""
    if rule.categories is None or claim is None:
        return (rule.tier, False, criterion, 0)
    points = policy.weight_verification * policy.verification_score(claim.verification) // PERMILLE
    points += policy.weight_certificate if claim.certificate else 0
    return (rule.tier, claim.verification is Verification.PROVISIONAL, criterion, -points)
