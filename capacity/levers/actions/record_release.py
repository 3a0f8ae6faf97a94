"""Write down what a step released, as it was measured; the pool's supply follows in the same moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_work_lever
from capacity.levers.actions.follow_levers import follow_levers
from capacity.levers.models import Lever, LeverMeasurement, LeverMove, MeasureSource
from capacity.levers.steps import lock_lever, region_code
from capacity.pools.models import Pool
from capacity.pools.terms import lock_pools
from journal.record import record
from kit.forms import MAX_QUANTITY
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

MOST_METHOD = 300


class CannotMeasure(Invalid):
    """A level, a moment or the method does not do."""

    code = "cannot_measure"


class StepNotInForce(Conflict):
    """Only a step that was taken and is still in force releases anything."""

    code = "step_not_in_force"
    message = _("This step is not in force, so nothing of it can be measured.")
    remedy = _("Measure after the step was signed and before it is left.")


class CountsNoMore(Conflict):
    """Somebody measured or corrected meanwhile."""

    code = "counts_no_more"
    message = _("This measurement counts no more; a newer one followed it.")
    remedy = _("Look at the newest one and correct that.")


class FallsTwice(Conflict):
    """Supply that is counted twice is promised twice."""

    code = "falls_twice"
    message = _("Another step in force was measured to release this fall in use already, or more than is powered on.")
    remedy = _("Divide the fall between the levers: give each its own level before and after.")


def record_release(
    *,
    actor: Actor,
    lever_id: UUID,
    position: int,
    pool: tuple[str, str],
    before_level: int,
    after_level: int,
    source: str,
    method: str,
    measured_at: datetime,
    at: datetime,
    corrects: UUID | None = None,
) -> LeverMeasurement:
    """A measurement of the step at `position`: what was in use of a pool (region and resource code) before and after.

    Levels are in units of the pool. The difference counts as supply from now on, and until the step is left; a later
    measurement or a correction (naming the one that counts) takes its place. Raises `CannotMeasure`,
    `StepNotInForce`, `CountsNoMore`, `FallsTwice`.
    """
    with transaction.atomic():
        lever = lock_lever(lever_id)
        require(may_work_lever(actor, region_code(lever)))
        move = _move_in_force(lever, position)
        region, resource = pool
        found = Pool.objects.filter(region__code=region, resource__code=resource).first()
        if found is not None and lever.region_id is not None and found.region_id != lever.region_id:
            found = None
        fields = _problems(found, before_level, after_level, source, method)
        if not move.at <= measured_at <= at:
            fields["measured_at"] = [_("It is measured after the step was taken, and not in the future.")]
        if fields:
            raise CannotMeasure(fields)
        assert found is not None  # a problem otherwise
        last = LeverMeasurement.objects.filter(move=move, pool=found).order_by("-pk").first()
        if corrects is not None and (last is None or last.public_id != corrects):
            raise CountsNoMore()
        # Two who measure the same pool at once wait for one another.
        lock_pools(Pool.objects.filter(region=found.region_id))
        if _falls_twice(move, found, before_level, after_level, measured_at):
            raise FallsTwice()
        made = LeverMeasurement.objects.create(
            move=move,
            pool=found,
            before_level=before_level,
            after_level=after_level,
            source=source,
            method=method.strip(),
            measured_at=measured_at,
            corrects=last if corrects is not None else None,
            by_id=actor.user_id,
            at=at,
        )
        record(
            actor=actor,
            action="lever.measure_corrected" if corrects is not None else "lever.measured",
            subject_type="lever",
            subject_id=lever.public_id,
            reason=made.method,
            before={"released": last.released} if last else {},
            after={
                "step": position,
                "region": region,
                "resource": resource,
                "before_level": before_level,
                "after_level": after_level,
                "released": made.released,
                "source": source,
                "measured_at": measured_at.isoformat(),
            },
            at=at,
        )
        follow_levers(actor=actor, at=at, reason=made.method)
        return made


def _move_in_force(lever: Lever, position: int) -> LeverMove:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT force.move_id FROM capacity_steps_in_force() force"
            " JOIN capacity_leverstep step ON step.id = force.step_id"
            " WHERE force.lever_id = %s AND step.position = %s AND force.move_id IS NOT NULL",
            [lever.pk, position],
        )
        found = cursor.fetchone()
    if found is None:
        raise StepNotInForce()
    return LeverMove.objects.get(pk=found[0])


def _falls_twice(move: LeverMove, pool: Pool, before: int, after: int, measured_at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT capacity_falls_twice(%s, %s, %s, %s, %s)", [move.pk, pool.pk, before, after, measured_at]
        )
        return bool(cursor.fetchone()[0])


def _problems(pool: Pool | None, before: int, after: int, source: str, method: str) -> dict[str, list[Any]]:
    fields: dict[str, list[Any]] = {}
    if pool is None:
        fields["pool"] = [_("The lever does not reach this pool.")]
    for name, level in (("before_level", before), ("after_level", after)):
        if not 0 <= level <= MAX_QUANTITY:
            fields[name] = [_("Write a number from 0 to %(most)s.") % {"most": f"{MAX_QUANTITY:,}"}]
    if pool is not None and "before_level" not in fields and before > pool.powered_on:
        fields["before_level"] = [_("More than is powered on cannot have been in use.")]
    if source not in MeasureSource.values:
        fields["source"] = [_("Say where the levels come from.")]
    if not method.strip() or len(method.strip()) > MOST_METHOD:
        fields["method"] = [_("Say in a sentence how it was measured.")]
    return fields
