"""What pages ask about levers: promised against measured, step by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from capacity.levers.models import Lever, LeverMeasurement, LeverMove, LeverStep, LiftProposal, LiftState, StepPromise
from capacity.pools.models import Pool
from capacity.usage.history import hourly_usage

PERMILLE = 1000
# What is in use is compared over so many hours before the step and before now.
LOOK_BACK = 24
LEAST_KNOWN = 12


@dataclass(frozen=True)
class Release:
    """One step and pool: what was promised, and the measurement that counts or counted last; units of the pool."""

    pool: Pool
    promised: int
    measured: LeverMeasurement | None

    @property
    def permille(self) -> int | None:
        """The lever's yield: measured by promised."""
        if self.measured is None or not self.promised:
            return None
        return self.measured.released * PERMILLE // self.promised


@dataclass(frozen=True)
class StepView:
    """A step with its releases; `move` took it, where it is in force."""

    step: LeverStep
    move: LeverMove | None
    releases: tuple[Release, ...]
    is_here: bool


def moves_in_force(moves: Iterable[LeverMove], here: LeverStep | None) -> dict[int, LeverMove]:
    """The move that took each step in force, by the step's key; `capacity_steps_in_force` says the same in SQL.

    `moves` in the order in which they happened, with their steps.
    """
    found: dict[int, LeverMove] = {}
    for move in moves:
        step = move.step
        if step is None or here is None or step.position > here.position:
            continue
        if move.old_step is None or move.old_step.position < step.position:
            found[step.pk] = move
    return found


def step_views(lever: Lever, moves: Sequence[LeverMove], measurements: Sequence[LeverMeasurement]) -> list[StepView]:
    """The lever's steps in order, promised against measured (two queries).

    `moves` as for `moves_in_force`, `measurements` as `measurements_of` gives them.
    """
    force = moves_in_force(moves, lever.step)
    promised: dict[int, dict[int, StepPromise]] = {}
    rows = StepPromise.objects.filter(step__lever=lever).select_related("pool__resource", "pool__region")
    for promise in rows.order_by("pool__region__name", "pool__resource__position", "pk"):
        promised.setdefault(promise.step_id, {})[promise.pool_id] = promise
    measured: dict[int, dict[int, LeverMeasurement]] = {}
    for one in reversed(measurements):
        taken = force.get(one.move.step_id or 0)
        # Of a step in force only what was measured since it was taken; of one that was left, what counted last.
        if one.move.step_id is not None and (taken is None or taken.pk == one.move_id):
            measured.setdefault(one.move.step_id, {})[one.pool_id] = one
    return [
        StepView(
            step=step,
            move=force.get(step.pk),
            releases=tuple(_releases(promised.get(step.pk, {}), measured.get(step.pk, {}))),
            is_here=step.pk == lever.step_id,
        )
        for step in lever.steps.order_by("position")
    ]


def _releases(promised: dict[int, StepPromise], measured: dict[int, LeverMeasurement]) -> Iterable[Release]:
    for pool_id, promise in promised.items():
        yield Release(promise.pool, promise.quantity, measured.get(pool_id))
    for pool_id, one in measured.items():
        if pool_id not in promised:
            yield Release(one.pool, 0, one)


def measurements_of(lever: Lever) -> list[LeverMeasurement]:
    """Every measurement, the newest first, with what it corrects."""
    return list(
        LeverMeasurement.objects.filter(move__lever=lever)
        .select_related("move__step", "pool__resource", "pool__region", "by", "corrects", "corrected_by")
        .order_by("-pk")
    )


def counting(move: LeverMove) -> list[LeverMeasurement]:
    """The measurement of each pool that counts for a step in force, which `move` took (one query)."""
    rows = LeverMeasurement.objects.filter(move=move).order_by("pool_id", "-pk").distinct("pool_id")
    return list(rows.select_related("pool__region", "pool__resource"))


def open_lift(lever: Lever) -> LiftProposal | None:
    """The proposal to lift that waits for an answer."""
    return LiftProposal.objects.filter(lever=lever, state=LiftState.OPEN).first()


def with_releases(levers: QuerySet[Lever]) -> QuerySet[Lever]:
    """The levers with `promises` and `measures` of the steps in force: how many were made, and how many arrived."""
    in_force = {"step__lever": OuterRef("pk"), "step__position__lte": OuterRef("step__position")}
    promises = StepPromise.objects.filter(**in_force).order_by().values("step__lever").values(n=Count("pk"))
    # A step that was left since is in force by a later move; what was measured before counts no more.
    left = LeverMove.objects.filter(
        Q(step=None) | Q(step__position__lt=OuterRef("move__step__position")),
        lever=OuterRef("move__lever"),
        pk__gt=OuterRef("move"),
    )
    arrived = (
        LeverMeasurement.objects.filter(
            ~Exists(left),
            move__lever=OuterRef("pk"),
            move__step__position__lte=OuterRef("step__position"),
            move__step__promises__pool=F("pool"),
        )
        .order_by()
        .values("move__lever")
        .values(n=Count("move__step__promises", distinct=True))
    )
    lifts = (
        LiftProposal.objects.filter(lever=OuterRef("pk"), state=LiftState.OPEN)
        .order_by()
        .values("lever")
        .values(n=Count("pk"))
    )
    none = {"output_field": IntegerField()}
    return levers.annotate(
        promises=Coalesce(Subquery(promises, **none), 0),
        measures=Coalesce(Subquery(arrived, **none), 0),
        lifts=Coalesce(Subquery(lifts, **none), 0),
    )


def pools_of(lever: Lever) -> list[Pool]:
    """The pools that the lever reaches."""
    found = Pool.objects.select_related("region", "resource").order_by("region__name", "resource__position", "pk")
    return list(found if lever.region_id is None else found.filter(region=lever.region_id))


@dataclass(frozen=True)
class Levels:
    """What samples say was in use of a pool: the mean of a day before the step and of the last day; None unknown."""

    pool: Pool
    before: int | None
    after: int | None


def usage_levels(pools: Sequence[Pool], taken_at: datetime, at: datetime) -> list[Levels]:
    """The levels that samples of usage give for these pools, those with any (two queries)."""
    keys = [pool.pk for pool in pools]
    before = hourly_usage(keys, _hour(taken_at) - timedelta(hours=LOOK_BACK), LOOK_BACK)
    since = max(_hour(taken_at) + timedelta(hours=1), _hour(at) - timedelta(hours=LOOK_BACK))
    hours = max(1, (_hour(at) - since) // timedelta(hours=1))
    after = hourly_usage(keys, since, hours)
    rows = [Levels(pool, _mean(before[pool.pk]), _mean(after[pool.pk])) for pool in pools]
    return [row for row in rows if row.before is not None or row.after is not None]


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _mean(values: np.ndarray) -> int | None:
    known = values[~np.isnan(values)]
    return round(float(known.mean())) if len(known) >= min(LEAST_KNOWN, len(values)) else None
