"""What thresholds, readings and proposals say, in the active language."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from capacity.regions.models import Condition
from capacity.regions.threshold_models import ThresholdProposal
from capacity.regions.thresholds import Measure, Threshold
from kit.templatetags.ui import absolute

_CREWS: tuple[Any, ...] = (
    gettext_lazy("crew above minimum"),
    gettext_lazy("crew at minimum"),
    gettext_lazy("crew below minimum"),
)


def value_text(measure: str, value: int | None) -> str:
    """A reading as people say it."""
    if value is None:
        return _("not known")
    share = number_format(value / 10, 0 if value % 10 == 0 or value >= 1000 else 1)
    match measure:
        case Measure.FREE:
            return _("%(share)s %% not promised") % {"share": share}
        case Measure.EXHAUSTION:
            return _("runs out within the lead time with a probability of %(share)s %%") % {"share": share}
        case Measure.STAFFING:
            return str(_CREWS[min(value, 2)])
        case Measure.TIER1:
            return _("tier 1 holds %(share)s %% of its mark") % {"share": share}
        case _:
            return _("demand %(share)s %% above its season") % {"share": share} if value else _("demand in its season")


def bound_text(measure: str, bound: int) -> str:
    """A bound alone, such as 8 % or a crew's state."""
    if measure == Measure.STAFFING:
        return str(_CREWS[min(bound, 2)])
    # Any demand above its season is a surge; other bounds say how much of one.
    if measure == Measure.SURGE and bound <= 1:
        return _("a surge") if bound else _("no surge")
    return _("%(share)s %%") % {"share": number_format(bound / 10, 0 if bound % 10 == 0 else 1)}


def name_of(data: Mapping[str, Any]) -> str:
    """The name of what was read, in the active language."""
    return str(data["names"].get((get_language() or "en")[:2], data["subject"]))


def reason_text(reason: Mapping[str, Any]) -> str:
    """A stored reason as a sentence with its number and its bound."""
    values = {
        "name": name_of(reason),
        "value": value_text(reason["measure"], reason["value"]),
        "condition": Condition(reason["condition"]).label,
        "bound": bound_text(reason["measure"], reason["bound"]),
    }
    if reason["is_entered"]:
        return _("%(name)s: %(value)s (“%(condition)s” begins at %(bound)s).") % values
    if reason["has_left"]:
        return _("%(name)s: %(value)s (“%(condition)s” has ended at %(bound)s).") % values
    return _("%(name)s: %(value)s (“%(condition)s” ends only at %(bound)s).") % values


def reason_texts(proposal: ThresholdProposal) -> list[str]:
    """Every reason of a proposal as a sentence."""
    return [reason_text(reason) for reason in proposal.reasons]


def evidence_text(proposal: ThresholdProposal) -> str:
    """What a declaration that follows the proposal may rest on; the person who declares may change it."""
    first = _("Proposed by the thresholds; the readings have held since %(since)s.") % {
        "since": absolute(proposal.since)
    }
    return "\n".join([first, *reason_texts(proposal)])


def readings_now(
    readings: list[dict[str, Any]], thresholds: tuple[Threshold, ...]
) -> list[tuple[Any, str, str, str, str]]:
    """Stored readings as (measure, name, value, worst condition entered, worst condition not left), the worst first."""
    found = []
    for data in readings:
        own = [one for one in thresholds if one.measure == data["measure"]]
        entered = [one.condition for one in own if one.is_entered(data["value"])]
        held = [one.condition for one in own if data["value"] is not None and one.holds(data["value"])]
        worst = [
            max(names, key=lambda name: list(Condition.values).index(name), default=str(Condition.NORMAL))
            for names in (entered, held)
        ]
        text = value_text(data["measure"], data["value"])
        found.append((data["measure"], name_of(data), text, worst[0], worst[1], data["value"] is None))
    order = list(Condition.values)
    found.sort(key=lambda row: (-order.index(row[3]), -order.index(row[4]), not row[5]))
    return [row[:5] for row in found]
