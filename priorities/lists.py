"""The override register as a list."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kit import clock
from kit.lists import Column, ListSpec
from kit.signs import Sign
from kit.templatetags.ui import badge
from priorities.filters import OverrideFilters
from priorities.models import Override, OverrideKind, OverrideState

_TONES = {
    OverrideState.PROPOSED: "watch",
    OverrideState.ACTIVE: "info",
    OverrideState.REFUSED: "bad",
    OverrideState.EXPIRED: "quiet",
    OverrideState.REVOKED: "quiet",
    OverrideState.REVIEWED: "good",
}


def override_sign(override: Override, at: datetime) -> Sign:
    """How an override stands at a moment, read from its window: the books may follow a minute later."""
    is_over = override.ends_at <= at and override.state in (OverrideState.PROPOSED, OverrideState.ACTIVE)
    state = OverrideState.EXPIRED if is_over else OverrideState(override.state)
    if state == OverrideState.ACTIVE:
        return Sign("info", _("In force"), _("In force until its window ends"))
    if state == OverrideState.PROPOSED:
        return Sign("watch", _("Waits for a second signature"), _("It has no effect before another person confirms it"))
    return Sign(_TONES[state], state.label, state.label)


def effect(override: Override) -> Any:
    """What it does, in words."""
    if override.kind == OverrideKind.RETIER:
        return _("Ranks in tier %(tier)s") % {"tier": override.to_tier}
    return _("Served first") if override.kind == OverrideKind.PIN else _("Held back")


def _state(row: Any) -> Any:
    sign = override_sign(row, clock.now())
    return badge(sign.tone, sign.word, sign.title)


OVERRIDES = ListSpec(
    name="overrides",
    title=_("Overrides"),
    columns=(
        Column("number", _("Number"), lambda row: f"O-{row.number}", sort=("number",)),
        Column("request", _("Request"), lambda row: row.subject_label),
        Column("effect", _("Effect"), effect),
        Column("reason", _("Reason"), lambda row: row.get_reason_code_display()),
        Column("state", _("State"), _state, export=lambda row: str(override_sign(row, clock.now()).word)),
        Column("ends", _("Ends"), lambda row: row.ends_at, sort=("ends_at",)),
        Column("overtakes", _("Overtakes"), lambda row: len(row.overtakes), numeric=True),
        Column("proposed_by", _("Proposed by"), lambda row: row.proposed_by.name),
        Column("confirmed_by", _("Confirmed by"), lambda row: row.confirmed_by.name if row.confirmed_by else ""),
        Column("ticket", _("Ticket"), lambda row: row.ticket, default=False),
    ),
    filterset=OverrideFilters,
    sort="-number",
    search_help=_("Request, such as R-12"),
    row_url=lambda row: reverse("priorities:override", args=[row.public_id]),
    empty_title=_("No overrides yet"),
    empty_text=_("An override appears here when a reviewer proposes one from a request."),
)
