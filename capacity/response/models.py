"""What the house does in an incident: a plan in phases with owners and a checklist, and all that belongs to it."""

from functools import reduce
from operator import or_

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from capacity.levers.models import Lever
from capacity.notices.models import Notice
from capacity.regions.models import ConditionDeclaration
from customers.liaison.models import LiaisonItem
from kit.models import AppendOnly, Public
from kit.transitions import Life
from users.models import User


class PlanState(models.TextChoices):
    """Where a response plan stands."""

    DRAFTED = "drafted", _("Drafted")
    ACTIVE = "active", _("Active")
    STOOD_DOWN = "stood_down", _("Stood down")
    REVIEWED = "reviewed", pgettext_lazy("response plan", "Reviewed")


PLAN_LIFE = Life(
    {
        PlanState.DRAFTED: {PlanState.ACTIVE},
        PlanState.ACTIVE: {PlanState.STOOD_DOWN},
        PlanState.STOOD_DOWN: {PlanState.REVIEWED},
        PlanState.REVIEWED: set(),
    }
)


# What was stood down stays as it was, whoever writes. The lock lets no plan end meanwhile.
_PLAN_IS_OPEN = """
    PERFORM 1 FROM capacity_responseplan plan WHERE plan.id = {plan} AND plan.state IN ('drafted', 'active') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'its plan is over' USING ERRCODE = 'check_violation';
    END IF;
    RETURN {row};
"""


# The link to a contact leaves a plan that is over only together with the contact, when that is erased.
_CONTACT_IS_GONE = """
    IF EXISTS (SELECT 1 FROM customers_liaisonitem item WHERE item.id = OLD.target_id) THEN
        PERFORM 1 FROM capacity_responseplan plan WHERE plan.id = OLD.plan_id AND plan.state IN ('drafted', 'active');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'its plan is over' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
"""


def _of_open_plan(name: str, operation: pgtrigger.Operation, plan: str, row: str = "NEW") -> pgtrigger.Trigger:
    func = _PLAN_IS_OPEN.format(plan=plan, row=row)
    return pgtrigger.Trigger(name=name, operation=operation, when=pgtrigger.Before, func=func)


def _changes(*names: str) -> pgtrigger.Q:
    changed = (pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in names)
    return reduce(or_, changed)


class ResponsePlan(Public):
    """An incident and what is done about it.

    One person drafts and another activates; who stood it down does not review it.
    """

    title = models.CharField(max_length=160)
    situation = models.TextField()
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.DRAFTED)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    activated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    activated_at = models.DateTimeField(null=True)
    stood_down_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    stood_down_at = models.DateTimeField(null=True)
    stand_down_reason = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(activated_by=None) | ~Q(activated_by=F("drafted_by")), name="nobody_activates_own_plan"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("stood_down_by")),
                name="another_person_reviews_a_plan",
            ),
            models.CheckConstraint(
                condition=Q(state="drafted", activated_by=None, activated_at=None)
                | (~Q(state="drafted") & Q(activated_by__isnull=False, activated_at__isnull=False)),
                name="plan_activated_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["drafted", "active"], stood_down_by=None, stood_down_at=None, stand_down_reason=""
                )
                | (
                    Q(state__in=["stood_down", "reviewed"], stood_down_by__isnull=False, stood_down_at__isnull=False)
                    & ~Q(stand_down_reason="")
                ),
                name="plan_stood_down_with_reason",
            ),
            models.CheckConstraint(
                condition=(~Q(state="reviewed") & Q(reviewed_by=None, reviewed_at=None, review=""))
                | (Q(state="reviewed", reviewed_by__isnull=False, reviewed_at__isnull=False) & ~Q(review="")),
                name="plan_reviewed_with_a_text",
            ),
        ]
        triggers = [
            PLAN_LIFE.trigger(),
            pgtrigger.Protect(
                name="plan_begins_drafted", operation=pgtrigger.Insert, condition=~pgtrigger.Q(new__state="drafted")
            ),
            pgtrigger.Protect(
                name="plan_text_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="drafted") & _changes("title", "situation"),
            ),
            pgtrigger.ReadOnly(name="plan_drafter_stays", fields=["drafted_by", "drafted_at"]),
            pgtrigger.Protect(
                name="plan_activation_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__activated_at__isnull=False) & _changes("activated_by", "activated_at"),
            ),
            pgtrigger.Protect(
                name="plan_end_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__stood_down_at__isnull=False)
                & _changes("stood_down_by", "stood_down_at", "stand_down_reason"),
            ),
            pgtrigger.Protect(
                name="reviewed_plan_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="reviewed"),
            ),
        ]

    @property
    def is_active(self) -> bool:
        return self.state == PlanState.ACTIVE

    @property
    def is_drafted(self) -> bool:
        return self.state == PlanState.DRAFTED


class PlanMove(AppendOnly):
    """One step in the life of a plan."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="moves")
    old_state = models.CharField(max_length=10, blank=True)
    new_state = models.CharField(max_length=10, choices=PlanState.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta(AppendOnly.Meta):
        pass


class PlanPhase(Public):
    """A stretch of a plan with its owner and what it is to reach; one at a time is current."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="phases")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    goals = models.TextField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    runtime_updates = ("began_at", "ended_at", "row_version")

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="one_phase_a_position"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(began_at__isnull=False, ended_at=None), name="one_current_phase"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(began_at__isnull=False, ended_at__gte=F("began_at")),
                name="phase_ends_after_it_began",
            ),
        ]
        triggers = [
            _of_open_plan("phase_of_open_plan", pgtrigger.Insert | pgtrigger.Update, "NEW.plan_id"),
            pgtrigger.Protect(
                name="phase_that_ended_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
            pgtrigger.Protect(
                name="phase_stays_begun",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__began_at__isnull=False) & _changes("began_at"),
            ),
        ]

    @property
    def is_current(self) -> bool:
        return self.began_at is not None and self.ended_at is None


class PlanItem(Public):
    """One line of the checklist: what is to be done in a phase, by whom, by when, and that it was."""

    phase = models.ForeignKey(PlanPhase, on_delete=models.PROTECT, related_name="items")
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)

    runtime_updates = ("done_by", "done_at", "row_version")

    class Meta:
        ordering = ["phase", "pk"]
        indexes = [models.Index(fields=["owner", "due_at"], condition=Q(done_at=None), name="plan_item_of_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_by=None, done_at=None)
                | Q(done_by__isnull=False, done_at__isnull=False, done_at__gte=F("added_at")),
                name="plan_item_done_by_somebody",
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="done_plan_item_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__done_at__isnull=False),
            ),
            _of_open_plan(
                "item_of_open_plan",
                pgtrigger.Insert | pgtrigger.Update,
                "(SELECT phase.plan_id FROM capacity_planphase phase WHERE phase.id = NEW.phase_id)",
            ),
        ]


class PlanLink(models.Model):
    """That something belongs to a plan. A link that was wrong is taken away; both are in the journal."""

    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()

    runtime_updates = ()
    runtime_deletes = True

    class Meta:
        abstract = True
        triggers = [
            _of_open_plan("link_to_open_plan", pgtrigger.Insert, "NEW.plan_id"),
            _of_open_plan("link_of_open_plan", pgtrigger.Delete, "OLD.plan_id", row="OLD"),
        ]


class LinkedCondition(PlanLink):
    """A region's condition that the plan is about."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="conditions")
    target = models.ForeignKey(ConditionDeclaration, on_delete=models.PROTECT, related_name="+")

    class Meta(PlanLink.Meta):
        constraints = [models.UniqueConstraint(fields=["plan", "target"], name="plan_condition_once")]


class LinkedLever(PlanLink):
    """A lever that the plan pulls."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="levers")
    target = models.ForeignKey(Lever, on_delete=models.PROTECT, related_name="+")

    class Meta(PlanLink.Meta):
        constraints = [models.UniqueConstraint(fields=["plan", "target"], name="plan_lever_once")]


class LinkedNotice(PlanLink):
    """A notice by which the plan tells the public."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="notices")
    target = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")

    class Meta(PlanLink.Meta):
        constraints = [models.UniqueConstraint(fields=["plan", "target"], name="plan_notice_once")]


class LinkedLiaison(PlanLink):
    """A contact with responders or authorities that the plan rests on; it goes when what was said is erased."""

    plan = models.ForeignKey(ResponsePlan, on_delete=models.PROTECT, related_name="liaison")
    target = models.ForeignKey(LiaisonItem, on_delete=models.CASCADE, related_name="+")

    class Meta(PlanLink.Meta):
        constraints = [models.UniqueConstraint(fields=["plan", "target"], name="plan_liaison_once")]
        triggers = [
            PlanLink.Meta.triggers[0],
            pgtrigger.Trigger(
                name="link_of_open_plan",
                operation=pgtrigger.Delete,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func=_CONTACT_IS_GONE,
            ),
        ]
