"""What the alarm inbox can be asked."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.alarms.models import Alarm, AlarmKind
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter

STATES = [("open", _("Open")), ("taken", _("Taken up")), ("over", _("Over"))]


class AlarmFilters(FilterSet):
    """By state, cause, region or subject, and time."""

    q = SearchFilter(contains=("region__name", "subject"))
    state = ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("Any"))
    kind = AnyOfFilter("kind", label=_("Cause"), choices=AlarmKind.choices)
    raised = DayRangeFilter("raised_at", label=_("Raised"))

    class Meta:
        model = Alarm
        fields: list[str] = []

    def by_state(self, alarms: Any, name: str, value: str) -> Any:
        """Open ones that nobody took up, those that somebody did, or those whose cause is gone."""
        if value == "over":
            return alarms.exclude(ended_at=None)
        return alarms.filter(ended_at=None, acknowledged_by__isnull=value == "open")
