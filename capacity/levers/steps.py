"""What the acts on levers share: the lock, the steps one after another, what a step must say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from capacity.levers.models import ONLY_LIMITED, Lever, LeverKind, LeverState, LeverStep, LiftProposal, StepPromise
from capacity.pools.models import Pool
from journal.record import record
from kit.forms import MAX_QUANTITY
from kit.refusal import Conflict, NotFound
from users.access import Actor

MOST_STEPS = 9
MOST_HARM = 1000


class StepWaits(Conflict):
    """One step at a time."""

    code = "step_waits"
    message = _("A step of this lever already waits for a second signature.")
    remedy = _("Let it be signed or refused first.")


@dataclass(frozen=True)
class PlannedStep:
    """A step to be added: limited or paused, what a request may ask for meanwhile, the harm it does, and what it is
    expected to release, by resource code, in units of the lever's region."""

    name: str
    state: str
    limit_per_line: int | None = None
    harm_points: int = 0
    promises: Mapping[str, int] = field(default_factory=dict)


def lock_lever(lever_id: UUID) -> Lever:
    """The lever, locked until the transaction ends. Raises `NotFound`."""
    lever = (
        Lever.objects.select_for_update(of=("self",))
        .select_related("region", "step", "pending_step")
        .filter(public_id=lever_id)
        .first()
    )
    if lever is None:
        raise NotFound()
    return lever


def region_code(lever: Lever) -> str | None:
    """The code of the lever's region; None for all regions."""
    return lever.region.code if lever.region else None


def problems_of(
    step: PlannedStep, *, kind: str, region_id: int | None, before: LeverStep | None = None
) -> dict[str, list[Any]]:
    """What is wrong with a step of a lever of this kind, by field; `before` is the step it comes after."""
    fields: dict[str, list[Any]] = {}
    limit = step.limit_per_line
    if not step.name.strip():
        fields["step_name"] = [_("This is missing.")]
    if step.state not in (LeverState.LIMITED, LeverState.PAUSED):
        fields["step"] = [_("Choose whether the offers are limited or paused.")]
    elif step.state == LeverState.PAUSED and kind in ONLY_LIMITED:
        fields["step"] = [_("Bounds and features are limited, never paused.")]
    elif before is not None and before.state == LeverState.PAUSED:
        fields["step"] = [_("Nothing comes after a pause.")]
    elif step.state == LeverState.LIMITED and kind != LeverKind.FEATURE_PROFILE:
        if not limit or limit > 2**31 - 1:
            fields["limit_per_line"] = [_("Say how many units one request may ask for.")]
        elif before is not None and before.limit_per_line is not None and limit >= before.limit_per_line:
            fields["limit_per_line"] = [_("A further step allows less than the one before it.")]
    if not 0 <= step.harm_points <= MOST_HARM:
        fields["harm_points"] = [_("Harm is 0 to %(most)s points.") % {"most": MOST_HARM}]
    named = Pool.objects.filter(region=region_id, resource__code__in=step.promises)
    there = set(named.values_list("resource__code", flat=True)) if step.promises and region_id is not None else set()
    for code, units in step.promises.items():
        name = f"release_{code}"
        if not 1 <= units <= MAX_QUANTITY:
            fields[name] = [_("The quantity is a positive whole number.")]
        elif region_id is None:
            fields[name] = [_("A release is expected in one region; a lever over all regions names none.")]
        elif code not in there:
            fields[name] = [_("The region has no such pool.")]
    return fields


def keep_step(lever: Lever, step: PlannedStep, *, position: int, actor: Actor, at: datetime) -> LeverStep:
    """Write a step that has no problems, with what it promises."""
    limited = step.state == LeverState.LIMITED and lever.kind != LeverKind.FEATURE_PROFILE
    made = LeverStep.objects.create(
        lever=lever,
        position=position,
        name=step.name.strip(),
        state=step.state,
        limit_per_line=step.limit_per_line if limited else None,
        harm_points=step.harm_points,
        added_by_id=actor.user_id,
        added_at=at,
    )
    pools = {pool.resource.code: pool for pool in _pools(lever, step.promises)}
    StepPromise.objects.bulk_create(
        StepPromise(step=made, pool=pools[code], quantity=units) for code, units in sorted(step.promises.items())
    )
    return made


def _pools(lever: Lever, codes: Mapping[str, int]) -> list[Pool]:
    return list(Pool.objects.filter(region=lever.region_id, resource__code__in=codes).select_related("resource"))


def record_wanted(actor: Actor, lever: Lever, at: datetime, taken: LiftProposal | None = None) -> None:
    """Write down which step was asked for, and which proposal to lift was taken up by it."""
    record(
        actor=actor,
        action="lever.proposed",
        subject_type="lever",
        subject_id=lever.public_id,
        before={"state": lever.state, "step": lever.step.position if lever.step else 0},
        after={
            "wanted": lever.pending_state,
            "step": lever.pending_step.position if lever.pending_step else 0,
            "region": region_code(lever),
            **({"proposal": str(taken.public_id)} if taken else {}),
        },
        at=at,
    )
