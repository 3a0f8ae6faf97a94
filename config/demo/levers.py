"""Levers of the demonstration: pulled step by step, measured, one lifted again, one to be lifted."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from capacity.levers.actions.add_step import add_step
from capacity.levers.actions.propose_lifts import propose_lifts
from capacity.levers.actions.propose_step import Direction, propose_step
from capacity.levers.actions.record_release import record_release
from capacity.levers.actions.set_up_lever import set_up_lever
from capacity.levers.actions.sign_step import sign_step
from capacity.levers.models import Lever
from capacity.levers.steps import PlannedStep
from config.demo.texts import LEVERS, LeverText, StepText
from users.access import Actor

By = Callable[[str, datetime], Actor]
PERMILLE = 1000
# What was in use of a resource before a step, invented, as a multiple of what the step promises.
IN_USE_BEFORE = 9


def pull_levers(by: By, *, now: datetime) -> None:
    """Free offers limited or paused where it is tightest, features turned down; one step waits, one lever is lifted."""
    for text in sorted(LEVERS, key=lambda one: -one.hours_ago):
        _pull(by, text, now)
    # The watch saw one condition begin to hold two days ago, and still does.
    propose_lifts(at=now - timedelta(hours=50))
    propose_lifts(at=now - timedelta(minutes=30))


def _pull(by: By, text: LeverText, now: datetime) -> None:
    at = now - timedelta(hours=text.hours_ago)
    lever = set_up_lever(
        actor=by("operator", at),
        kind=text.kind,
        region_code=text.region,
        offer_types=text.offers,
        feature=text.feature,
        step=_planned(text.steps[0]),
        reach=text.reach,
        lift_condition=text.lift_condition,
        lift_date=_lift_date(text, now),
        ends_date=now.date() + timedelta(days=text.ends_in_days) if text.ends_in_days else None,
        review_date=now.date() + timedelta(days=6),
        at=at,
        **text.lift,  # type: ignore[arg-type]
    )
    for step in text.steps[1:]:
        add_step(actor=by("operator", at), lever_id=lever.public_id, step=_planned(step), at=at)
    for number, step in enumerate(text.steps[: text.taken], start=1):
        at += timedelta(hours=5) if number > 1 else timedelta(minutes=15)
        if number > 1:
            _ask(by, lever, Direction.NEXT, at)
        sign_step(actor=by("duty", at), lever_id=lever.public_id, agrees=True, at=at)
        _measure(by, lever, number, step, text.region, at + timedelta(hours=4))
    if text.is_restored:
        later = at + timedelta(days=6)
        _ask(by, lever, Direction.LIFT, later)
        signer = by("duty2", later)
        sign_step(actor=signer, lever_id=lever.public_id, agrees=True, reason="The delivery is powered on.", at=later)


def _planned(step: StepText) -> PlannedStep:
    return PlannedStep(step.name, step.state, step.limit, step.harm, step.promises)


def _lift_date(text: LeverText, now: datetime) -> date | None:
    return now.date() + timedelta(days=text.ends_in_days or 7) if text.lift["lift_kind"] == "date" else None


def _ask(by: By, lever: Lever, direction: Direction, at: datetime) -> None:
    propose_step(actor=by("operator", at), lever_id=lever.public_id, direction=direction, at=at)


def _measure(by: By, lever: Lever, position: int, step: StepText, region: str, at: datetime) -> None:
    """What arrived of the promise; the first of several is measured again and corrected."""
    for resource, permille in step.arrived.items():
        promised = step.promises[resource]
        released, before = promised * permille // PERMILLE, promised * IN_USE_BEFORE
        values = {
            "actor": by("operator", at),
            "lever_id": lever.public_id,
            "position": position,
            "pool": (region, resource),
            "before_level": before,
            "source": "meter",
            "measured_at": at,
            "at": at,
        }
        method = "Mean of the day before and of four hours after (invented)"
        made = record_release(**values, after_level=before - released - promised // 20, method=method)  # type: ignore[arg-type]
        if permille < 900:
            values["at"] = at + timedelta(minutes=40)
            record_release(
                **values,  # type: ignore[arg-type]
                after_level=before - released,
                method="Corrected: one hall was counted twice (invented)",
                corrects=made.public_id,
            )
