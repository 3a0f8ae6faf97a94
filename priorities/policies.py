"""Policy versions between rows and values: the pure core sees only `policy.Policy`."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Value, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from customers.models import SectorCategory
from kit.reason import Reason
from kit.refusal import Conflict
from priorities import policy
from priorities.models import (
    PolicyFloor,
    PolicyRule,
    PolicyState,
    PolicyTier,
    PolicyVersion,
    PolicyWorkloadScore,
    TierMode,
    WorkloadClass,
)


class NoPolicyInForce(Conflict):
    """Nothing can be ranked: no version was active at the moment asked for."""

    code = "no_policy_in_force"
    message = _("No policy is in force.")
    remedy = _("Activate a policy version first.")


def active_version(at: datetime) -> PolicyVersion:
    """The version in force at a moment. Raises `NoPolicyInForce`."""
    version = (
        PolicyVersion.objects.filter(state__in=[PolicyState.ACTIVE, PolicyState.RETIRED], active_from__lte=at)
        .exclude(retired_at__lte=at)
        .order_by("-active_from", "-number")
        .first()
    )
    if version is None:
        raise NoPolicyInForce()
    return version


def is_in_force(version: PolicyVersion, at: datetime) -> bool:
    """Whether the version's window holds the moment."""
    return (
        version.active_from is not None
        and version.active_from <= at
        and (version.retired_at is None or at < version.retired_at)
    )


def active_policy(at: datetime) -> tuple[PolicyVersion, policy.Policy]:
    """The version in force at a moment, as row and as value; one query once this process has seen the value."""
    version = active_version(at)
    return version, policy_value(version)


def policy_value(version: PolicyVersion) -> policy.Policy:
    """The value of a version that was proposed; no query once this process has seen it."""
    return _value(version.public_id)


# A version never changes after it was proposed, and its public id is never given to another.
@lru_cache(maxsize=16)
def _value(public_id: UUID) -> policy.Policy:
    return policy_of(PolicyVersion.objects.get(public_id=public_id))


def all_versions(**columns: Any) -> list[PolicyVersion]:
    """Every version with the people behind it, newest first (one query): each takes two people, so they stay few."""
    people = ("drafted_by", "proposed_by", "activated_by")
    return list(PolicyVersion.objects.select_related(*people).annotate(**columns).order_by("-number"))


def load_parts(*versions: PolicyVersion) -> None:
    """Fetch all that these versions say at once (four queries)."""
    prefetch_related_objects(versions, "rules", "tiers", "workload_scores", "floors")


def policy_of(version: PolicyVersion) -> policy.Policy:
    """The value of a stored version; `store_policy` writes the same back."""
    return policy.Policy(
        version=version.number,
        rules=tuple(
            policy.Rule(
                clause=rule.clause,
                tier=rule.tier,
                categories=tuple(rule.category_codes) or None,
                workloads=tuple(rule.workload_codes) or None,
                offers=tuple(rule.offer_types) or None,
                existing=rule.is_existing,
                internal=rule.is_internal,
                needs_certificate=rule.needs_certificate,
            )
            for rule in version.rules.all()
        ),
        tiers=tuple(
            policy.TierTerms(
                tier=terms.tier,
                aging_points=terms.aging_points_per_day,
                max_wait_days=terms.maximum_wait_days,
                target_hours=terms.service_target_hours,
                working_days=terms.target_in_working_days,
                shared=terms.mode == TierMode.SHARE,
                binding_wishes=terms.are_wishes_binding,
            )
            for terms in version.tiers.all()
        ),
        workload_scores=tuple((row.workload_code, row.score_permille) for row in version.workload_scores.all()),
        verification_scores=(
            (policy.Verification.VERIFIED, version.verified_score_permille),
            (policy.Verification.PROVISIONAL, version.provisional_score_permille),
        ),
        weight_workload=version.weight_workload,
        weight_certificate=version.weight_certificate,
        weight_verification=version.weight_verification,
        reserve_permille=version.tier1_reserve_permille,
        mark_permille=version.tier1_mark_permille,
        second_signature_permille=version.second_signature_permille,
        strict_tier_one=version.is_tier1_strict,
        provisional_cap_permille=version.provisional_cap_permille,
        floors=tuple((row.category_code, row.permille) for row in version.floors.all()),
        override_hours=version.override_hours,
        override_max_days=version.override_max_days,
        override_renewals=version.override_renewals,
        break_glass_hours=version.break_glass_hours,
    )


@dataclass(frozen=True)
class Codes:
    """The codes there are: each category must be reached by a policy, and every other code is unknown."""

    categories: tuple[str, ...]
    workloads: tuple[str, ...]


def known_codes() -> Codes:
    """The sector categories and workload classes there are, in their order (one query).

    An installation without a taxonomy of its own has the default one.
    """
    categories = SectorCategory.objects.values_list(Value(1), "position", "code")
    workloads = WorkloadClass.objects.values_list(Value(2), "position", "code")
    rows = sorted(categories.union(workloads, all=True))
    return Codes(
        categories=tuple(code for kind, _, code in rows if kind == 1) or policy.CATEGORIES,
        workloads=tuple(code for kind, _, code in rows if kind == 2) or tuple(map(str, policy.Workload)),
    )


def problems_of(value: policy.Policy, codes: Codes | None = None) -> tuple[Reason, ...]:
    """What keeps a policy from being proposed, by the codes there are (one query where they are not given)."""
    codes = codes or known_codes()
    return policy.problems(value, categories=codes.categories, workloads=codes.workloads)


def store_policy(value: policy.Policy, *, title: str, **columns: Any) -> PolicyVersion:
    """Write a policy value as a new draft version, rules, tiers, scores and floors included."""
    version = PolicyVersion.objects.create(number=value.version, title=title, **_columns_of(value), **columns)
    _write_parts(version, value)
    return version


def rewrite_policy(version: PolicyVersion, value: policy.Policy) -> None:
    """Give a draft the content of a policy value; its columns are set and left to the caller to save."""
    for name, content in _columns_of(value).items():
        setattr(version, name, content)
    for part in (PolicyRule, PolicyTier, PolicyWorkloadScore, PolicyFloor):
        part.objects.filter(version=version).delete()
    _write_parts(version, value)


def _columns_of(value: policy.Policy) -> dict[str, Any]:
    return {
        "weight_workload": value.weight_workload,
        "weight_certificate": value.weight_certificate,
        "weight_verification": value.weight_verification,
        "verified_score_permille": value.verification_score(policy.Verification.VERIFIED),
        "provisional_score_permille": value.verification_score(policy.Verification.PROVISIONAL),
        "tier1_reserve_permille": value.reserve_permille,
        "tier1_mark_permille": value.mark_permille,
        "second_signature_permille": value.second_signature_permille,
        "is_tier1_strict": value.strict_tier_one,
        "provisional_cap_permille": value.provisional_cap_permille,
        "override_hours": value.override_hours,
        "override_max_days": value.override_max_days,
        "override_renewals": value.override_renewals,
        "break_glass_hours": value.break_glass_hours,
    }


def _write_parts(version: PolicyVersion, value: policy.Policy) -> None:
    PolicyRule.objects.bulk_create(
        PolicyRule(
            version=version,
            position=position,
            clause=rule.clause,
            tier=rule.tier,
            category_codes=list(rule.categories or ()),
            workload_codes=list(rule.workloads or ()),
            offer_types=list(rule.offers or ()),
            is_existing=rule.existing,
            is_internal=rule.internal,
            needs_certificate=rule.needs_certificate,
        )
        for position, rule in enumerate(value.rules, start=1)
    )
    PolicyTier.objects.bulk_create(
        PolicyTier(
            version=version,
            tier=terms.tier,
            aging_points_per_day=terms.aging_points,
            maximum_wait_days=terms.max_wait_days,
            service_target_hours=terms.target_hours,
            target_in_working_days=terms.working_days,
            mode=TierMode.SHARE if terms.shared else TierMode.RANK,
            are_wishes_binding=terms.binding_wishes,
        )
        for terms in value.tiers
    )
    PolicyWorkloadScore.objects.bulk_create(
        PolicyWorkloadScore(version=version, workload_code=code, score_permille=score)
        for code, score in value.workload_scores
    )
    PolicyFloor.objects.bulk_create(
        PolicyFloor(version=version, category_code=code, permille=share) for code, share in value.floors
    )
