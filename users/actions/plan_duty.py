"""Put a duty manager and perhaps a deputy on the rota for second signatures."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor, may_plan_duty
from users.models import DutyShift, User
from users.queries import people_with
from users.roles import Role

LONGEST = timedelta(days=14)


class CannotPlanDuty(Invalid):
    """The people or the times do not do."""

    code = "cannot_plan_duty"


class DutyOverlaps(Conflict):
    """Somebody is on duty in a part of that time."""

    code = "duty_overlaps"
    message = _("%(name)s is on duty in a part of that time.")
    remedy = _("Remove that shift first, or choose other times.")


def plan_duty(
    *, actor: Actor, holder_id: UUID, deputy_id: UUID | None, starts_at: datetime, ends_at: datetime, at: datetime
) -> DutyShift:
    """Add a shift in the half-open window. Raises `CannotPlanDuty` and `DutyOverlaps`."""
    with transaction.atomic():
        require(may_plan_duty(actor))
        holder, deputy = _check(holder_id, deputy_id, starts_at, ends_at, at)
        if taken := DutyShift.objects.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).first():
            raise DutyOverlaps(name=taken.holder.name)
        try:
            with transaction.atomic():
                shift = DutyShift.objects.create(holder=holder, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
        except IntegrityError as error:  # Somebody else planned the same time in this moment.
            raise DutyOverlaps(name=_("Somebody")) from error
        record(
            actor=actor,
            action="duty.planned",
            subject_type="duty_shift",
            subject_id=shift.public_id,
            after=told(shift),
            at=at,
        )
        return shift


def told(shift: DutyShift) -> dict[str, Any]:
    """A shift as the journal tells it."""
    return {
        "holder": str(shift.holder.public_id),
        "deputy": str(shift.deputy.public_id) if shift.deputy else None,
        "starts_at": shift.starts_at.isoformat(),
        "ends_at": shift.ends_at.isoformat(),
    }


def _check(
    holder_id: UUID, deputy_id: UUID | None, starts_at: datetime, ends_at: datetime, at: datetime
) -> tuple[User, User | None]:
    able = {person.public_id: person for person in people_with(Role.DUTY_MANAGER)}
    fields: dict[str, list[Any]] = {}
    if holder_id not in able:
        fields["holder"] = [_("Choose a duty manager.")]
    if deputy_id is not None and deputy_id not in able:
        fields["deputy"] = [_("Choose a duty manager.")]
    elif deputy_id == holder_id:
        fields["deputy"] = [_("Choose somebody else than who is on duty.")]
    if ends_at <= starts_at:
        fields["ends_at"] = [_("Choose an end after the start.")]
    elif ends_at - starts_at > LONGEST:
        fields["ends_at"] = [_("A shift lasts %(days)s days at most.") % {"days": LONGEST.days}]
    elif ends_at <= at:
        fields["ends_at"] = [_("This is past.")]
    if fields:
        raise CannotPlanDuty(fields)
    return able[holder_id], able[deputy_id] if deputy_id is not None else None
