"""Requests for new capacity, how they rank, what was decided, and what was granted."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from capacity.levers.campaign_models import OfferCampaign
from capacity.pools.models import LedgerEntry, Level, Pool, Resource
from capacity.regions.models import Region
from customers.kinship import following_trigger
from customers.models import Organization
from kit.ids import uuid7
from kit.models import AppendOnly, Public
from kit.transitions import Life
from priorities.models import PolicyVersion, WorkloadClass
from users.models import User


class RequestState(models.TextChoices):
    """Where a request stands."""

    DRAFT = "draft", _("Draft")
    QUEUED = "queued", _("Queued")
    IN_REVIEW = "in_review", _("In review")
    INFORMATION_REQUESTED = "information_requested", _("Information requested")
    AWAITING_SECOND_SIGNATURE = "awaiting_second_signature", _("Awaiting second signature")
    APPROVED = "approved", _("Approved")
    PARTLY_APPROVED = "partly_approved", _("Partly approved")
    APPROVED_ELSEWHERE = "approved_elsewhere", _("Approved elsewhere")
    WAITLISTED = "waitlisted", _("Waitlisted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    FULFILLED = "fulfilled", _("Fulfilled")
    RELEASED = "released", _("Released")


R = RequestState
# Complete and undecided: what a queue holds, and what rule 7 protects.
OPEN_STATES = [R.QUEUED, R.IN_REVIEW, R.AWAITING_SECOND_SIGNATURE]
# What waits for a second signature has its capacity held already: it comes before nobody any more.
WAITING_STATES = [R.QUEUED, R.IN_REVIEW]
# Everything without a final answer.
PENDING_STATES = [*OPEN_STATES, R.INFORMATION_REQUESTED, R.WAITLISTED]
GRANTED_STATES = [R.APPROVED, R.PARTLY_APPROVED, R.APPROVED_ELSEWHERE]
_DECIDED = {*GRANTED_STATES, R.WAITLISTED, R.DECLINED}

REQUEST_LIFE = Life(
    {
        R.DRAFT: {R.QUEUED, R.WITHDRAWN},
        R.QUEUED: {R.IN_REVIEW, R.WITHDRAWN},
        R.IN_REVIEW: {R.QUEUED, R.INFORMATION_REQUESTED, R.AWAITING_SECOND_SIGNATURE, R.WITHDRAWN, *_DECIDED},
        R.INFORMATION_REQUESTED: {R.QUEUED, R.IN_REVIEW, R.WITHDRAWN},
        R.AWAITING_SECOND_SIGNATURE: {R.IN_REVIEW, *GRANTED_STATES},
        R.WAITLISTED: {R.IN_REVIEW, R.WITHDRAWN},
        # Back to review: a decision undone within its window.
        R.APPROVED: {R.IN_REVIEW, R.FULFILLED, R.RELEASED},
        R.PARTLY_APPROVED: {R.IN_REVIEW, R.FULFILLED, R.RELEASED},
        R.APPROVED_ELSEWHERE: {R.IN_REVIEW, R.FULFILLED, R.RELEASED},
        R.DECLINED: {R.IN_REVIEW},
        R.FULFILLED: {R.RELEASED},
        R.WITHDRAWN: set(),
        R.RELEASED: set(),
    }
)


class CapacityRequest(Public):
    """Asks for new capacity: lines, acceptable regions in order, a date, a use."""

    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("capacity_request_number"), function="nextval", output_field=models.BigIntegerField()),
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="requests")
    state = models.CharField(max_length=30, choices=RequestState.choices, default=RequestState.DRAFT)
    claimed_workload = models.ForeignKey(WorkloadClass, on_delete=models.PROTECT, related_name="+")
    # The offer campaign it is filed under: what it is granted counts against the campaign's cap.
    campaign = models.ForeignKey(OfferCampaign, on_delete=models.PROTECT, null=True, related_name="requests")
    # What a reviewer confirmed it is for; until then the request queues at its claimed tier.
    confirmed_workload = models.ForeignKey(WorkloadClass, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    justification = models.TextField(blank=True)
    needed_by_date = models.DateField()
    # Data must stay in this geography; empty means anywhere.
    residency_geography = models.CharField(max_length=60, blank=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # When a waitlisted request is looked at again.
    next_look_date = models.DateField(null=True)
    # The latest ranking: where the stored order below comes from.
    ranking = models.ForeignKey("Ranking", on_delete=models.PROTECT, null=True, related_name="+")
    # How long information was asked for in all: the clock of the service target stood still.
    paused_seconds = models.PositiveIntegerField(default=0)
    # The stored order (derived from the ranking and the clock; may lag one cycle behind, see
    # `capacity.requests.ranking`). Smaller comes first throughout, so that a page of the queue is one
    # range of an index.
    tier = models.PositiveSmallIntegerField(default=5)
    claimed_tier = models.PositiveSmallIntegerField(default=5)  # once the workload is confirmed
    is_provisional = models.BooleanField(default=False)
    is_confirmed = models.BooleanField(default=False)  # nothing is granted on an unconfirmed tier
    order_standing = models.PositiveSmallIntegerField(default=0)  # 0 servable, 2 held back by an override
    order_band = models.PositiveSmallIntegerField(default=1501)  # pinned, tier, provisional, criterion, overdue in one
    order_behind = models.PositiveIntegerField(default=1_000_000)  # a million less score and aging, in points
    order_at = models.DateTimeField()  # when it was complete; when it was filed, while it is not
    ranked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # service target: a decision by then

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(
                fields=["order_standing", "order_band", "order_behind", "order_at", "number"],
                name="request_order_scarce",
                condition=Q(state__in=[str(s) for s in OPEN_STATES]),
            ),
            models.Index(
                fields=["order_standing", "order_at", "number"],
                name="request_order_normal",
                condition=Q(state__in=[str(s) for s in OPEN_STATES]),
            ),
            models.Index(fields=["state", "-filed_at", "-id"], name="request_state"),
            models.Index(fields=["-filed_at", "-id"], name="request_filed"),
            models.Index(fields=["organization", "-id"], name="request_organization"),
            models.Index(fields=["tier", "decided_at"], name="request_decided"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("filed_by")), name="nobody_confirms_own_workload"
            ),
            models.CheckConstraint(condition=Q(tier__gte=1, tier__lte=5), name="request_tier_1_to_5"),
            models.CheckConstraint(
                condition=Q(claimed_tier__gte=1, claimed_tier__lte=5), name="request_claimed_tier_1_to_5"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(R.DRAFT), str(R.WITHDRAWN)]) | Q(completed_at__isnull=False),
                name="filed_request_is_complete",
            ),
        ]
        triggers = [
            REQUEST_LIFE.trigger(),
            pgtrigger.ReadOnly(name="request_identity_stays", fields=["number", "filed_by"]),
            following_trigger(),
            pgtrigger.Protect(
                name="filed_request_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state <> 'draft' AND ROW(OLD.claimed_workload_id, OLD.justification, OLD.needed_by_date,"
                    " OLD.residency_geography, OLD.campaign_id) IS DISTINCT FROM ROW(NEW.claimed_workload_id,"
                    " NEW.justification, NEW.needed_by_date, NEW.residency_geography, NEW.campaign_id)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """How people cite the request."""
        return f"R-{self.number}"

    @property
    def paused_for(self) -> timedelta:
        """How long the clock of the service target stood still."""
        return timedelta(seconds=self.paused_seconds)

    @property
    def workload(self) -> WorkloadClass:
        """The confirmed workload class, or the claimed one while nobody confirmed it."""
        return self.confirmed_workload or self.claimed_workload


# What was filed is what is decided: lines and regions change only in a draft. Raw SQL is refused the same.
ONLY_DRAFTS_CHANGE = """
    IF NOT EXISTS (
        SELECT 1 FROM capacity_capacityrequest
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.request_id ELSE NEW.request_id END AND state = 'draft'
    ) THEN
        RAISE EXCEPTION 'only a draft can be changed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


def _only_drafts_change() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="only_drafts_change",
        operation=pgtrigger.Insert | pgtrigger.Delete,
        when=pgtrigger.Before,
        func=ONLY_DRAFTS_CHANGE,
    )


class RequestLine(models.Model):
    """A resource and how much of it. Lines land together and scale together."""

    request = models.ForeignKey(CapacityRequest, on_delete=models.CASCADE, related_name="lines")
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    quantity = models.BigIntegerField()
    minimum = models.BigIntegerField()

    runtime_updates = ()
    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["pk"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["request", "resource"], name="one_line_per_resource"),
            models.CheckConstraint(condition=Q(quantity__gt=0, quantity__lte=10**12), name="line_quantity_is_sane"),
            models.CheckConstraint(
                condition=Q(minimum__gt=0, minimum__lte=F("quantity")), name="line_minimum_within_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.resource.unit}"


# The derived columns that a region may give another value, see `capacity.requests.places`.
PLACE_COLUMNS = (
    "tier",
    "claimed_tier",
    "is_provisional",
    "is_confirmed",
    "order_standing",
    "order_band",
    "order_behind",
)


class RequestRegion(models.Model):
    """A region that would do, in the order of the customer's wish (1 is the first)."""

    request = models.ForeignKey(CapacityRequest, on_delete=models.CASCADE, related_name="acceptable")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    wish = models.PositiveSmallIntegerField()
    # The place in this region's queue where an override makes it another than the request's own; null otherwise.
    tier = models.PositiveSmallIntegerField(null=True)
    claimed_tier = models.PositiveSmallIntegerField(null=True)
    is_provisional = models.BooleanField(null=True)
    is_confirmed = models.BooleanField(null=True)
    order_standing = models.PositiveSmallIntegerField(null=True)
    order_band = models.PositiveSmallIntegerField(null=True)
    order_behind = models.PositiveIntegerField(null=True)

    runtime_updates = PLACE_COLUMNS
    runtime_deletes = True  # of a draft

    class Meta:
        ordering = ["wish"]
        triggers = [_only_drafts_change()]
        constraints = [
            models.UniqueConstraint(fields=["request", "region"], name="region_wished_once"),
            models.UniqueConstraint(fields=["request", "wish"], name="wish_given_once"),
            models.CheckConstraint(
                condition=Q(**{f"{name}__isnull": True for name in PLACE_COLUMNS})
                | Q(**{f"{name}__isnull": False for name in PLACE_COLUMNS}),
                name="place_in_region_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "request"], name="request_region"),
            models.Index(fields=["region"], name="request_placed_here", condition=Q(order_band__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.wish}. {self.region}"


class RequestMove(AppendOnly):
    """One step in a request's life."""

    request = models.ForeignKey(CapacityRequest, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=30, blank=True)
    new_state = models.CharField(max_length=30, choices=RequestState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["request", "-id"], name="request_move")]


class Ranking(AppendOnly):
    """A decision on priority: one request under one policy version, with the facts it rests on."""

    request = models.ForeignKey(CapacityRequest, on_delete=models.PROTECT, related_name="rankings")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    facts_hash = models.CharField(max_length=64)
    result = models.JSONField()
    tier = models.PositiveSmallIntegerField()
    claimed_tier = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()
    is_provisional = models.BooleanField(default=False)
    is_confirmed = models.BooleanField(default=False)
    cause = models.CharField(max_length=40)  # see `capacity.requests.ranking.Cause`
    # Whose act led to it; None where the facts changed and nobody acted on the request.
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["request", "-id"], name="ranking_latest")]


class Outcome(models.TextChoices):
    """What was decided."""

    APPROVE = "approve", _("Approve")
    PARTLY = "partly", _("Grant in part")
    ELSEWHERE = "elsewhere", _("Grant elsewhere")
    WAITLIST = "waitlist", _("Waitlist")
    DECLINE = "decline", _("Decline")
    UNDO = "undo", _("Undo")


class Stage(models.TextChoices):
    """Whether a decision takes effect by itself."""

    FINAL = "final", _("Final")
    FIRST_SIGNATURE = "first_signature", _("First signature, capacity held")
    SECOND_SIGNATURE = "second_signature", _("Second signature")
    REFUSED_SIGNATURE = "refused_signature", _("Second signature refused")


# Who filed does not decide; who signed first does not sign second. Raw SQL is refused the same.
DECISION_NEEDS_OTHERS = """
    IF NEW.by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM capacity_capacityrequest WHERE id = NEW.request_id AND filed_by_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'who filed a request does not decide it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage = 'second_signature' AND NOT EXISTS (
        SELECT 1 FROM capacity_decision first
        WHERE first.id = NEW.follows_id AND first.request_id = NEW.request_id
          AND first.stage = 'first_signature' AND first.by_id IS DISTINCT FROM NEW.by_id
    ) THEN
        RAISE EXCEPTION 'a second signature follows the first signature of another person'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Decision(AppendOnly):
    """What was decided on a request, with everything it rested on pinned beside it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    request = models.ForeignKey(CapacityRequest, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.FINAL)
    # The decision this one confirms, refuses or undoes.
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="followed_by")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, null=True, related_name="+")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    # Region condition, staffing status and pool figures at the moment of deciding.
    circumstances = models.JSONField(default=dict)
    # access | offer | quota | capacity, or the rule; empty on a full approval.
    block = models.CharField(max_length=20, blank=True)
    # Structured reasons, numbers and the best alternative; every text is rendered from them.
    explanation = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    next_look_date = models.DateField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["request", "-id"], name="decision_latest"),
            models.Index(fields=["-at", "-id"], name="decision_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["follows"], condition=Q(follows__isnull=False), name="decision_followed_once"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="decision_needs_others",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=DECISION_NEEDS_OTHERS,
            ),
        ]


# A category that nobody has verified yet opens a small door only, however many requests go through it: the share of
# the pool that the policy names, for all grants of the organization together that rest on a provisional rank.
PROVISIONAL_GRANTS_ARE_CAPPED = """
    IF EXISTS (
        SELECT 1
        FROM capacity_decision decision
        JOIN capacity_ranking ranking ON ranking.id = decision.ranking_id AND ranking.is_provisional
        JOIN capacity_capacityrequest request ON request.id = decision.request_id
        JOIN priorities_policyversion version ON version.id = ranking.policy_version_id
        JOIN capacity_pool pool ON pool.id = NEW.pool_id
        WHERE decision.id = NEW.decision_id
          AND greatest(pool.supply, 0) * version.provisional_cap_permille / 1000 < NEW.quantity + (
            SELECT coalesce(sum(other.quantity), 0)
            FROM capacity_grant other
            JOIN capacity_decision others ON others.id = other.decision_id
            JOIN capacity_ranking ranks ON ranks.id = others.ranking_id AND ranks.is_provisional
            JOIN capacity_capacityrequest theirs ON theirs.id = others.request_id
            WHERE other.pool_id = NEW.pool_id AND theirs.organization_id = request.organization_id
              AND NOT EXISTS (SELECT 1 FROM capacity_ledgerentry back WHERE back.releases_id = other.entry_id)
          )
    ) THEN
        RAISE EXCEPTION 'a provisional category gets a capped share of the pool' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Grant(AppendOnly):
    """What is promised: one line of a decision on one pool, with its ledger entry."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    request = models.ForeignKey(CapacityRequest, on_delete=models.PROTECT, related_name="grants")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="grants")
    line = models.ForeignKey(RequestLine, on_delete=models.PROTECT, related_name="grants")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="grants")
    level = models.CharField(max_length=10, choices=Level.choices)
    quantity = models.BigIntegerField()
    # Held first where a second signature is asked for; then this is the hold.
    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="grant")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="grant_quantity_is_positive")]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="provisional_grants_are_capped",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func=PROVISIONAL_GRANTS_ARE_CAPPED,
            ),
        ]
