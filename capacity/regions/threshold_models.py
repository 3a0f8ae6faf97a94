"""What the thresholds say: where each condition begins and ends, how every region stands, and what was proposed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Condition, ConditionDeclaration, Region
from capacity.regions.thresholds import SEVERITY
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User

# A set is put in force whole: with as many thresholds as it says when its transaction ends, and none is added later.
_IS_COMPLETE = """
    IF (SELECT count(*) FROM capacity_conditionthreshold one WHERE one.set_id = NEW.id) <> NEW.size THEN
        RAISE EXCEPTION 'it has more or fewer thresholds than it says' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""
_HAS_ROOM = """
    IF (SELECT count(*) FROM capacity_conditionthreshold one WHERE one.set_id = NEW.set_id)
        >= (SELECT kept.size FROM capacity_thresholdset kept WHERE kept.id = NEW.set_id) THEN
        RAISE EXCEPTION 'its set is complete' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ThresholdSet(AppendOnly):
    """One complete set of thresholds with its waits; the latest is in force."""

    # Minutes that readings must hold before a worse or a milder condition is proposed.
    worse_after = models.PositiveIntegerField()
    milder_after = models.PositiveIntegerField()
    # How many thresholds it has: a set in force gets no further ones.
    size = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(worse_after__gte=1, milder_after__gte=F("worse_after"), milder_after__lte=43_200),
                name="milder_waits_longer",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="thresholds_are_complete",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func=_IS_COMPLETE,
            ),
        ]


class MeasureName(models.TextChoices):
    """What is read of a region; the values are those of `thresholds.Measure`."""

    FREE = "free", _("Not promised")
    EXHAUSTION = "exhaustion", _("Exhaustion within the lead time")
    STAFFING = "staffing", _("Staffing")
    TIER1 = "tier1", _("Tier 1 of its mark")
    SURGE = "surge", _("Surge of demand")


class ConditionThreshold(AppendOnly):
    """Where a condition begins and where it has ended; the units are told by `thresholds.Measure`."""

    set = models.ForeignKey(ThresholdSet, on_delete=models.PROTECT, related_name="thresholds")
    measure = models.CharField(max_length=10, choices=MeasureName.choices)
    condition = models.CharField(max_length=15, choices=Condition.choices)
    enters = models.PositiveIntegerField()
    leaves = models.PositiveIntegerField()

    class Meta(AppendOnly.Meta):
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["set", "measure", "condition"], name="one_threshold_a_measure"),
            models.CheckConstraint(
                condition=Q(measure="free", leaves__gt=F("enters")) | (~Q(measure="free") & Q(leaves__lt=F("enters"))),
                name="threshold_has_a_band",
            ),
            models.CheckConstraint(
                condition=Q(condition__in=["watch", "constrained", "critical"]), name="threshold_speaks_for_a_tight_one"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="set_gets_no_further_thresholds",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=_HAS_ROOM,
            ),
        ]


class RegionStanding(models.Model):
    """What the readings of a region speak for now; derived, and right again within one cycle. See `thresholds`."""

    region = models.OneToOneField(Region, on_delete=models.CASCADE, related_name="standing")
    condition = models.CharField(max_length=15, choices=Condition.choices)
    against = models.CharField(max_length=15, choices=Condition.choices)
    since = models.DateTimeField()
    changed_at = models.DateTimeField()
    readings = models.JSONField(default=list)
    looked_at = models.DateTimeField()


class ProposalState(models.TextChoices):
    """What became of a proposal."""

    OPEN = "open", _("Open")
    TAKEN_UP = "taken_up", _("Taken up")
    SUPERSEDED = "superseded", _("Superseded")
    LAPSED = "lapsed", _("Not spoken for any more")
    DISMISSED = "dismissed", _("Dismissed")


P = ProposalState
PROPOSAL_LIFE = Life(
    {
        P.OPEN: {P.TAKEN_UP, P.SUPERSEDED, P.LAPSED, P.DISMISSED},
        P.TAKEN_UP: set(),
        P.SUPERSEDED: set(),
        P.LAPSED: set(),
        P.DISMISSED: set(),
    }
)


class ThresholdProposal(Public):
    """A condition that the thresholds propose for a region, with the readings behind it.

    A person declares it or dismisses it with a reason; what was proposed stays as it was.
    """

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="threshold_proposals")
    # The condition in force when it was raised, and the one proposed.
    current = models.CharField(max_length=15, choices=Condition.choices)
    condition = models.CharField(max_length=15, choices=Condition.choices)
    reasons = models.JSONField()
    since = models.DateTimeField()
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)
    declaration = models.ForeignKey(
        ConditionDeclaration, on_delete=models.PROTECT, null=True, related_name="threshold_proposals"
    )

    runtime_updates = ("state", "closed_at", "closed_by", "answer", "declaration", "row_version")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["region", "-id"], name="threshold_proposal_latest")]
        constraints = [
            models.UniqueConstraint(fields=["region"], condition=Q(state="open"), name="one_open_threshold_proposal"),
            models.CheckConstraint(condition=~Q(condition=F("current")), name="threshold_proposal_changes_something"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="closed_proposal_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | (Q(closed_by__isnull=False) & ~Q(answer="")),
                name="proposal_dismissed_by_somebody_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="taken_up", declaration__isnull=False)
                | (~Q(state="taken_up") & Q(declaration__isnull=True)),
                name="proposal_taken_up_by_a_declaration",
            ),
        ]
        triggers = [
            PROPOSAL_LIFE.trigger(),
            pgtrigger.Protect(
                name="closed_proposal_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="open")
            ),
            pgtrigger.ReadOnly(
                name="proposal_facts_stay", fields=["region", "current", "condition", "reasons", "since", "raised_at"]
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.OPEN

    @property
    def is_worse(self) -> bool:
        """Whether a tighter condition is proposed than the one in force when it was raised."""
        return SEVERITY[self.condition] > SEVERITY[self.current]
