"""Overrides: facts that people state against the policy's own result, for a while and in pairs."""

from datetime import datetime, timedelta

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import TsTzRange, User

# How long after its end an override is to be looked back at by somebody uninvolved.
POST_REVIEW_WITHIN = timedelta(days=7)
# The most that any policy may allow; the constraints below hold to it.
LONGEST = timedelta(days=14)
MOST_RENEWALS = 2
LONGEST_ALONE = timedelta(hours=24)


class OverrideKind(models.TextChoices):
    """What people may state as a fact against the policy's own result."""

    RETIER = "retier", _("Change the tier")
    PIN = "pin", _("Serve first")
    HOLD = "hold", _("Hold back")
    CAP = "cap", _("Limit the grant")
    RELEASE = "release", _("Free from hold and limit")


class OverrideScope(models.TextChoices):
    """What an override is about."""

    REQUEST = "request", _("One request")
    ORGANIZATION = "organization", _("An organization's use in a region")


class OverrideState(models.TextChoices):
    """Where an override stands. Whether it is in force is read from its window, never toggled."""

    PROPOSED = "proposed", _("Proposed")
    UNCONFIRMED = "unconfirmed", _("In force, unconfirmed")
    ACTIVE = "active", _("Confirmed")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    REVIEWED = "reviewed", _("Reviewed")


O = OverrideState  # noqa: E741 - reads as the table it heads
OVERRIDE_LIFE = Life(
    {
        O.PROPOSED: {O.ACTIVE, O.REFUSED, O.EXPIRED},
        # Break-glass: in force from the start, until it is signed or its time for that is over.
        O.UNCONFIRMED: {O.ACTIVE, O.EXPIRED, O.REVOKED},
        O.ACTIVE: {O.EXPIRED, O.REVOKED},
        O.EXPIRED: {O.REVIEWED},
        O.REVOKED: {O.REVIEWED},
        O.REFUSED: set(),
        O.REVIEWED: set(),
    }
)
# What waits for a second signature, and what takes effect inside its window.
UNSIGNED_STATES = (O.PROPOSED, O.UNCONFIRMED)
STANDING_STATES = (O.ACTIVE, O.UNCONFIRMED)


class OverrideReason(models.TextChoices):
    """Why people override; the first is the only one that speaks of lives."""

    LIFE_SAFETY = "life_safety", _("Lives depend on it")
    AUTHORITY_ORDER = "authority_order", _("An authority asked for it")
    CORRECTION = "correction", _("The facts on file are wrong")
    CONTRACT = "contract", _("A contract demands it")
    ABUSE = "abuse", _("Suspected abuse")


# The codes on which one person may act alone.
LIFE_SAFETY_REASONS = (OverrideReason.LIFE_SAFETY,)


class Verdict(models.TextChoices):
    """What an uninvolved person finds afterwards."""

    RIGHT = "right", _("It was right")
    TOO_WIDE = "too_wide", _("Right, but too wide or too long")
    WRONG = "wrong", _("It should not have been")


# An override begins without a second signature, and a renewal continues exactly what it renews.
BEGINS_AND_RENEWS = """
    IF NEW.state NOT IN ('proposed', 'unconfirmed') OR NEW.confirmed_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'an override begins without a second signature' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.renews_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM priorities_override earlier
        WHERE earlier.id = NEW.renews_id AND earlier.confirmed_by_id IS NOT NULL
          AND earlier.state = 'active' AND NEW.starts_at = earlier.ends_at
          AND NEW.renewal = earlier.renewal + 1
          AND ROW(NEW.kind, NEW.scope, NEW.subject_key, NEW.workload_code, NEW.region_code)
              = ROW(earlier.kind, earlier.scope, earlier.subject_key, earlier.workload_code, earlier.region_code)
          AND ROW(NEW.to_tier, NEW.cap_permille)
              IS NOT DISTINCT FROM ROW(earlier.to_tier, earlier.cap_permille)
    ) THEN
        RAISE EXCEPTION 'a renewal continues a confirmed override unchanged' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Override(Public):
    """A fact stated by people with a reason, a scope, a window and a second person."""

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=OverrideKind.choices)
    scope = models.CharField(max_length=12, choices=OverrideScope.choices, default=OverrideScope.REQUEST)
    # The public id of the request or the organization it is about: a key, since requests stand above.
    subject_key = models.UUIDField(db_index=True)
    subject_label = models.CharField(max_length=200)
    # With an organization: for which use, and in which region (a code, since regions stand above).
    workload_code = models.CharField(max_length=40, blank=True)
    region_code = models.CharField(max_length=40, blank=True)
    to_tier = models.PositiveSmallIntegerField(null=True)
    # The most of what is asked that may be granted, in parts of a thousand.
    cap_permille = models.PositiveSmallIntegerField(null=True)
    reason_code = models.CharField(max_length=20, choices=OverrideReason.choices)
    reason = models.TextField()
    ticket = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=12, choices=OverrideState.choices, default=OverrideState.PROPOSED)
    # The window it is asked for; half-open.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_break_glass = models.BooleanField(default=False)
    # Break-glass alone: it ends by itself at this moment unless it is signed before.
    sign_by = models.DateTimeField(null=True)
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="renewals")
    renewal = models.PositiveSmallIntegerField(default=0)  # how many went before it
    # Whom it overtakes, as shown when it was proposed and confirmed: [{number, tier, region}].
    overtakes = models.JSONField(default=list)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    lesson = models.TextField(blank=True)

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["state", "ends_at"], name="override_window")]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")), name="nobody_confirms_own_override"
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="active_override_is_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None)
                | (Q(confirmed_at__lt=F("ends_at")) & (Q(sign_by=None) | Q(confirmed_at__lt=F("sign_by")))),
                name="override_is_signed_in_time",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("proposed_at")), name="override_does_not_start_in_the_past"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__lte=F("starts_at") + LONGEST), name="override_lasts_14_days_at_most"
            ),
            models.CheckConstraint(
                # A comparison with nothing is not false, so it would pass: what must be there is named.
                condition=Q(kind="retier", to_tier__isnull=False, to_tier__gte=1, to_tier__lte=5)
                | (~Q(kind="retier") & Q(to_tier=None)),
                name="only_retier_names_a_tier",
            ),
            models.CheckConstraint(
                condition=Q(kind="cap", cap_permille__isnull=False, cap_permille__gte=1, cap_permille__lte=999)
                | (~Q(kind="cap") & Q(cap_permille=None)),
                name="only_cap_names_a_limit",
            ),
            models.CheckConstraint(
                condition=Q(scope="request", workload_code="", region_code="")
                | (Q(scope="organization") & ~Q(workload_code="") & ~Q(region_code="")),
                name="override_names_its_scope",
            ),
            models.CheckConstraint(
                condition=Q(
                    is_break_glass=True,
                    reason_code__in=[str(code) for code in LIFE_SAFETY_REASONS],
                    renews=None,
                    sign_by__isnull=False,
                    sign_by__gt=F("starts_at"),
                    sign_by__lte=F("starts_at") + LONGEST_ALONE,
                )
                & Q(sign_by__lte=F("ends_at"))
                | Q(is_break_glass=False, sign_by=None),
                name="break_glass_is_for_lives_and_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="unconfirmed") | Q(is_break_glass=True, confirmed_by=None),
                name="only_break_glass_stands_unconfirmed",
            ),
            models.CheckConstraint(
                condition=Q(renews=None, renewal=0)
                | Q(renews__isnull=False, renewal__gte=1, renewal__lte=MOST_RENEWALS),
                name="override_is_renewed_twice_at_most",
            ),
            models.UniqueConstraint(
                fields=["renews"],
                condition=Q(state__in=["proposed", "active"]),
                name="one_renewal_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="reviewed")
                | (
                    Q(reviewed_by__isnull=False, reviewed_at__isnull=False)
                    & ~Q(verdict="")
                    & ~Q(lesson="")
                    & (Q(confirmed_by__isnull=False) | Q(is_break_glass=True))
                ),
                name="review_has_verdict_and_lesson",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None)
                | (
                    ~Q(reviewed_by=F("proposed_by"))
                    & (Q(confirmed_by=None) | ~Q(reviewed_by=F("confirmed_by")))
                    & (Q(ended_by=None) | ~Q(reviewed_by=F("ended_by")))
                ),
                name="another_person_reviews_override",
            ),
            ExclusionConstraint(
                name="no_overlapping_overrides",
                expressions=[
                    ("subject_key", RangeOperators.EQUAL),
                    ("workload_code", RangeOperators.EQUAL),
                    ("region_code", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=["active", "unconfirmed"]),
            ),
        ]
        triggers = [
            OVERRIDE_LIFE.trigger(),
            pgtrigger.Trigger(
                name="override_begins_unsigned",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=BEGINS_AND_RENEWS,
            ),
            pgtrigger.ReadOnly(
                name="override_facts_stay",
                fields=[
                    "number",
                    "kind",
                    "scope",
                    "subject_key",
                    "workload_code",
                    "region_code",
                    "to_tier",
                    "cap_permille",
                    "reason_code",
                    "reason",
                    "ticket",
                    "starts_at",
                    "ends_at",
                    "is_break_glass",
                    "sign_by",
                    "renews",
                    "renewal",
                    "proposed_by",
                    "proposed_at",
                ],
            ),
            # Who signed, ended and reviewed it is written once.
            pgtrigger.Protect(
                name="override_signatures_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.confirmed_by_id IS NOT NULL AND ROW(OLD.confirmed_by_id, OLD.confirmed_at)"
                    " IS DISTINCT FROM ROW(NEW.confirmed_by_id, NEW.confirmed_at))"
                    " OR (OLD.ended_at IS NOT NULL AND ROW(OLD.ended_by_id, OLD.ended_at)"
                    " IS DISTINCT FROM ROW(NEW.ended_by_id, NEW.ended_at))"
                    " OR (OLD.reviewed_by_id IS NOT NULL"
                    " AND ROW(OLD.reviewed_by_id, OLD.reviewed_at, OLD.verdict, OLD.lesson)"
                    " IS DISTINCT FROM ROW(NEW.reviewed_by_id, NEW.reviewed_at, NEW.verdict, NEW.lesson)))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """How people cite the override."""
        return f"O-{self.number}"

    @property
    def over_at(self) -> datetime:
        """When it is over by itself: at the end of its window, or earlier where its signature is missing."""
        return self.sign_by if self.state == OverrideState.UNCONFIRMED and self.sign_by else self.ends_at

    @property
    def was_in_force(self) -> bool:
        """Whether it ever had an effect: confirmed, or break-glass. The rest needs no looking back."""
        return self.is_break_glass or self.confirmed_by_id is not None

    @property
    def is_flagged(self) -> bool:
        """Break-glass that ended without its second signature."""
        return self.is_break_glass and self.confirmed_by_id is None and self.ended_at is not None

    @property
    def review_due_at(self) -> datetime | None:
        """Until when somebody uninvolved looks back at it; None while it runs, or where nothing is to review."""
        if self.ended_at is None or not self.was_in_force or self.reviewed_at is not None:
            return None
        return self.ended_at + POST_REVIEW_WITHIN


class OverrideMove(AppendOnly):
    """One step in an override's life."""

    override = models.ForeignKey(Override, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=12, blank=True)
    new_state = models.CharField(max_length=12, choices=OverrideState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["override", "-id"], name="override_move")]
