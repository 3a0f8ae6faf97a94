"""Levers: reversible restrictions of free and new offers that free capacity for existing customers.

A lever is pulled step by step in a fixed order; each step promises a release in units of pools, and what was measured
after it stands beside the promise. Only what was measured counts, and only while the step is in force
(`capacity/levers/release.sql`).
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.pools.models import Pool, Resource
from capacity.regions.models import Region
from customers.models import FREE_OFFERS, OfferType
from kit.ids import uuid7
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User


class LeverKind(models.TextChoices):
    """What is restricted."""

    FREE_OFFERS = "free_offers", _("Free offers")
    NEW_SUBSCRIPTIONS = "new_subscriptions", _("New subscriptions")
    TRIAL_BOUNDS = "trial_bounds", _("Trial and credit bounds")
    FEATURE_PROFILE = "feature_profile", _("Feature profile")


class Feature(models.TextChoices):
    """What may be turned down for everybody. Sign-in, chat, audio and basic meetings are core and stand in no list."""

    VIDEO_720P = "video_720p", _("Video at 720p at most")
    PRESENCE_INTERVAL = "presence_interval", _("Presence updated less often")
    DEFERRED_MIGRATIONS = "deferred_migrations", _("Migrations put off")


# Which offers a lever of a kind may reach; what is paid for is reached only where it is new.
REACHED_OFFERS: dict[str, frozenset[OfferType]] = {
    LeverKind.FREE_OFFERS: FREE_OFFERS,
    LeverKind.TRIAL_BOUNDS: frozenset({OfferType.TRIAL, OfferType.CREDITS}),
    LeverKind.NEW_SUBSCRIPTIONS: frozenset(OfferType),
    LeverKind.FEATURE_PROFILE: frozenset(),
}
# These are bounded or turned down, never stopped.
ONLY_LIMITED = (LeverKind.TRIAL_BOUNDS, LeverKind.FEATURE_PROFILE)


class LeverState(models.TextChoices):
    """How far the lever is pulled."""

    OPEN = "open", _("Open")
    LIMITED = "limited", _("Limited")
    PAUSED = "paused", _("Paused")
    RESTORED = "restored", _("Restored")


L = LeverState
LEVER_LIFE = Life(
    {
        L.OPEN: {L.LIMITED, L.PAUSED},
        # From one limited step to the next.
        L.LIMITED: {L.LIMITED, L.PAUSED, L.RESTORED},
        L.PAUSED: {L.LIMITED, L.RESTORED},
        L.RESTORED: set(),
    }
)
PULLED_STATES = [L.LIMITED, L.PAUSED]


class LiftKind(models.TextChoices):
    """What the condition is made of under which lifting is proposed."""

    HEADROOM = "headroom", _("Enough headroom for some days")
    CONDITION = "condition", _("Region back to normal for some days")
    DATE = "date", _("A day")
    JUDGMENT = "judgment", _("People judge")


# A lever stands where its last move led it, which took two people. After the checks of the row, so that these speak
# first.
MOVED_BY_TWO = """
    IF NOT EXISTS (
        SELECT 1 FROM (
            SELECT * FROM capacity_levermove WHERE lever_id = NEW.id ORDER BY id DESC LIMIT 1
        ) last
        LEFT JOIN capacity_leverstep step ON step.id = last.step_id
        WHERE (last.old_state, last.new_state) = (OLD.state, NEW.state)
          AND last.old_step_id IS NOT DISTINCT FROM OLD.step_id AND last.step_id IS NOT DISTINCT FROM NEW.step_id
          AND (last.step_id IS NULL OR step.lever_id = NEW.id)
    ) THEN
        RAISE EXCEPTION 'a lever moves with two people' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""


def _kinds_keep_to_their_offers() -> Q:
    """One alternative per kind; what is paid for or core can be named in none of them."""
    allowed = Q()
    for kind, offers in REACHED_OFFERS.items():
        if kind == LeverKind.FEATURE_PROFILE:
            allowed |= Q(kind=kind, offer_types=[], feature__in=Feature.values)
        else:
            named = Q(offer_types__contained_by=sorted(offers)) & ~Q(offer_types=[])
            allowed |= Q(kind=kind, feature="") & named
    return allowed


class Lever(Public):
    """One restriction: whom it reaches, who owns it, when it is lifted. Tiers 1 and 2 are spared."""

    kind = models.CharField(max_length=20, choices=LeverKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="levers")  # None: all
    offer_types = ArrayField(models.CharField(max_length=20, choices=OfferType.choices), default=list, blank=True)
    feature = models.CharField(max_length=20, choices=Feature.choices, blank=True)
    reach = models.TextField()
    # Half-open days. The end is planned: then lifting is proposed, and people lift it.
    starts_date = models.DateField(null=True)
    ends_date = models.DateField(null=True)
    lift_condition = models.TextField()  # in words
    lift_kind = models.CharField(max_length=10, choices=LiftKind.choices, default=LiftKind.JUDGMENT)
    lift_resource = models.ForeignKey(Resource, on_delete=models.PROTECT, null=True, related_name="+")
    lift_permille = models.PositiveSmallIntegerField(null=True)  # headroom, in permille of the pool's supply
    lift_days = models.PositiveSmallIntegerField(default=0)
    lift_date = models.DateField(null=True)
    # Since when the condition has held without a break, as the cycle saw it.
    lift_holds_since = models.DateTimeField(null=True)
    review_date = models.DateField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=LeverState.choices, default=LeverState.OPEN)
    # The step in force; None while it is open and after it was lifted.
    step = models.ForeignKey("LeverStep", on_delete=models.PROTECT, null=True, related_name="+")
    # The step that was asked for and waits for a second person; lifting has none.
    pending_state = models.CharField(max_length=10, choices=LeverState.choices, blank=True)
    pending_step = models.ForeignKey("LeverStep", on_delete=models.PROTECT, null=True, related_name="+")
    pending_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    pending_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pending_state="", pending_by=None, pending_at=None)
                | (~Q(pending_state="") & Q(pending_by__isnull=False, pending_at__isnull=False)),
                name="pending_step_has_its_person",
            ),
            models.CheckConstraint(condition=_kinds_keep_to_their_offers(), name="lever_spares_what_is_paid_and_core"),
            models.CheckConstraint(
                condition=~Q(kind__in=[str(kind) for kind in ONLY_LIMITED]) | ~Q(state="paused"),
                name="bounds_and_features_are_never_paused",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["limited", "paused"], step__isnull=False)
                | Q(state__in=["open", "restored"], step=None),
                name="pulled_lever_stands_on_a_step",
            ),
            models.CheckConstraint(
                condition=Q(starts_date=None) | Q(ends_date=None) | Q(starts_date__lt=F("ends_date")),
                name="lever_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(lift_kind="judgment")
                | Q(lift_kind="date", lift_date__isnull=False)
                | Q(lift_kind="condition", lift_days__gte=1)
                | Q(
                    lift_kind="headroom",
                    lift_permille__isnull=False,  # A comparison with NULL would pass.
                    lift_permille__gte=1,
                    lift_permille__lte=1000,
                    lift_days__gte=1,
                    lift_resource__isnull=False,
                ),
                name="lift_condition_is_whole",
            ),
        ]
        triggers = [
            LEVER_LIFE.trigger(),
            pgtrigger.ReadOnly(name="lever_facts_stay", fields=["kind", "region", "offer_types", "feature", "owner"]),
            pgtrigger.Trigger(
                name="lever_moved_by_two",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.AnyChange("state", "step"),
                func=MOVED_BY_TWO,
            ),
        ]

    @property
    def label(self) -> str:
        """What is restricted, in the active language: the kind, or the feature."""
        return str(self.get_feature_display() if self.feature else self.get_kind_display())

    @property
    def is_pulled(self) -> bool:
        """Whether a step of it is in force."""
        return self.state in PULLED_STATES


class LeverStep(AppendOnly):
    """One graduated step: what it does, and how much harm it is thought to do. Steps are taken in their order."""

    lever = models.ForeignKey(Lever, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(s.value, s.label) for s in PULLED_STATES])
    # While limited: the most units of one resource that a request may ask for.
    limit_per_line = models.PositiveIntegerField(null=True)
    # 0 nobody notices to 1000 as bad as an outage; an estimate by the owner.
    harm_points = models.PositiveSmallIntegerField(default=0)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        ordering = ["lever", "position"]
        constraints = [
            models.UniqueConstraint(fields=["lever", "position"], name="lever_steps_are_in_order"),
            models.CheckConstraint(
                condition=Q(position__gte=1, state__in=["limited", "paused"], harm_points__lte=1000)
                & (Q(limit_per_line=None) | Q(state="limited", limit_per_line__gte=1)),
                name="lever_step_is_sane",
            ),
        ]


class StepPromise(AppendOnly):
    """What a step is expected to release in a pool, in its units. It counts for nothing until it is measured."""

    step = models.ForeignKey(LeverStep, on_delete=models.PROTECT, related_name="promises")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["step", "pool"], name="step_promises_once_per_pool"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="promised_release_is_positive"),
        ]


class LeverMove(AppendOnly):
    """One step of a lever, by two people. Going back a step is a move, too."""

    lever = models.ForeignKey(Lever, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10)
    new_state = models.CharField(max_length=10, choices=LeverState.choices)
    old_step = models.ForeignKey(LeverStep, on_delete=models.PROTECT, null=True, related_name="+")
    step = models.ForeignKey(LeverStep, on_delete=models.PROTECT, null=True, related_name="moves")
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(proposed_by=F("confirmed_by")), name="nobody_confirms_own_lever")
        ]


class MeasureSource(models.TextChoices):
    """Where a measured level comes from."""

    USAGE = "usage", _("Samples of usage")
    METER = "meter", _("Another meter")


# Only a step that was taken and is in force releases anything, only where the lever reaches, and only after it was
# taken; a correction follows what counts now. Raw SQL is refused the same.
MEASURED_IN_FORCE = """
    IF NOT EXISTS (
        SELECT 1 FROM capacity_steps_in_force() force
        JOIN capacity_levermove move ON move.id = force.move_id
        JOIN capacity_lever lever ON lever.id = force.lever_id
        JOIN capacity_pool pool ON pool.id = NEW.pool_id
        WHERE force.move_id = NEW.move_id AND NEW.measured_at >= move.at
          AND (lever.region_id IS NULL OR lever.region_id = pool.region_id)
    ) THEN
        RAISE EXCEPTION 'a release is measured of a step in force, in its reach' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.corrects_id IS NOT NULL AND NEW.corrects_id IS DISTINCT FROM (
        SELECT max(id) FROM capacity_levermeasurement WHERE move_id = NEW.move_id AND pool_id = NEW.pool_id
    ) THEN
        RAISE EXCEPTION 'a correction follows the measurement that counts' USING ERRCODE = 'check_violation';
    END IF;
    -- Two who measure the same pool at once wait for one another.
    PERFORM 1 FROM capacity_pool WHERE id = NEW.pool_id FOR NO KEY UPDATE;
    IF capacity_falls_twice(NEW.move_id, NEW.pool_id, NEW.before_level, NEW.after_level, NEW.measured_at) THEN
        RAISE EXCEPTION 'one fall in use is released once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class LeverMeasurement(AppendOnly):
    """How much of a pool was in use before and after a step, in its units: the release is the difference.

    The last row of a step's move and a pool counts. A correction is a new row that names what it corrects.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    move = models.ForeignKey(LeverMove, on_delete=models.PROTECT, related_name="measurements")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    before_level = models.BigIntegerField()
    after_level = models.BigIntegerField()
    source = models.CharField(max_length=5, choices=MeasureSource.choices)
    method = models.CharField(max_length=300)
    measured_at = models.DateTimeField()
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="corrected_by")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["move", "pool", "-id"], name="measurement_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(before_level__gte=0, after_level__gte=0) & ~Q(method=""), name="measurement_is_sane"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="measured_in_force", operation=pgtrigger.Insert, when=pgtrigger.Before, func=MEASURED_IN_FORCE
            ),
        ]

    @property
    def released(self) -> int:
        """Units released; never negative: where use grew, nothing was."""
        return max(0, self.before_level - self.after_level)


class LiftState(models.TextChoices):
    """Where a proposal to lift stands."""

    OPEN = "open", _("Open")
    TAKEN = "taken", _("Taken up")
    REFUSED = "refused", _("Kept pulled")
    LAPSED = "lapsed", _("Lapsed")


LIFT_LIFE = Life(
    {
        LiftState.OPEN: {LiftState.TAKEN, LiftState.REFUSED, LiftState.LAPSED},
        LiftState.TAKEN: set(),
        LiftState.REFUSED: set(),
        LiftState.LAPSED: set(),
    }
)


class LiftProposal(Public):
    """What the cycle proposes when the lift condition holds. People lift, in pairs; or say why not yet."""

    lever = models.ForeignKey(Lever, on_delete=models.PROTECT, related_name="lift_proposals")
    state = models.CharField(max_length=10, choices=LiftState.choices, default=LiftState.OPEN)
    grounds = models.JSONField()  # as `capacity.levers.lifting.Verdict` gives them
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    runtime_updates = ("state", "answered_by", "answered_at", "answer", "row_version")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["lever"], condition=Q(state="open"), name="one_open_lift_proposal"),
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None)
                | Q(state="lapsed", answered_at__isnull=False)
                | Q(state="taken", answered_at__isnull=False, answered_by__isnull=False)
                | (Q(state="refused", answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="lift_is_answered_by_somebody",
            ),
        ]
        triggers = [LIFT_LIFE.trigger()]
