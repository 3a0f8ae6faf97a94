"""How important: policy versions as data, workload classes; overrides stand in a module of their own."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly, Public
from kit.transitions import Life
from priorities.override_models import (
    OVERRIDE_LIFE,
    Override,
    OverrideKind,
    OverrideMove,
    OverrideReason,
    OverrideScope,
    OverrideState,
    Verdict,
)
from users.models import TsTzRange, User

__all__ = [
    "OVERRIDE_LIFE",
    "POLICY_LIFE",
    "Override",
    "OverrideKind",
    "OverrideMove",
    "OverrideReason",
    "OverrideScope",
    "OverrideState",
    "PolicyFloor",
    "PolicyMove",
    "PolicyRule",
    "PolicyState",
    "PolicyTier",
    "PolicyVersion",
    "PolicyWorkloadScore",
    "Verdict",
    "WorkloadClass",
]


class WorkloadClass(models.Model):
    """What the capacity is for. Data, seeded from the default taxonomy."""

    code = models.CharField(max_length=40, unique=True)
    name_de = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_en if get_language() == "en" else self.name_de


class PolicyState(models.TextChoices):
    """Where a policy version stands."""

    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    ACTIVE = "active", _("Active")
    RETIRED = "retired", _("Retired")
    DISCARDED = "discarded", _("Discarded")


POLICY_LIFE = Life(
    {
        PolicyState.DRAFT: {PolicyState.PROPOSED, PolicyState.DISCARDED},
        PolicyState.PROPOSED: {PolicyState.DRAFT, PolicyState.ACTIVE},
        PolicyState.ACTIVE: {PolicyState.RETIRED},
        PolicyState.RETIRED: set(),
        PolicyState.DISCARDED: set(),
    }
)

# A version's content may change while it is a draft, and only who, when and from when may change after that. Whoever
# activates it says from which moment; nobody moves that later. The system's own first version is the exception: it may
# be dated back to when an installation began.
PROPOSED_POLICY_STAYS = """
    IF OLD.state <> 'draft' AND (
        to_jsonb(NEW) - '{state,row_version,proposed_by_id,proposed_at}'::text[]
            - '{activated_by_id,activated_at,active_from,retired_at}'::text[]
        IS DISTINCT FROM
        to_jsonb(OLD) - '{state,row_version,proposed_by_id,proposed_at}'::text[]
            - '{activated_by_id,activated_at,active_from,retired_at}'::text[]
    ) THEN
        RAISE EXCEPTION 'a proposed policy is not edited' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.activated_by_id IS NOT NULL AND (
        (NEW.activated_by_id, NEW.activated_at, NEW.active_from, NEW.proposed_by_id, NEW.proposed_at)
        IS DISTINCT FROM
        (OLD.activated_by_id, OLD.activated_at, OLD.active_from, OLD.proposed_by_id, OLD.proposed_at)
    ) THEN
        RAISE EXCEPTION 'the activation of a policy stays as it was' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.retired_at IS NOT NULL
        AND (NEW.retired_at, NEW.active_from) IS DISTINCT FROM (OLD.retired_at, OLD.active_from) THEN
        RAISE EXCEPTION 'the end of a policy stays as it was' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""

# A share lock on the version: who proposes it waits for whoever is just editing it, and the other way round.
ONLY_DRAFTS_CHANGE = """
    PERFORM 1 FROM priorities_policyversion
    WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.version_id ELSE OLD.version_id END AND state = 'draft'
    FOR SHARE;
    IF NOT FOUND OR (TG_OP = 'UPDATE' AND OLD.version_id <> NEW.version_id) THEN
        RAISE EXCEPTION 'only a draft of the policy can be changed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


def _only_drafts_change() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="only_drafts_change",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        func=ONLY_DRAFTS_CHANGE,
    )


class PolicyVersion(Public):
    """One complete set of criteria. Never edited after it was proposed; one is active at a time.

    Which version is in force is read from its window, `active_from` to `retired_at`, never from its state: a version
    activated for a later moment is active at once, and the one before it is retired as of that moment.
    """

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=120)
    reason = models.TextField(blank=True)  # why the criteria are to change
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=PolicyState.choices, default=PolicyState.DRAFT)
    # Who changed the draft last.
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    activated_at = models.DateTimeField(null=True)
    # The window in which it is in force; half-open.
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    # Parts of a thousand throughout.
    weight_workload = models.PositiveSmallIntegerField(default=500)
    weight_certificate = models.PositiveSmallIntegerField(default=250)
    weight_verification = models.PositiveSmallIntegerField(default=250)
    tier1_reserve_permille = models.PositiveSmallIntegerField(default=100)
    tier1_mark_permille = models.PositiveSmallIntegerField(default=600)
    second_signature_permille = models.PositiveSmallIntegerField(default=50)
    # Whether the first four clauses of tier 1 are served one after the other; equal among each other otherwise.
    is_tier1_strict = models.BooleanField(default=False)
    # The most that is granted on a provisional claim, of a pool.
    provisional_cap_permille = models.PositiveSmallIntegerField(default=10)
    # What a verified and a provisional claim are worth in the score.
    verified_score_permille = models.PositiveSmallIntegerField(default=1000)
    provisional_score_permille = models.PositiveSmallIntegerField(default=500)
    override_hours = models.PositiveSmallIntegerField(default=72)
    override_max_days = models.PositiveSmallIntegerField(default=14)
    override_renewals = models.PositiveSmallIntegerField(default=2)
    break_glass_hours = models.PositiveSmallIntegerField(default=24)
    auto_approval_permille = models.PositiveSmallIntegerField(default=1)
    auto_approval_below_permille = models.PositiveSmallIntegerField(default=700)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="one_active_policy"),
            models.CheckConstraint(
                condition=Q(activated_by=None) | Q(proposed_by=None) | ~Q(activated_by=F("proposed_by")),
                name="nobody_activates_own_policy",
            ),
            models.CheckConstraint(
                condition=Q(activated_by=None) | Q(drafted_by=None) | ~Q(activated_by=F("drafted_by")),
                name="nobody_activates_own_draft",
            ),
            models.CheckConstraint(
                condition=Q(weight_workload=1000 - F("weight_certificate") - F("weight_verification")),
                name="weights_sum_to_thousand",
            ),
            models.CheckConstraint(
                condition=Q(
                    tier1_reserve_permille__lte=1000,
                    tier1_mark_permille__lte=1000,
                    second_signature_permille__lte=1000,
                    provisional_cap_permille__lte=1000,
                    verified_score_permille__lte=1000,
                    provisional_score_permille__lte=F("verified_score_permille"),
                    auto_approval_permille__lte=1000,
                    auto_approval_below_permille__lte=1000,
                ),
                name="policy_shares_are_permille",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["active", "retired"]) | Q(active_from__isnull=False),
                name="policy_in_force_has_a_start",
            ),
            # An empty window is one that another version took over before it began.
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(retired_at__gte=F("active_from")), name="policy_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(activated_by=None) | Q(proposed_by__isnull=False), name="activated_policy_was_proposed"
            ),
            ExclusionConstraint(
                name="one_policy_in_force",
                expressions=[(TsTzRange("active_from", "retired_at"), RangeOperators.OVERLAPS)],
                condition=Q(state__in=["active", "retired"]),
            ),
        ]
        triggers = [
            POLICY_LIFE.trigger(),
            pgtrigger.Protect(
                name="begins_as_draft", operation=pgtrigger.Insert, condition=~pgtrigger.Q(new__state="draft")
            ),
            pgtrigger.Trigger(
                name="proposed_policy_stays",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func=PROPOSED_POLICY_STAYS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"


class PolicyMove(AppendOnly):
    """One step in a version's life."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10, blank=True)
    new_state = models.CharField(max_length=10, choices=PolicyState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["version", "-id"], name="policy_move")]


class TierMode(models.TextChoices):
    """How the requests of a tier share what is left for it."""

    RANK = "rank", _("One after the other, by rank")
    SHARE = "share", _("A part for each organization")


class PolicyTier(models.Model):
    """What a policy version says about one tier."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="tiers")
    tier = models.PositiveSmallIntegerField()
    aging_points_per_day = models.PositiveSmallIntegerField(default=0)
    maximum_wait_days = models.PositiveSmallIntegerField(null=True)  # None: no limit
    service_target_hours = models.PositiveSmallIntegerField()
    target_in_working_days = models.BooleanField(default=True)  # 24 hours each, Monday to Friday
    mode = models.CharField(max_length=10, choices=TierMode.choices, default=TierMode.RANK)
    # Whether a plan must keep to the wished regions in their order.
    are_wishes_binding = models.BooleanField(default=False)

    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["tier"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["version", "tier"], name="policy_tier_once"),
            models.CheckConstraint(condition=Q(tier__gte=1, tier__lte=5), name="policy_tier_1_to_5"),
            models.CheckConstraint(condition=~Q(tier=1) | Q(aging_points_per_day=0), name="tier_1_does_not_age"),
            models.CheckConstraint(condition=~Q(tier=1) | Q(mode="rank"), name="tier_1_is_never_shared"),
            models.CheckConstraint(
                condition=Q(service_target_hours__gt=0) & (Q(maximum_wait_days=None) | Q(maximum_wait_days__gt=0)),
                name="policy_tier_terms_are_positive",
            ),
        ]


class PolicyRule(models.Model):
    """One clause: which facts lead to which tier. Of all clauses that fit, the one with the best tier decides.

    `position` is the order in which people read and cite the clauses. It decides only between clauses of one tier that
    rest on equally good facts.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="rules")
    position = models.PositiveSmallIntegerField()
    clause = models.CharField(max_length=12)  # "1.2", as people cite it
    tier = models.PositiveSmallIntegerField()
    # Empty means any.
    category_codes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    workload_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    offer_types = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    is_existing = models.BooleanField(null=True)  # None: either
    is_internal = models.BooleanField(null=True)
    needs_certificate = models.BooleanField(default=False)

    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["position"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="policy_rule_position_once"),
            models.UniqueConstraint(fields=["version", "clause"], name="policy_rule_clause_once"),
            models.CheckConstraint(condition=Q(tier__gte=1, tier__lte=5), name="policy_rule_tier_1_to_5"),
        ]


class PolicyWorkloadScore(models.Model):
    """How much a workload class is worth in the score, in parts of a thousand."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="workload_scores")
    workload_code = models.CharField(max_length=40)
    score_permille = models.PositiveSmallIntegerField()

    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["workload_code"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["version", "workload_code"], name="workload_score_once"),
            models.CheckConstraint(condition=Q(score_permille__lte=1000), name="workload_score_is_permille"),
        ]


class PolicyFloor(models.Model):
    """A part of each pool that is kept for one sector category: a minimum for it, not a bonus."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="floors")
    category_code = models.CharField(max_length=20)
    permille = models.PositiveSmallIntegerField()

    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["category_code"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["version", "category_code"], name="policy_floor_once"),
            models.CheckConstraint(condition=Q(permille__gte=1, permille__lte=1000), name="policy_floor_is_permille"),
        ]
