"""Set up a lever, and ask for a step of it: limit, pause, restore."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_propose_step
from capacity.levers.models import LEVER_LIFE, Lever, LeverKind, LeverState
from capacity.regions.models import Region
from customers.models import FREE_OFFERS, OfferType
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from users.access import Actor


class CannotSetUpLever(Invalid):
    """What it reaches, when it is lifted or looked at is missing or wrong."""

    code = "cannot_set_up_lever"


class StepWaits(Conflict):
    """One step at a time."""

    code = "step_waits"
    message = _("A step of this lever already waits for a second signature.")
    remedy = _("Let it be signed or refused first.")


def set_up_lever(
    *,
    actor: Actor,
    kind: str,
    region_code: str,
    offer_types: Sequence[str],
    step: str,
    limit_per_line: int | None,
    reach: str,
    lift_condition: str,
    review_date: date,
    at: datetime,
) -> Lever:
    """A new lever whose first step waits for a second signature; `region_code` empty means all regions.

    A lever on free offers reaches free, trial, student and credit offers only: what is paid for is not
    restricted by it. Tiers 1 and 2 are spared by the diagnosis. Raises `CannotSetUpLever`.
    """
    with transaction.atomic():
        region = Region.objects.filter(code=region_code).first() if region_code else None
        require(may_propose_step(actor, region_code or None))
        fields: dict[str, list[Any]] = {}
        if region_code and region is None:
            fields["region_code"] = [_("There is no such region.")]
        if kind not in LeverKind.values:
            fields["kind"] = [_("Choose what is restricted.")]
        if not offer_types or any(one not in OfferType.values for one in offer_types):
            fields["offer_types"] = [_("Choose at least one offer.")]
        elif kind == LeverKind.FREE_OFFERS and not set(offer_types) <= FREE_OFFERS:
            fields["offer_types"] = [_("Only free, trial, student and credit offers: what is paid for is spared.")]
        if step not in (LeverState.LIMITED, LeverState.PAUSED):
            fields["step"] = [_("Choose whether the offers are limited or paused.")]
        elif step == LeverState.LIMITED and not limit_per_line:
            fields["limit_per_line"] = [_("Say how many units one request may ask for.")]
        for name, text in (("reach", reach), ("lift_condition", lift_condition)):
            if not text.strip():
                fields[name] = [_("This is missing.")]
        if review_date <= at.date():
            fields["review_date"] = [_("Choose a day in the future.")]
        if fields:
            raise CannotSetUpLever(fields)
        assert actor.user_id is not None  # the role was required above
        lever = Lever.objects.create(
            kind=kind,
            region=region,
            offer_types=list(offer_types),
            limit_per_line=limit_per_line if step == LeverState.LIMITED else None,
            reach=reach.strip(),
            lift_condition=lift_condition.strip(),
            review_date=review_date,
            owner_id=actor.user_id,
            pending_state=step,
            pending_by_id=actor.user_id,
            created_at=at,
        )
        _record(actor, lever, at)
        return lever


def propose_step(*, actor: Actor, lever_id: UUID, step: str, at: datetime) -> Lever:
    """Ask for the next step of a lever. Raises `StepWaits`, `MoveRefused`."""
    with transaction.atomic():
        lever = (
            Lever.objects.select_for_update(of=("self",)).select_related("region").filter(public_id=lever_id).first()
        )
        if lever is None:
            raise NotFound()
        require(may_propose_step(actor, lever.region.code if lever.region else None))
        if lever.pending_state:
            raise StepWaits()
        if step not in LeverState.values:
            raise CannotSetUpLever({"step": [_("Choose the next step.")]})
        LEVER_LIFE.require(lever.state, LeverState(step))
        lever.pending_state = step
        lever.pending_by_id = actor.user_id
        lever.row_version += 1
        lever.save(update_fields=["pending_state", "pending_by", "row_version"])
        _record(actor, lever, at)
        return lever


def _record(actor: Actor, lever: Lever, at: datetime) -> None:
    record(
        actor=actor,
        action="lever.proposed",
        subject_type="lever",
        subject_id=lever.public_id,
        before={"state": lever.state},
        after={"wanted": lever.pending_state, "region": lever.region.code if lever.region else None},
        at=at,
    )
