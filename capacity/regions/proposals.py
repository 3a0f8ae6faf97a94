"""Proposals of the thresholds: raised and closed while the region is locked, at most one open a region."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from capacity.regions.models import ConditionDeclaration, DeclarationState, Region
from capacity.regions.threshold_models import ProposalState, ThresholdProposal, ThresholdSet
from capacity.regions.thresholds import FIRST_RULES, Reading, Reason, Rules, Standing, Threshold
from journal.record import record
from users.access import Actor


def rules_in_force() -> Rules:
    """The thresholds in force: the latest set, or those that an installation begins with. At most two questions."""
    latest = ThresholdSet.objects.prefetch_related("thresholds").order_by("-pk").first()
    return FIRST_RULES if latest is None else rules_of(latest)


def rules_of(stored: ThresholdSet) -> Rules:
    """A stored set as the pure core reads it."""
    return Rules(
        tuple(Threshold(row.measure, row.condition, row.enters, row.leaves) for row in stored.thresholds.all()),
        timedelta(minutes=stored.worse_after),
        timedelta(minutes=stored.milder_after),
    )


def reading_data(reading: Reading) -> dict[str, Any]:
    """A reading as it is stored."""
    return {**asdict(reading), "measure": str(reading.measure)}


def reason_data(reason: Reason) -> dict[str, Any]:
    """A reason as a proposal keeps it; `threshold_wording` makes a sentence of it."""
    return {
        **reading_data(reason.reading),
        "condition": reason.condition,
        "bound": reason.bound,
        "is_entered": reason.is_entered,
        "has_left": reason.has_left,
    }


def raise_proposal(
    region: Region, standing: Standing, reasons: Sequence[Reason], *, actor: Actor, at: datetime
) -> ThresholdProposal:
    """Propose what the readings speak for, in the caller's transaction that holds the region's lock."""
    proposal = ThresholdProposal.objects.create(
        region=region,
        current=region.condition,
        condition=standing.condition,
        reasons=[reason_data(reason) for reason in reasons],
        since=standing.since,
        raised_at=at,
    )
    record(
        actor=actor,
        action="threshold_proposal.raised",
        subject_type="region",
        subject_id=region.code,
        before={"condition": region.condition},
        after={**_facts(region, proposal), "reasons": proposal.reasons, "since": standing.since.isoformat()},
        at=at,
    )
    return proposal


def take_up_proposal(region: Region, declaration: ConditionDeclaration, *, actor: Actor, at: datetime) -> None:
    """Close the open proposal that a person's declaration follows; one of another condition stays for the next look."""
    proposal = ThresholdProposal.objects.filter(
        region=region, state=ProposalState.OPEN, condition=declaration.condition
    ).first()
    if proposal is not None:
        close_proposal(proposal, ProposalState.TAKEN_UP, actor=actor, at=at, declaration=declaration)


def close_proposal(
    proposal: ThresholdProposal,
    state: ProposalState,
    *,
    actor: Actor,
    at: datetime,
    answer: str = "",
    declaration: ConditionDeclaration | None = None,
) -> None:
    """Say what became of an open proposal, in the caller's transaction that holds the region's lock."""
    proposal.state = state
    proposal.closed_at = at
    proposal.closed_by_id = actor.user_id
    proposal.answer = answer
    proposal.declaration = declaration
    proposal.row_version += 1
    proposal.save(update_fields=list(ThresholdProposal.runtime_updates))
    record(
        actor=actor,
        action=_CLOSED[state],
        subject_type="region",
        subject_id=proposal.region.code,
        reason=answer,
        after=_facts(proposal.region, proposal),
        at=at,
    )


def is_answered(region: Region, standing: Standing) -> bool:
    """Whether people already answered what the readings speak for, since they came to it.

    Dismissed, refused by the second person, or waiting for that person: nobody is asked the same twice.
    """
    answered = ThresholdProposal.objects.filter(
        region=region, condition=standing.condition, closed_at__gte=standing.changed_at
    )
    waiting = [DeclarationState.PROPOSED, DeclarationState.REFUSED]
    return (
        answered.filter(state=ProposalState.DISMISSED).exists()
        or answered.filter(state=ProposalState.TAKEN_UP, declaration__state__in=waiting).exists()
        or ConditionDeclaration.objects.filter(
            region=region, condition=standing.condition, state=DeclarationState.PROPOSED
        ).exists()
    )


_CLOSED = {
    ProposalState.TAKEN_UP: "threshold_proposal.taken_up",
    ProposalState.SUPERSEDED: "threshold_proposal.superseded",
    ProposalState.LAPSED: "threshold_proposal.lapsed",
    ProposalState.DISMISSED: "threshold_proposal.dismissed",
}


def _facts(region: Region, proposal: ThresholdProposal) -> dict[str, Any]:
    return {"code": region.code, "condition": proposal.condition, "proposal": str(proposal.public_id)}
