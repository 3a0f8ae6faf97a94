"""Response plans as a list."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from capacity.response.models import PlanState, ResponsePlan
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

_TONES = {
    PlanState.DRAFTED: "watch",
    PlanState.ACTIVE: "warn",
    PlanState.STOOD_DOWN: "info",
    PlanState.REVIEWED: "quiet",
}


class PlanFilters(FilterSet):
    """By words, state and when it was activated."""

    q = SearchFilter(contains=("title",))
    state = AnyOfFilter("state", label=_("State"), choices=PlanState.choices)
    activated = DayRangeFilter("activated_at", label=_("Activated"))

    class Meta:
        model = ResponsePlan
        fields: list[str] = []


def plan_badge(plan: Any) -> Any:
    """The state as a badge."""
    return badge(_TONES[PlanState(plan.state)], plan.get_state_display())


PLANS = ListSpec(
    name="response_plans",
    title=_("Response plans"),
    columns=(
        Column("title", _("Title"), lambda row: row.title, sort=("title", "pk")),
        Column("state", _("State"), plan_badge, export=lambda row: row.get_state_display()),
        Column("phase", _("Current phase"), lambda row: row.phase_title),
        Column("open", _("Open tasks"), lambda row: row.open_items, numeric=True),
        Column("drafted", _("Drafted"), lambda row: row.drafted_at, sort=("drafted_at",)),
        Column("activated", _("Activated"), lambda row: row.activated_at, sort=("activated_at",)),
        Column("ended", _("Stood down"), lambda row: row.stood_down_at, sort=("stood_down_at",)),
        Column("by", _("Drafted by"), lambda row: row.drafted_by.name, default=False),
    ),
    filterset=PlanFilters,
    sort="-drafted",
    row_url=lambda row: reverse("response:plan", args=[row.public_id]),
    empty_title=_("No response plan yet"),
    empty_text=_(
        "A region operator drafts one when an incident needs more than one hand; a duty manager activates it."
    ),
    search_help=_("Title"),
)
