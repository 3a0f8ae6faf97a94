"""The one way in which capacity is granted: checked, posted to the ledger, decided and recorded in one transaction.

Order of locks: the request, then the pools in the order of their keys.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from capacity.intake.circumstances import Circumstances, ahead_now, look_at
from capacity.intake.diagnosis import Block, Finding, assess, findings, signature_reasons
from capacity.intake.wording import Names, finding_text
from capacity.pools import ledger
from capacity.pools.ledger import Posting
from capacity.pools.models import LedgerEntry
from capacity.regions.models import Region
from capacity.requests.access import may_grant_in
from capacity.requests.models import (
    CapacityRequest,
    Decision,
    Grant,
    Outcome,
    RequestLine,
    RequestState,
    Stage,
)
from capacity.requests.moves import move, note
from capacity.review.case import (
    LOOK_AGAIN_AFTER,
    Case,
    Diagnosis,
    diagnose,
    open_case,
    open_request,
    pinned_circumstances,
    pinned_explanation,
)
from capacity.review.models import Lease
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

CAMPAIGN_REFUSES = ("VR002", "VR003")  # raised by capacity/requests/campaign.sql
STATE_AFTER = {
    Outcome.APPROVE: RequestState.APPROVED,
    Outcome.PARTLY: RequestState.PARTLY_APPROVED,
    Outcome.ELSEWHERE: RequestState.APPROVED_ELSEWHERE,
}


class CannotGrant(Conflict):
    """Something stands in the way of this grant; which block or rule is in `values`."""

    code = "cannot_grant"
    message = _("%(reason)s")
    remedies = {
        Block.WORKLOAD: _("Confirm the workload first."),
        Block.OVERRIDE: _("It can be granted when the override ends."),
        Block.ACCESS: _("Grant it in a region where the data may be."),
        Block.OFFER: _("Put it on the waiting list until the lever is lifted."),
        Block.CAPACITY: _("Grant a smaller part, another region, or put it on the waiting list."),
        Block.STAFFING: _("Grant it in another region, or without a date where tiers 1 and 2 need it."),
        Block.ORDER: _("Decide on that request first, or propose an override."),
    }

    def __init__(self, found: Sequence[Finding], names: Names, **values: Any) -> None:
        first = found[0]
        self.code = f"cannot_grant_{first.block}"
        self.remedy = self.remedies.get(first.block, "")
        super().__init__(
            reason=" ".join(finding_text(finding.reason, names) for finding in found),
            block=str(first.block),
            **{
                "ahead" if name == "request" else name: value
                for name, value in first.reason.params.items()
                if isinstance(value, int | str)
            },
            **values,
        )


class CampaignIsFull(Conflict):
    """Somebody took what was left of the campaign's cap, or closed it, at the same moment."""

    code = "campaign_is_full"
    message = _("The offer campaign has no room for this any more, or was closed.")
    remedy = _("Look at the effect again: grant a smaller part, or put it on the waiting list.")


class NotAskedFor(Conflict):
    """The region is not one the customer accepts."""

    code = "region_not_accepted"
    message = _("%(request)s does not accept %(region)s.")
    remedy = _("Use “Grant elsewhere” once the customer agreed to the region.")


class AskedFor(Conflict):
    """Elsewhere means a region that was not asked for."""

    code = "region_accepted"
    message = _("%(request)s accepts %(region)s, so this is no grant elsewhere.")
    remedy = _("Approve it, or grant a part of it.")


class NoSuchRegion(Invalid):
    """There is no region of this code, or no pool in it."""

    code = "no_such_region"
    message = _("There is no region “%(code)s” with capacity.")


class QuantitiesDoNotMatch(Invalid):
    """A grant names a quantity for every line of the request and for nothing else."""

    code = "quantities_do_not_match"
    message = _("Name a quantity for each line of the request, and for nothing else.")


class EffectChanged(Conflict):
    """What the page said about the effect is no longer so."""

    code = "effect_changed"
    message = _("This grant would now need a second signature, which it did not when you looked.")
    remedy = _("Look at the effect again and repeat the decision.")


def decide_grant(
    *,
    actor: Actor,
    request_id: UUID,
    region_code: str,
    quantities: dict[str, int] | None,
    outcome: Outcome,
    reason: str,
    undated: bool,
    at: datetime,
    row_version: int | None,
    expects_signature: bool | None,
) -> Decision:
    """Grant all lines in one region or nothing. `quantities` is by resource code; None grants everything asked for.

    Raises `CannotGrant` naming the block or rule with its numbers, `AlreadyDecided` naming who was faster,
    `PoolIsFull` should the pool say no after all.
    """
    with transaction.atomic():
        request = open_request(request_id)
        require(may_grant_in(actor, request, region_code))
        case = open_case(request, actor=actor, at=at, row_version=row_version, region=region_code)
        ask = case.ask_in(region_code)
        wishes = dict(request.acceptable.values_list("region__code", "wish"))
        seen = look_at(Region.objects.filter(code=region_code), at=at, wishes=wishes, lock=True)
        place = seen.place(region_code)
        if place is None:
            raise NoSuchRegion(code=region_code[:40])
        _check_region(case, outcome, seen.regions[region_code], is_accepted=place.wish is not None)
        wanted = _quantities(case, quantities)
        ahead = ahead_now(case.ranked, [region_code] if place.scarce else [], at=at).get(region_code, ())
        found = findings(ask, place, wanted, ahead=ahead, undated=undated)
        names = Names(seen.pinned([region_code]))
        if found:
            raise CannotGrant(found, names, request=request.label)
        signatures = signature_reasons(
            ask,
            place,
            wanted,
            large_permille=case.terms.second_signature_permille,
            mark_permille=case.terms.mark_permille,
        )
        if expects_signature is False and signatures:
            raise EffectChanged()
        if outcome == Outcome.APPROVE:
            finding = Diagnosis(seen, {region_code: ahead}, (assess(ask, place, ahead=ahead, undated=undated),), ())
        else:
            # Less than was asked for is explained as a refusal is: what stood in the way, and what helps out.
            finding = diagnose(case, wishes=wishes)
        decision = Decision.objects.create(
            request=request,
            outcome=outcome,
            stage=Stage.FIRST_SIGNATURE if signatures else Stage.FINAL,
            region=seen.regions[region_code],
            ranking=request.ranking,
            policy_version=case.version,
            circumstances=pinned_circumstances(case, finding, [region_code, *wishes]),
            block="" if outcome == Outcome.APPROVE or finding.best is None else finding.best.block,
            explanation=pinned_explanation(
                case,
                finding,
                quantities=list(wanted),
                asked=list(case.ask.full),
                undated=undated,
                signatures=[one.as_dict() for one in signatures],
            ),
            reason=reason.strip(),
            # An approval settles everything; of what was not granted the customer learns when we look again.
            next_look_date=None if outcome == Outcome.APPROVE else at.date() + LOOK_AGAIN_AFTER,
            by_id=actor.user_id,
            at=at,
        )
        _post(case, decision, seen, wanted, actor=actor, at=at, held=bool(signatures))
        before = {"state": request.state}
        after = RequestState.AWAITING_SECOND_SIGNATURE if signatures else STATE_AFTER[outcome]
        changes: dict[str, Any] = {"next_look_date": None}
        if not signatures:
            changes["decided_at"] = at
        move(request, after, actor=actor, at=at, reason=reason.strip(), **changes)
        Lease.objects.filter(request=request).delete()
        note(
            request,
            "request.signed_first" if signatures else f"request.{_PAST[outcome]}",
            actor=actor,
            reason=reason.strip(),
            before=before,
            after=granted_facts(decision, case.lines, wanted),
            at=at,
        )
        return decision


_PAST = {Outcome.APPROVE: "approved", Outcome.PARTLY: "partly_approved", Outcome.ELSEWHERE: "approved_elsewhere"}


def granted_facts(decision: Decision, lines: Sequence[RequestLine], quantities: Sequence[int]) -> dict[str, Any]:
    """What the journal keeps of a grant: the decision, where, and how much."""
    return {
        "decision": str(decision.public_id),
        "region": decision.region.code if decision.region else None,
        "granted": [
            {"resource": line.resource.code, "quantity": units} for line, units in zip(lines, quantities, strict=True)
        ],
    }


def granted_action(outcome: str) -> str:
    """The name under which the journal keeps a grant of this outcome."""
    return f"request.{_PAST[Outcome(outcome)]}"


def _check_region(case: Case, outcome: Outcome, region: Region, *, is_accepted: bool) -> None:
    values = {"request": case.request.label, "region": region.name}
    if outcome == Outcome.ELSEWHERE and is_accepted:
        raise AskedFor(**values)
    if outcome != Outcome.ELSEWHERE and not is_accepted:
        raise NotAskedFor(**values)


def _quantities(case: Case, quantities: dict[str, int] | None) -> tuple[int, ...]:
    if quantities is None:
        return case.ask.full
    if set(quantities) != {line.resource for line in case.ask.lines}:
        raise QuantitiesDoNotMatch()
    return tuple(quantities[line.resource] for line in case.ask.lines)


def _post(
    case: Case,
    decision: Decision,
    seen: Circumstances,
    quantities: Sequence[int],
    *,
    actor: Actor,
    at: datetime,
    held: bool,
) -> list[LedgerEntry]:
    code = decision.region.code if decision.region else ""
    level = ledger.level_for(case.ranked.within(code).result.tier)
    postings = [
        Posting(
            pool_id=seen.pools[code, line.resource.code].pk,
            level=level,
            quantity=units,
            subject=f"{decision.public_id}:{line.resource.code}",
        )
        for line, units in zip(case.lines, quantities, strict=True)
    ]
    entries = (ledger.hold if held else ledger.grant)(postings, actor=actor, at=at)
    keep_grants(case.request, decision, case.lines, entries, at=at)
    return entries


def keep_grants(
    request: CapacityRequest,
    decision: Decision,
    lines: Sequence[RequestLine],
    entries: Sequence[LedgerEntry],
    *,
    at: datetime,
) -> None:
    """Write a grant per ledger entry, each for its line. Raises `CampaignIsFull`."""
    by_resource = {line.resource.code: line for line in lines}
    grants = [
        Grant(
            request=request,
            decision=decision,
            line=by_resource[entry.subject.rpartition(":")[2]],
            pool_id=entry.pool_id,
            level=entry.level,
            quantity=entry.quantity,
            entry=entry,
            at=at,
        )
        for entry in entries
    ]
    try:
        with transaction.atomic():
            Grant.objects.bulk_create(grants)
    except DatabaseError as error:
        if getattr(error.__cause__, "pgcode", None) not in CAMPAIGN_REFUSES:
            raise
        raise CampaignIsFull() from None
