"""Dismiss what the thresholds propose, with a reason."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import may_dismiss_proposal
from capacity.regions.conditions import lock_region
from capacity.regions.proposals import close_proposal
from capacity.regions.threshold_models import ProposalState, ThresholdProposal
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor


class ProposalClosed(Conflict):
    """Somebody answered it, or the readings do not speak for it any more."""

    code = "threshold_proposal_closed"
    message = _("This proposal of the thresholds is not open any more.")
    remedy = _("Look at the region's history.")


class NeedsReason(Invalid):
    """Who dismisses says why."""

    code = "dismissal_reason_needed"


def dismiss_proposal(*, actor: Actor, proposal_id: UUID, answer: str, at: datetime) -> ThresholdProposal:
    """Dismiss an open proposal. It is not raised again while the readings speak for the same condition."""
    with transaction.atomic():
        code = (
            ThresholdProposal.objects.filter(public_id=proposal_id).values_list("region__code", flat=True).first() or ""
        )
        region = lock_region(code)
        if region is None:
            raise NotFound()
        require(may_dismiss_proposal(actor, region))
        proposal = ThresholdProposal.objects.get(public_id=proposal_id)
        if not proposal.is_open:
            raise ProposalClosed()
        if not answer.strip():
            raise NeedsReason({"answer": [_("Say why it is dismissed.")]})
        proposal.region = region
        close_proposal(proposal, ProposalState.DISMISSED, actor=actor, at=at, answer=answer.strip())
        return proposal
