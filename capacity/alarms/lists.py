"""The alarm inbox as a list: what nobody has taken up first."""

from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, IntegerField, QuerySet, Value, When
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import silent
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


def alarm_rows(alarms: QuerySet[Alarm], at: datetime) -> QuerySet[Alarm]:
    """The alarms with what a row shows: `is_quiet` while silenced, `place` 0 open, 1 taken up, 2 silenced, 3 over."""
    place = Case(
        When(ended_at__isnull=False, then=Value(3)),
        When(silent(at), then=Value(2)),
        When(owner__isnull=False, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    quiet = Case(When(silent(at), then=Value(True)), default=Value(False), output_field=BooleanField())
    return alarms.select_related("region", "owner").annotate(place=place, is_quiet=quiet)


def _cause(alarm: Alarm) -> Any:
    return badge("quiet" if alarm.ended_at else TONES[AlarmKind(alarm.kind)], alarm.get_kind_display())


def _subject(alarm: Alarm) -> Any:
    href = alarm_url(alarm)
    shown = format_html("{}<small>{}</small>", alarm_subject(alarm), alarm.region.name)
    return format_html('<a href="{}">{}</a>', href, shown) if href else shown


def state_text(alarm: Any, is_quiet: bool) -> str:
    """Where an alarm stands, in words."""
    if alarm.ended_at:
        return gettext("Over")
    if is_quiet:
        until = date_format(localtime(alarm.silenced_until), "SHORT_DATETIME_FORMAT")
        return gettext("Silenced until %(until)s") % {"until": until}
    return gettext("Taken up") if alarm.owner_id else gettext("Open")


def _state(alarm: Any) -> Any:
    shown = state_text(alarm, alarm.is_quiet)
    return format_html('<a href="{}">{}</a>', reverse("alarms:alarm", args=[alarm.public_id]), shown)


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
        Column("state", _("State"), _state, export=lambda alarm: state_text(alarm, alarm.is_quiet)),
        Column("owner", _("Owner"), lambda alarm: alarm.owner.name if alarm.owner else "", sort=("owner__name",)),
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
