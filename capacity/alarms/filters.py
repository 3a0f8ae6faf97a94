"""What the alarm inbox can be asked."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.alarms.access import nobodys, silent
from capacity.alarms.models import Alarm, AlarmKind
from capacity.regions.queries import region_choices
from kit.clock import now
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter, offer_choices

STATES = [
    ("waits", _("Not over, not silenced")),
    ("open", _("Open")),
    ("taken", _("Taken up")),
    ("silenced", _("Silenced")),
    ("over", _("Over")),
]
WHOSE = [("mine", _("Mine")), ("nobody", _("Nobody’s"))]


class AlarmFilters(FilterSet):
    """By state, owner, cause, region, and time."""

    q = SearchFilter(contains=("region__name", "subject"))
    state = ChoiceFilter(label=_("State"), choices=STATES, method="by_state", empty_label=_("Any"))
    whose = ChoiceFilter(label=_("Owner"), choices=WHOSE, method="by_owner", empty_label=_("Any"))
    kind = AnyOfFilter("kind", label=_("Cause"), choices=AlarmKind.choices)
    region = ChoiceFilter("region__code", label=_("Region"), empty_label=_("Any"))
    raised = DayRangeFilter("raised_at", label=_("Raised"))

    class Meta:
        model = Alarm
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self.filters["region"], region_choices)

    def by_state(self, alarms: Any, name: str, value: str) -> Any:
        """Open ones that nobody took up, those that somebody did, both, those that are silent, or those over."""
        if value == "over":
            return alarms.exclude(ended_at=None)
        if value == "waits":
            return alarms.filter(ended_at=None).exclude(silent(now()))
        if value == "silenced":
            return alarms.filter(silent(now()), ended_at=None)
        return alarms.filter(ended_at=None, owner__isnull=value == "open").exclude(silent(now()))

    def by_owner(self, alarms: Any, name: str, value: str) -> Any:
        """Those of whoever asks, or those that nobody has."""
        actor: Any = self.request.actor
        return alarms.filter(Q(owner=actor.user_id) if value == "mine" else nobodys())
