"""Set up a lever whose first step waits for a second signature."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.levers.access import may_work_lever
from capacity.levers.models import REACHED_OFFERS, Feature, Lever, LeverKind, LeverState, LiftKind
from capacity.levers.steps import PlannedStep, keep_step, problems_of, record_wanted
from capacity.pools.models import Resource
from capacity.regions.models import Region
from customers.models import OfferType
from kit.refusal import Invalid, require
from users.access import Actor

MOST_LIFT_DAYS = 90


class CannotSetUpLever(Invalid):
    """What it reaches, when it is lifted or looked at is missing or wrong."""

    code = "cannot_set_up_lever"


def set_up_lever(
    *,
    actor: Actor,
    kind: str,
    region_code: str,
    step: PlannedStep,
    reach: str,
    lift_condition: str,
    lift_kind: str,
    review_date: date,
    at: datetime,
    offer_types: Sequence[str] = (),
    feature: str = "",
    lift_resource: str = "",
    lift_permille: int | None = None,
    lift_days: int = 0,
    lift_date: date | None = None,
    starts_date: date | None = None,
    ends_date: date | None = None,
) -> Lever:
    """A new lever whose first step waits for a second signature; `region_code` empty means all regions.

    A lever on free offers reaches free, trial, student and credit offers only, bounds reach trials and credits, one on
    features names a feature that is not core: what is paid for and what is core is not restricted. Tiers 1 and 2 are
    spared by the diagnosis. `lift_permille` is headroom. Further steps are added with `add_step`.
    Raises `CannotSetUpLever`.
    """
    with transaction.atomic():
        region = Region.objects.filter(code=region_code).first() if region_code else None
        require(may_work_lever(actor, region_code or None))
        resource = Resource.objects.filter(code=lift_resource).first() if lift_resource else None
        fields: dict[str, list[Any]] = {}
        if region_code and region is None:
            fields["region_code"] = [_("There is no such region.")]
        fields |= _problems_of_kind(kind, offer_types, feature)
        if kind in LeverKind.values:
            fields |= problems_of(step, kind=kind, region_id=region.pk if region else None)
        for name, text in (("reach", reach), ("lift_condition", lift_condition)):
            if not text.strip():
                fields[name] = [_("This is missing.")]
        fields |= _problems_of_lift(lift_kind, resource, lift_permille, lift_days, lift_date, at)
        if review_date <= at.date():
            fields["review_date"] = [_("Choose a day in the future.")]
        if ends_date is not None and ends_date <= max(starts_date or at.date(), at.date()):
            fields["ends_date"] = [_("It ends after it starts.")]
        if fields:
            raise CannotSetUpLever(fields)
        assert actor.user_id is not None  # the role was required above
        is_headroom = lift_kind == LiftKind.HEADROOM
        lever = Lever.objects.create(
            kind=kind,
            region=region,
            offer_types=sorted(set(offer_types)),
            feature=feature,
            reach=reach.strip(),
            starts_date=starts_date,
            ends_date=ends_date,
            lift_condition=lift_condition.strip(),
            lift_kind=lift_kind,
            lift_resource=resource if is_headroom else None,
            lift_permille=lift_permille if is_headroom else None,
            lift_days=lift_days if lift_kind in (LiftKind.HEADROOM, LiftKind.CONDITION) else 0,
            lift_date=lift_date if lift_kind == LiftKind.DATE else None,
            review_date=review_date,
            owner_id=actor.user_id,
            created_at=at,
        )
        lever.pending_step = keep_step(lever, step, position=1, actor=actor, at=at)
        lever.pending_state = LeverState(step.state)
        lever.pending_by_id, lever.pending_at = actor.user_id, at
        lever.save(update_fields=["pending_step", "pending_state", "pending_by", "pending_at"])
        record_wanted(actor, lever, at)
        return lever


def _problems_of_kind(kind: str, offer_types: Sequence[str], feature: str) -> dict[str, list[Any]]:
    if kind not in LeverKind.values:
        return {"kind": [_("Choose what is restricted.")]}
    if kind == LeverKind.FEATURE_PROFILE:
        if feature not in Feature.values:
            return {"feature": [_("Choose a feature. What is core is not turned down.")]}
        return {"offer_types": [_("A feature is turned down for every offer; name none.")]} if offer_types else {}
    if feature:
        return {"feature": [_("Only a feature profile names a feature.")]}
    if not offer_types or any(one not in OfferType.values for one in offer_types):
        return {"offer_types": [_("Choose at least one offer.")]}
    if not set(offer_types) <= REACHED_OFFERS[kind]:
        if kind == LeverKind.TRIAL_BOUNDS:
            return {"offer_types": [_("Bounds are for trials and credits.")]}
        return {"offer_types": [_("Only free, trial, student and credit offers: what is paid for is spared.")]}
    return {}


def _problems_of_lift(
    kind: str, resource: Resource | None, permille: int | None, days: int, day: date | None, at: datetime
) -> dict[str, list[Any]]:
    fields: dict[str, list[Any]] = {}
    if kind not in LiftKind.values:
        return {"lift_kind": [_("Choose what the condition is made of.")]}
    if kind == LiftKind.HEADROOM:
        if resource is None:
            fields["lift_resource"] = [_("Choose the resource whose headroom counts.")]
        if permille is None or not 1 <= permille <= 1000:
            fields["lift_permille"] = [_("Headroom is 1 to 1000 permille of the supply.")]
    if kind in (LiftKind.HEADROOM, LiftKind.CONDITION) and not 1 <= days <= MOST_LIFT_DAYS:
        fields["lift_days"] = [_("For 1 to %(most)s days.") % {"most": MOST_LIFT_DAYS}]
    if kind == LiftKind.DATE and (day is None or day <= at.date()):
        fields["lift_date"] = [_("Choose a day in the future.")]
    return fields
