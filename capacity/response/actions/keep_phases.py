"""Add a phase to a plan, and go on to the next one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from capacity.response.access import may_change_plan, may_move_phase, possible_owners
from capacity.response.models import PlanPhase
from capacity.response.plans import PlanNotActive, lock_plan, require_open
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

MOST_PHASES = 20


class CannotAddPhase(Invalid):
    """A text or the owner is missing."""

    code = "cannot_add_phase"


class NoNextPhase(Conflict):
    """The last phase is on, or somebody was quicker."""

    code = "no_next_phase"
    message = _("No phase follows this one, or another one has begun meanwhile.")
    remedy = _("Add a phase, or let a duty manager stand the plan down.")


def add_phase(*, actor: Actor, plan_id: UUID, title: str, goals: str, owner: UUID | None, at: datetime) -> PlanPhase:
    """A further phase behind the last one. Raises `CannotAddPhase` and `PlanIsOver`."""
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        require_open(plan)
        require(may_change_plan(actor, plan))
        person = possible_owners().filter(public_id=owner).first() if owner else None
        last = plan.phases.aggregate(last=Max("position"))["last"] or 0
        fields: dict[str, list[Any]] = {}
        if not title.strip():
            fields["title"] = [_("This is missing.")]
        if not goals.strip():
            fields["goals"] = [_("Say what it is to reach.")]
        if person is None:
            fields["owner"] = [_("Choose who owns it.")]
        if last >= MOST_PHASES:
            fields["title"] = [_("A plan has %(most)s phases at most.") % {"most": MOST_PHASES}]
        if fields or person is None:
            raise CannotAddPhase(fields)
        phase = PlanPhase.objects.create(
            plan=plan, position=last + 1, title=title.strip(), goals=goals.strip(), owner=person
        )
        record(
            actor=actor,
            action="plan.phase_added",
            subject_type="response_plan",
            subject_id=plan.public_id,
            after={"position": phase.position, "title": phase.title, "owner": str(person.public_id)},
            at=at,
        )
        return phase


def begin_next_phase(*, actor: Actor, plan_id: UUID, after: int, at: datetime) -> PlanPhase:
    """End the current phase, of position `after`, and begin the one behind it.

    Raises `PlanNotActive`, and `NoNextPhase` where `after` is not current any more or the last.
    """
    with transaction.atomic():
        plan = lock_plan(actor, plan_id)
        if not plan.is_active:
            raise PlanNotActive()
        phases = list(plan.phases.order_by("position"))
        current = next((phase for phase in phases if phase.is_current), None)
        require(may_move_phase(actor, current))
        following = next((phase for phase in phases if current and phase.position > current.position), None)
        if current is None or following is None or current.position != after:
            raise NoNextPhase()
        current.ended_at = at
        current.row_version += 1
        current.save(update_fields=["ended_at", "row_version"])
        following.began_at = at
        following.row_version += 1
        following.save(update_fields=["began_at", "row_version"])
        record(
            actor=actor,
            action="plan.phase_began",
            subject_type="response_plan",
            subject_id=plan.public_id,
            before={"position": current.position, "title": current.title},
            after={"position": following.position, "title": following.title},
            at=at,
        )
        return following
