"""What an alarm says, in the active language."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from capacity.alarms.models import Alarm, AlarmKind

# By the bucket set that is short: what everybody may use, what tiers 1 and 2 may, or all of it.
_DEFICITS: dict[str, Any] = {
    "general": gettext_lazy(
        "%(short)s %(unit)s short in the open supply: %(promised)s promised to tiers 3 to 5, %(supply)s there."
        " Nothing is revoked."
    ),
    "critical": gettext_lazy(
        "%(short)s %(unit)s short before the tier-1 reserve: %(promised)s promised to tiers 2 to 5, %(supply)s there."
        " Nothing is revoked."
    ),
    "reserve": gettext_lazy("%(short)s %(unit)s short: %(promised)s promised, %(supply)s there. Nothing is revoked."),
}


def alarm_subject(alarm: Alarm) -> str:
    """What the alarm is about, as people name it in the active language."""
    names = alarm.values.get("names", {})
    return names.get((get_language() or "en")[:2], alarm.subject)


def alarm_text(alarm: Alarm) -> str:
    """The numbers behind an alarm in one sentence."""
    values = {name: _shown(value) for name, value in alarm.values.items()}
    match alarm.kind:
        case AlarmKind.DEFICIT:
            return _DEFICITS[alarm.values["level"]] % values
        case AlarmKind.TIER1_MARK:
            values["mark"] = number_format(alarm.values["mark_permille"] / 10)
            return _("Tier 1 holds %(held)s of %(supply)s %(unit)s; the mark is %(mark)s %%.") % values
        case AlarmKind.STAFFING_RED:
            return _("A role is below its minimum, or will be by its roster; the open supply behind it is closed.")
        case AlarmKind.STAFFING_UNKNOWN:
            return _("The last report is out of date. After a day of silence the open supply is closed.")
        case AlarmKind.USAGE_SURGE:
            values["above"] = number_format(alarm.values["above_permille"] / 10, 1)
            return _("Usage stands %(above)s %% above its season, since %(since)s; proposed condition: watch.") % values
        case _:
            return ""


def alarm_url(alarm: Alarm) -> str:
    """Where its cause can be seen; empty where no page shows it."""
    try:
        if alarm.kind in (AlarmKind.STAFFING_RED, AlarmKind.STAFFING_UNKNOWN):
            return reverse("staffing:datacenter", args=[alarm.subject])
        return reverse("pools:pool", args=[alarm.region.code, alarm.subject])
    except NoReverseMatch:
        return ""


def _shown(value: Any) -> Any:
    return number_format(value, force_grouping=True) if isinstance(value, int) else value
