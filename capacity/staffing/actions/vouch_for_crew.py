"""Vouch for the last reported state of a crew while its reports fail to come."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing.access import may_vouch_for_crew
from capacity.staffing.models import ShiftReport, StateConfirmation
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

VOUCHED_FOR = timedelta(hours=24)


class NeverReported(Conflict):
    """There is no last state."""

    code = "never_reported"
    message = _("%(datacenter)s has never reported, so there is no state to confirm.")


class NeedsReason(Invalid):
    """A confirmation says how one knows."""

    code = "confirmation_reason_needed"


def vouch_for_crew(*, actor: Actor, datacenter: Datacenter, reason: str, at: datetime) -> StateConfirmation:
    """Let the last reports count for 24 hours from now, as a duty manager; a red crew stays red."""
    with transaction.atomic():
        require(may_vouch_for_crew(actor, datacenter.region.code))
        if not reason.strip():
            raise NeedsReason({"reason": [_("Say how you know how the crew stands.")]})
        if not ShiftReport.objects.filter(datacenter=datacenter).exists():
            raise NeverReported(datacenter=datacenter.name)
        confirmation = StateConfirmation.objects.create(
            datacenter=datacenter, reason=reason.strip(), by_id=actor.user_id, at=at, until=at + VOUCHED_FOR
        )
        record(
            actor=actor,
            action="crew.vouched",
            subject_type="datacenter",
            subject_id=datacenter.code,
            reason=confirmation.reason,
            after={"code": datacenter.code, "until": confirmation.until.isoformat()},
            at=at,
        )
        return confirmation
