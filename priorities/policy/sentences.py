"""The policy as sentences, in codes; `priorities.wording` makes German and English of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from priorities.policy.version import Policy

# Sentences that answer the same question in different words.
_TOPICS = {
    "no_aging": "aging",
    "target_working_days": "target",
    "target_working_hours": "target",
    "target_hours": "target",
    "tier_one_strict": "tier_one",
    "tier_one_equal": "tier_one",
    "tier_shared": "tier_ranked",
    "wishes_free": "wishes_binding",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the policy: a code and its parameters; `section` says under which heading it stands."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)
    section: str = ""

    @property
    def topic(self) -> tuple[str, str]:
        """What the sentence is about: one version has one sentence on a topic, whatever it says of it."""
        about = next((self.params[name] for name in ("clause", "tier", "category", "key") if name in self.params), "")
        return (_TOPICS.get(self.code, self.code), str(about))


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
        Sentence("best_clause_counts", {}, "criteria"),
        Sentence("workload_must_be_confirmed", {}, "criteria"),
        Sentence("category_outranks_offer", {}, "criteria"),
        Sentence("never_counts", {}, "criteria"),
        Sentence("order_normal", {}, "order"),
        Sentence("order_scarce", {}, "order"),
        Sentence("tier_one_strict" if policy.strict_tier_one else "tier_one_equal", {}, "order"),
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
    for workload, points in sorted(policy.workload_scores, key=lambda pair: -pair[1]):
        said.append(Sentence("workload_points", {"key": workload, "permille": points}, "scores"))
    for state, points in sorted(policy.verification_scores, key=lambda pair: -pair[1]):
        said.append(Sentence("verification_points", {"key": state, "permille": points}, "scores"))
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
        if terms.working_days and not whole_days:
            code = "target_working_hours"
        count = terms.target_hours // 24 if whole_days else terms.target_hours
        said.append(Sentence(code, {"tier": terms.tier, "count": count}, "targets"))
    said += [
        Sentence("reserve", {"permille": policy.reserve_permille}, "scarcity"),
        Sentence("mark", {"permille": policy.mark_permille}, "scarcity"),
        Sentence("second_signature", {"permille": policy.second_signature_permille}, "scarcity"),
        Sentence("provisional_cap", {"permille": policy.provisional_cap_permille}, "scarcity"),
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
        Sentence("planning_later", {}, "planning"),
    ]
    for category, share in policy.floors:
        said.append(Sentence("floor", {"category": category, "permille": share}, "planning"))
    for terms in policy.tiers:
        said.append(Sentence("tier_shared" if terms.shared else "tier_ranked", {"tier": terms.tier}, "planning"))
    for terms in policy.tiers:
        code = "wishes_binding" if terms.binding_wishes else "wishes_free"
        said.append(Sentence(code, {"tier": terms.tier}, "planning"))
    return tuple(said)
