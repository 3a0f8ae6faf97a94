"""Propose to lift the levers whose condition holds. It proposes and never lifts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from capacity.levers.actions.follow_levers import released_by_lever
from capacity.levers.lapsing import lapse_lift
from capacity.levers.lifting import Condition, Facts, Verdict, headroom, judge
from capacity.levers.models import PULLED_STATES, Lever, LiftKind, LiftProposal, LiftState
from capacity.pools.models import Pool
from capacity.regions.models import Condition as RegionCondition
from capacity.regions.models import Region
from journal.record import record
from users.access import SYSTEM


def propose_lifts(*, at: datetime) -> list[LiftProposal]:
    """Look at every pulled lever; the proposals made. One is open per lever; one whose condition broke lapses.

    It looks at how things stand, so it may be lost, doubled or late without harm. Nothing is locked where nothing
    changes.
    """
    levers = list(_looked_at())
    if not levers:
        return []
    standing = _Standing(levers)
    return [made for lever in levers if (made := _look(lever, standing, at)) is not None]


def _looked_at() -> QuerySet[Any]:
    # What people judge is proposed only when its planned end has come.
    watched = ~Q(lift_kind=LiftKind.JUDGMENT) | Q(ends_date__isnull=False)
    refused = Max("lift_proposals__answered_at", filter=Q(lift_proposals__state=LiftState.REFUSED))
    still_open = Max("lift_proposals__pk", filter=Q(lift_proposals__state=LiftState.OPEN))
    return (
        Lever.objects.filter(watched, state__in=PULLED_STATES)
        .annotate(refused_at=refused, open_proposal=still_open)
        .order_by("pk")
    )


class _Standing:
    """Pools and conditions, read once for all levers."""

    def __init__(self, levers: Iterable[Lever]) -> None:
        self.conditions = dict(Region.objects.values_list("pk", "condition"))
        self.released: Mapping[int, Mapping[int, int]] = {}
        self.pools: list[Pool] = []
        resources = {lever.lift_resource_id for lever in levers if lever.lift_kind == LiftKind.HEADROOM}
        if resources:
            self.released = released_by_lever()
            self.pools = list(Pool.objects.filter(resource__in=resources))

    def facts(self, lever: Lever) -> Facts:
        here = self.released.get(lever.pk, {})
        found = [
            headroom(pool.supply, here.get(pool.pk, 0), pool.committed)
            for pool in self.pools
            if pool.resource_id == lever.lift_resource_id and lever.region_id in (None, pool.region_id)
        ]
        known = [one for one in found if one is not None]
        conditions = [condition for region, condition in self.conditions.items() if lever.region_id in (None, region)]
        return Facts(
            headroom_permille=min(known) if known and len(known) == len(found) else None,
            is_normal=all(condition == RegionCondition.NORMAL for condition in conditions),
        )


def _verdict(lever: Lever, facts: Facts, refused_at: datetime | None, at: datetime) -> Verdict:
    condition = Condition(
        kind=lever.lift_kind,
        permille=lever.lift_permille or 0,
        days=lever.lift_days,
        day=lever.lift_date,
        ends_date=lever.ends_date,
    )
    return judge(condition, facts, holds_since=lever.lift_holds_since, refused_at=refused_at, at=at)


def _look(row: Any, standing: _Standing, at: datetime) -> LiftProposal | None:
    verdict = _verdict(row, standing.facts(row), row.refused_at, at)
    is_settled = verdict.is_due == bool(row.open_proposal) or (verdict.is_due and row.pending_state)
    if verdict.holds_since == row.lift_holds_since and is_settled:
        return None
    with transaction.atomic():
        lever = Lever.objects.select_for_update().get(pk=row.pk)
        if (lever.row_version, lever.lift_holds_since) != (row.row_version, row.lift_holds_since):
            return None  # Somebody was at it meanwhile; the next look sees how it stands.
        lever.lift_holds_since = verdict.holds_since
        lever.save(update_fields=["lift_holds_since"])
        proposal = LiftProposal.objects.filter(lever=lever, state=LiftState.OPEN).first()
        if not verdict.is_due:
            lapse_lift(lever, at=at)
            return None
        if proposal is not None or lever.pending_state:
            return None
        made = LiftProposal.objects.create(lever=lever, grounds=verdict.grounds, proposed_at=at)
        record(
            actor=SYSTEM,
            action="lever.lift_proposed",
            subject_type="lever",
            subject_id=lever.public_id,
            after={"proposal": str(made.public_id), **verdict.grounds},
            at=at,
        )
        return made
