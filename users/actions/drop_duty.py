"""Take a shift off the rota."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, NotFound, require
from users.access import Actor, may_plan_duty
from users.actions.plan_duty import told
from users.models import DutyShift


class NoSuchShift(NotFound):
    """It was removed meanwhile."""

    code = "no_such_shift"
    message = _("There is no such shift any more.")


class ShiftIsOver(Conflict):
    """Who was on duty stays on record."""

    code = "shift_is_over"
    message = _("This shift is over; who was on duty then stays on record.")


def drop_duty(*, actor: Actor, shift_id: UUID, at: datetime) -> None:
    """Remove a shift that comes; of one that runs, what is left. Raises `NoSuchShift`, `ShiftIsOver`."""
    with transaction.atomic():
        require(may_plan_duty(actor))
        shift = DutyShift.objects.select_for_update(of=("self",)).filter(public_id=shift_id).first()
        if shift is None:
            raise NoSuchShift()
        if shift.ends_at <= at:
            raise ShiftIsOver()
        before = told(shift)
        if shift.starts_at < at:
            shift.ends_at = at
            shift.row_version += 1
            shift.save(update_fields=["ends_at", "row_version"])
        else:
            shift.delete()
        record(actor=actor, action="duty.dropped", subject_type="duty_shift", subject_id=shift_id, before=before, at=at)
