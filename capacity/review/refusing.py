"""The one way in which a request is not granted: diagnosed, explained, decided and recorded in one transaction."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.intake.diagnosis import Block
from capacity.requests.access import may_review
from capacity.requests.models import Decision, Outcome, RequestState
from capacity.requests.moves import move, note, required_reason
from capacity.review.case import diagnose, open_case, open_request, pinned_circumstances, pinned_explanation
from capacity.review.models import Lease
from kit.refusal import Invalid, Refusal, require
from users.access import Actor

# What a person may find; capacity, crews and the order are for the diagnosis to say.
BLOCKS_PEOPLE_NAME = (Block.ACCESS, Block.OFFER, Block.QUOTA)
LATEST_LOOK = timedelta(days=366)


class LookDateRefused(Invalid):
    """The next look lies ahead, within a year."""

    code = "look_date_refused"
    message = _("The next look must be a day within the coming year.")


class UnknownBlock(Invalid):
    """People name access, offer or quota."""

    code = "unknown_block"
    message = _("Choose access, offer or quota, or leave it to the diagnosis.")


def decide_without_grant(
    *,
    actor: Actor,
    request_id: UUID,
    outcome: Outcome,
    state: RequestState,
    action: str,
    reason: str,
    block: str,
    next_look_date: date,
    missing_block: type[Refusal],
    row_version: int | None,
    at: datetime,
) -> Decision:
    """Decide with the block, the numbers, the ways out, one verified change and the next look pinned."""
    request = open_request(request_id)
    require(may_review(actor, request))
    case = open_case(request, actor=actor, at=at, row_version=row_version)
    reason = required_reason(reason)
    if block and block not in BLOCKS_PEOPLE_NAME:
        raise UnknownBlock({"block": [UnknownBlock.message]})
    if not at.date() < next_look_date <= at.date() + LATEST_LOOK:
        raise LookDateRefused({"next_look_date": [LookDateRefused.message]})
    wishes = dict(request.acceptable.values_list("region__code", "wish"))
    finding = diagnose(case, wishes=wishes)
    found = finding.best.block if finding.best is not None else str(Block.CAPACITY)
    if not block and not found and finding.best is not None:
        region = finding.circumstances.regions[finding.best.place].name
        raise missing_block(request=request.label, region=region)
    decision = Decision.objects.create(
        request=request,
        outcome=outcome,
        ranking=request.ranking,
        policy_version=case.version,
        circumstances=pinned_circumstances(case, finding, list(wishes)),
        block=block or found,
        explanation=pinned_explanation(case, finding, asked=list(case.ask.full), named_by_person=bool(block)),
        reason=reason,
        next_look_date=next_look_date,
        by_id=actor.user_id,
        at=at,
    )
    before = {"state": request.state}
    changes = {"next_look_date": next_look_date if state == RequestState.WAITLISTED else None}
    move(request, state, actor=actor, at=at, reason=reason, decided_at=at, **changes)
    Lease.objects.filter(request=request).delete()
    note(
        request,
        action,
        actor=actor,
        reason=reason,
        before=before,
        after={
            "decision": str(decision.public_id),
            "block": decision.block,
            "next_look_date": next_look_date.isoformat(),
        },
        at=at,
    )
    return decision
