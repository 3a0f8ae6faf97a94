"""Add a further step to a lever: what happens should the steps so far not be enough."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_work_lever
from capacity.levers.models import Lever, LeverState
from capacity.levers.steps import MOST_STEPS, PlannedStep, keep_step, lock_lever, problems_of, region_code
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor


class CannotAddStep(Invalid):
    """The step says something wrong or too little."""

    code = "cannot_add_step"


class NoFurtherStep(Conflict):
    """The lever was lifted, or has as many steps as a lever may have."""

    code = "no_further_step"
    message = _("This lever takes no further step.")
    remedy = _("Set up another lever.")


def add_step(*, actor: Actor, lever_id: UUID, step: PlannedStep, at: datetime) -> Lever:
    """Write down the next step in order; it restricts nobody before it is asked for and signed.

    Raises `CannotAddStep`, `NoFurtherStep`.
    """
    with transaction.atomic():
        lever = lock_lever(lever_id)
        require(may_work_lever(actor, region_code(lever)))
        last = lever.steps.order_by("position").last()
        position = last.position + 1 if last else 1
        if lever.state == LeverState.RESTORED or position > MOST_STEPS:
            raise NoFurtherStep()
        fields = problems_of(step, kind=lever.kind, region_id=lever.region_id, before=last)
        if fields:
            raise CannotAddStep(fields)
        made = keep_step(lever, step, position=position, actor=actor, at=at)
        record(
            actor=actor,
            action="lever.step_added",
            subject_type="lever",
            subject_id=lever.public_id,
            after={
                "step": position,
                "state": made.state,
                "harm_points": made.harm_points,
                "promises": dict(step.promises),
                "region": region_code(lever),
            },
            at=at,
        )
        return lever
