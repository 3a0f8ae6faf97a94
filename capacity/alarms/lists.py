"""The alarm inbox as a list: what nobody has taken up first."""

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.alarms.filters import AlarmFilters
from capacity.alarms.models import Alarm, AlarmKind
from capacity.alarms.wording import alarm_subject, alarm_text, alarm_url
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

TONES = {
    AlarmKind.DEFICIT: "bad",
    AlarmKind.STAFFING_RED: "staff-red",
    AlarmKind.STAFFING_UNKNOWN: "staff-unknown",
    AlarmKind.TIER1_MARK: "warn",
    AlarmKind.USAGE_SURGE: "watch",
}


def alarm_rows(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """The alarms with what a row shows, and `place`: 0 open, 1 taken up, 2 over."""
    place = Case(
        When(ended_at__isnull=False, then=Value(2)),
        When(acknowledged_by__isnull=False, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return alarms.select_related("region", "acknowledged_by").annotate(place=place)


def _cause(alarm: Alarm) -> Any:
    return badge("quiet" if alarm.ended_at else TONES[AlarmKind(alarm.kind)], alarm.get_kind_display())


def _subject(alarm: Alarm) -> Any:
    href = alarm_url(alarm)
    shown = format_html("{}<small>{}</small>", alarm_subject(alarm), alarm.region.name)
    return format_html('<a href="{}">{}</a>', href, shown) if href else shown


def _state(alarm: Alarm) -> str:
    if alarm.ended_at:
        return gettext("Over")
    if alarm.acknowledged_by:
        return gettext("Taken up by %(name)s") % {"name": alarm.acknowledged_by.name}
    return gettext("Open")


ALARMS = ListSpec(
    name="alarms",
    title=_("Alarms"),
    columns=(
        Column("kind", _("Cause"), _cause, sort=("kind", "pk"), export=lambda alarm: alarm.get_kind_display()),
        Column(
            "subject",
            _("Where"),
            _subject,
            sort=("region__name", "subject"),
            export=lambda alarm: f"{alarm.region.code} {alarm_subject(alarm)}",
        ),
        Column("text", _("What it says"), alarm_text),
        Column("raised", _("Raised"), lambda alarm: alarm.raised_at, sort=("raised_at",)),
        Column("state", _("State"), _state),
        Column("ended", _("Ended"), lambda alarm: alarm.ended_at, sort=("ended_at",), default=False),
    ),
    filterset=AlarmFilters,
    sort="open",
    more_sorts={"open": ("place", "-raised_at")},
    empty_title=_("No alarm was ever raised"),
    empty_text=_("One appears when a crew falls below its minimum, a report fails to come, or supply falls short."),
    search_help=_("Region or subject"),
    bulk="alarms/_bulk.html",
)
