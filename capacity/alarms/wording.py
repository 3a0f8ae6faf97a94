"""What an alarm says, in the active language."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from capacity.alarms.models import Alarm, AlarmKind


def alarm_text(alarm: Alarm) -> str:
    """The numbers behind an alarm in one sentence."""
    values = {name: _shown(value) for name, value in alarm.values.items()}
    match alarm.kind:
        case AlarmKind.DEFICIT:
            return _("%(short)s %(unit)s short: %(promised)s promised, %(supply)s there. Nothing is revoked.") % values
        case AlarmKind.TIER1_MARK:
            values["mark"] = number_format(alarm.values["mark_permille"] / 10)
            return _("Tier 1 holds %(held)s of %(supply)s %(unit)s; the mark is %(mark)s %%.") % values
        case AlarmKind.STAFFING_RED:
            return _("A role has fewer people than its minimum; the open supply behind it is closed.")
        case AlarmKind.STAFFING_UNKNOWN:
            return _("The last report is out of date. After a day of silence the open supply is closed.")
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
