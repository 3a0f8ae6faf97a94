"""Put another set of thresholds in force."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import may_set_thresholds
from capacity.regions.proposals import rules_in_force
from capacity.regions.threshold_models import ConditionThreshold, ThresholdSet
from capacity.regions.thresholds import Rules, problems_of
from journal.record import record
from kit.refusal import Invalid, require
from users.access import Actor

PROBLEMS: dict[str, Any] = {
    "unknown": _("There is no such measure, or a threshold cannot speak for this condition"),
    "negative": _("A bound cannot be negative"),
    "no_band": _("A condition must end on the milder side of where it begins"),
    "doubled": _("A measure has one threshold a condition"),
    "not_harsher": _("A harsher condition must begin and end at harsher values"),
    "no_free": _("The share that is not promised needs a threshold"),
    "wait": _("Readings must hold a minute at least, and longer for a milder condition than for a worse one"),
}


class CannotSetThresholds(Invalid):
    """The set contradicts itself."""

    code = "cannot_set_thresholds"
    message = _("These thresholds cannot be put in force: %(problems)s.")


def set_thresholds(*, actor: Actor, rules: Rules, reason: str, at: datetime) -> ThresholdSet:
    """Let these thresholds hold from now on, for every region. Raises `CannotSetThresholds`."""
    with transaction.atomic():
        require(may_set_thresholds(actor))
        found = [
            f"{PROBLEMS[code]}{f' ({one.measure}, {one.condition})' if one else ''}" for code, one in problems_of(rules)
        ]
        if not reason.strip():
            found.append(str(_("Say why")))
        if found:
            raise CannotSetThresholds(problems="; ".join(found))
        before = rules_in_force()
        made = ThresholdSet.objects.create(
            worse_after=_minutes(rules.worse_after),
            milder_after=_minutes(rules.milder_after),
            size=len(rules.thresholds),
            reason=reason.strip()[:300],
            by_id=actor.user_id,
            at=at,
        )
        ConditionThreshold.objects.bulk_create(
            ConditionThreshold(
                set=made, measure=one.measure, condition=one.condition, enters=one.enters, leaves=one.leaves
            )
            for one in rules.thresholds
        )
        record(
            actor=actor,
            action="thresholds.set",
            subject_type="thresholds",
            subject_id="conditions",
            reason=made.reason,
            before=_told(before),
            after=_told(rules),
            at=at,
        )
        return made


def _minutes(wait: Any) -> int:
    return int(wait.total_seconds() // 60)


def _told(rules: Rules) -> dict[str, Any]:
    bounds = {f"{one.measure} {one.condition}": [one.enters, one.leaves] for one in rules.thresholds}
    return {**bounds, "worse_after": _minutes(rules.worse_after), "milder_after": _minutes(rules.milder_after)}
