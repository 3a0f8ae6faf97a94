"""The review queue and the list of requests: columns, orders, what they say when empty."""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.intake.position import BY_COMPLETENESS, BY_COMPLETENESS_HERE, BY_TIER, BY_TIER_HERE
from capacity.requests.models import PLACE_COLUMNS, RequestState
from capacity.review.filters import QueueFilters, RequestFilters
from kit import clock, leases
from kit.lists import Column, ListSpec
from kit.templatetags.ui import NBSP, badge, late_badge, number, state_badge, tier_badge

# Where no decision is due any more, nothing is late.
UNDECIDED = {RequestState.QUEUED, RequestState.IN_REVIEW, RequestState.AWAITING_SECOND_SIGNATURE}


def asked_text(row: Any) -> str:
    """What is asked for, in a phrase: "400 vCPU, 1,600 GiB"."""
    return ", ".join(f"{number(line['quantity'])}{NBSP}{line['unit']}" for line in row.asked)


def _regions(row: Any) -> Any:
    first, *others = [region["name"] for region in row.accepted] or ["–"]
    if not others:
        return first
    return format_html('{} <span title="{}">+{}</span>', first, ", ".join(others), len(others))


def _region_text(row: Any) -> str:
    return "; ".join(region["name"] for region in row.accepted)


def _name(row: Any) -> Any:
    return format_html("{} <small>{}</small>", row.organization.legal_name, row.label)


def _tier(row: Any) -> Any:
    shown = tier_badge(row.claimed_tier, row.is_provisional)
    if row.is_confirmed:
        return shown
    title = gettext("The use is not confirmed yet; on confirmed facts alone it is in tier %(tier)s.")
    return format_html("{} {}", shown, badge("watch", gettext("unconfirmed"), title % {"tier": row.tier}))


def _tier_here(row: Any) -> Any:
    shown = tier_badge(row.here_claimed_tier, row.here_is_provisional)
    if not row.here_is_confirmed:
        title = gettext("The use is not confirmed yet; on confirmed facts alone it is in tier %(tier)s.")
        shown = format_html("{} {}", shown, badge("watch", gettext("unconfirmed"), title % {"tier": row.here_tier}))
    here, usual = ([getattr(row, f"{prefix}{name}") for name in PLACE_COLUMNS] for prefix in ("here_", ""))
    if here == usual:
        return shown
    title = gettext("Overrides of its use count in one region alone, so it stands elsewhere in other queues.")
    return format_html("{} {}", shown, badge("info", gettext("only here"), title))


def _state(row: Any) -> Any:
    shown = state_badge(RequestState(row.state))
    holder = leases.holder_of(row, at=clock.now())
    if holder is None:
        return shown
    title = gettext("%(name)s works on it") % {"name": holder.name}
    return format_html("{} {}", shown, badge("info", holder.name, title))


def due(row: Any) -> Any:
    """The service target as a badge; its clock stands still while information is asked for."""
    if row.state == RequestState.INFORMATION_REQUESTED:
        return late_badge(row.due_at, paused=True)
    return late_badge(row.due_at) if row.state in UNDECIDED else None


QUEUE_BY_TIER = ListSpec(
    name="queue",
    title=_("Review queue"),
    columns=(
        Column("request", _("Request"), _name, export=lambda row: row.organization.legal_name),
        Column("tier", _("Tier"), _tier, export=lambda row: row.claimed_tier),
        Column("asked", _("Asks for"), asked_text),
        Column("regions", _("Regions"), _regions, export=_region_text),
        Column("use", _("Use"), lambda row: row.workload.name),
        Column("due", _("Due"), due, export=lambda row: row.due_at),
        Column("state", _("State"), _state, export=lambda row: row.get_state_display()),
        Column("needed", _("Needed by"), lambda row: row.needed_by_date),
        Column("complete", _("Complete since"), lambda row: row.completed_at, sort=BY_COMPLETENESS, default=False),
        Column("label", _("Number"), lambda row: row.label, default=False),
        Column("id", _("Id"), lambda row: str(row.public_id), default=False),
    ),
    filterset=QueueFilters,
    sort="by_tier",
    more_sorts={"by_tier": BY_TIER},
    search_help=_("Number or organization"),
    row_url=lambda row: reverse("review:case", args=[row.public_id]),
    empty_title=_("Nothing waits for review"),
    empty_text=_("A request appears here as soon as it is filed for a region in your reach."),
)
QUEUE_BY_COMPLETENESS = replace(QUEUE_BY_TIER, sort="complete")
# What the queue of one region shows and sorts by where overrides give requests another place there.
_COLUMNS_HERE = {
    "tier": {"cell": _tier_here, "export": lambda row: row.here_claimed_tier},
    "complete": {"sort": BY_COMPLETENESS_HERE},
}
HERE = {
    spec.sort: replace(
        spec,
        columns=tuple(replace(one, **_COLUMNS_HERE.get(one.key, {})) for one in spec.columns),  # type: ignore[arg-type]
        more_sorts={"by_tier": BY_TIER_HERE},
    )
    for spec in (QUEUE_BY_TIER, QUEUE_BY_COMPLETENESS)
}

REQUESTS = ListSpec(
    name="requests",
    title=_("Requests"),
    columns=(
        Column("request", _("Request"), _name, export=lambda row: row.organization.legal_name),
        Column(
            "state",
            _("State"),
            lambda row: state_badge(RequestState(row.state)),
            export=lambda row: row.get_state_display(),
        ),
        Column("tier", _("Tier"), _tier, export=lambda row: row.claimed_tier),
        Column("asked", _("Asks for"), asked_text),
        Column("regions", _("Regions"), _regions, export=_region_text),
        Column("use", _("Use"), lambda row: row.workload.name),
        Column("due", _("Due"), due, export=lambda row: row.due_at),
        Column("filed", _("Filed"), lambda row: row.filed_at, sort=("filed_at",)),
        Column("decided", _("Decided"), lambda row: row.decided_at, default=False),
        Column("needed", _("Needed by"), lambda row: row.needed_by_date, default=False),
        Column("number", _("Number"), lambda row: row.label, sort=("number",), default=False),
        Column("id", _("Id"), lambda row: str(row.public_id), default=False),
    ),
    filterset=RequestFilters,
    sort="-filed",
    search_help=_("Number or organization"),
    row_url=lambda row: reverse("requests:request", args=[row.public_id]),
    empty_title=_("No requests yet"),
    empty_text=_("A request appears here when an account manager files one for a customer."),
)
