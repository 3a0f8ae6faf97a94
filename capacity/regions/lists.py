"""What was declared and what the thresholds proposed, as lists."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, FilterSet

from capacity.regions.models import Condition, ConditionDeclaration, DeclarationState
from capacity.regions.queries import region_choices
from capacity.regions.threshold_models import ProposalState, ThresholdProposal
from capacity.regions.threshold_wording import reason_texts
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter, offer_choices
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge, condition_badge, state_badge

_TONES = {
    ProposalState.OPEN: "watch",
    ProposalState.TAKEN_UP: "good",
    ProposalState.SUPERSEDED: "quiet",
    ProposalState.LAPSED: "quiet",
    ProposalState.DISMISSED: "quiet",
}


class _InRegion(FilterSet):
    """By region; the names are asked for only where a page shows them."""

    q = SearchFilter(contains=("region__name", "region__code"))
    region = ChoiceFilter("region__code", label=_("Region"), empty_label=_("Any"))
    condition = AnyOfFilter("condition", label=_("Condition"), choices=Condition.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self.filters["region"], region_choices)


class DeclarationFilters(_InRegion):
    """By region, condition, state and when it came into force."""

    state = AnyOfFilter("state", label=_("State"), choices=DeclarationState.choices)
    since = DayRangeFilter("in_force_at", label=_("In force since"))

    class Meta:
        model = ConditionDeclaration
        fields: list[str] = []


class ProposalFilters(_InRegion):
    """By region, condition, what became of it, and when it was raised."""

    state = AnyOfFilter("state", label=_("State"), choices=ProposalState.choices)
    raised = DayRangeFilter("raised_at", label=_("Raised"))

    class Meta:
        model = ThresholdProposal
        fields: list[str] = []


def _where_seen(row: Any, value: Any) -> Any:
    return value if row.sees_grounds else ""


DECLARATIONS = ListSpec(
    name="conditions",
    title=_("History of conditions"),
    columns=(
        Column("region", _("Region"), lambda row: row.region.name, sort=("region__name", "pk")),
        Column(
            "condition",
            _("Condition"),
            lambda row: condition_badge(row.condition),
            sort=("condition", "pk"),
            export=lambda row: row.get_condition_display(),
        ),
        Column(
            "state",
            _("State"),
            lambda row: state_badge(row.state, row.get_state_display()),
            export=lambda row: row.get_state_display(),
        ),
        Column("declared", _("Declared"), lambda row: row.proposed_at, sort=("proposed_at",)),
        Column("since", _("In force since"), lambda row: row.in_force_at, sort=("in_force_at",)),
        Column("until", _("Until"), lambda row: row.ended_at if row.in_force_at else None),
        Column("review", _("Looked at again"), lambda row: row.review_date, sort=("review_date",)),
        Column("by", _("Declared by"), lambda row: _where_seen(row, row.proposed_by.name if row.proposed_by else "")),
        Column(
            "confirmed",
            _("Confirmed by"),
            lambda row: _where_seen(row, row.confirmed_by.name if row.confirmed_by else ""),
            default=False,
        ),
        Column("evidence", _("Evidence"), lambda row: _where_seen(row, row.evidence), default=False),
    ),
    filterset=DeclarationFilters,
    sort="-declared",
    row_url=lambda row: (
        reverse("regions:proposal", args=[row.public_id])
        if row.sees_grounds
        else reverse("regions:region", args=[row.region.code])
    ),
    empty_title=_("No condition was ever declared"),
    empty_text=_("Every region is normal until a region operator declares another condition."),
    search_help=_("Name or code of a region"),
)


def proposal_badge(proposal: ThresholdProposal) -> Any:
    """What became of a proposal, as a badge."""
    return badge(_TONES[ProposalState(proposal.state)], proposal.get_state_display())


def _why(proposal: ThresholdProposal) -> Any:
    return format_html_join("", "<small>{}</small>", ((text,) for text in reason_texts(proposal)[:3]))


PROPOSALS = ListSpec(
    name="threshold_proposals",
    title=_("Proposals of the thresholds"),
    columns=(
        Column("region", _("Region"), lambda row: row.region.name, sort=("region__name", "pk")),
        Column(
            "condition",
            _("Proposed"),
            lambda row: format_html("{} → {}", condition_badge(row.current), condition_badge(row.condition)),
            export=lambda row: row.get_condition_display(),
        ),
        Column("state", _("State"), proposal_badge, export=lambda row: row.get_state_display()),
        Column("raised", _("Raised"), lambda row: row.raised_at, sort=("raised_at",)),
        Column("why", _("Readings"), _why, export=lambda row: " ".join(reason_texts(row))),
        Column("closed", _("Closed"), lambda row: row.closed_at),
        Column("by", _("Closed by"), lambda row: row.closed_by.name if row.closed_by else "", default=False),
        Column("answer", _("Why it was dismissed"), lambda row: row.answer),
    ),
    filterset=ProposalFilters,
    sort="-raised",
    row_url=lambda row: reverse("regions:region", args=[row.region.code]),
    empty_title=_("The thresholds proposed nothing yet"),
    empty_text=_("A proposal appears when the readings of a region have passed a threshold for long enough."),
    search_help=_("Name or code of a region"),
)
