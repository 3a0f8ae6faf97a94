"""The override register as a list."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kit import clock
from kit.lists import Column, ListSpec
from kit.signs import Sign
from kit.templatetags.ui import badge, relative_time
from priorities.filters import OverrideFilters
from priorities.models import Override, OverrideKind, OverrideState
from priorities.override_models import STANDING_STATES, UNSIGNED_STATES
from priorities.wording import percent
from users.queries import duty_in
from users.second_signatures import whose_turn

_TONES = {
    OverrideState.REFUSED: "bad",
    OverrideState.EXPIRED: "quiet",
    OverrideState.REVOKED: "quiet",
    OverrideState.REVIEWED: "good",
}


def override_sign(override: Override, at: datetime) -> Sign:
    """How an override stands at a moment, read from its window: the books may follow a minute later."""
    state = OverrideState(override.state)
    if state in (OverrideState.PROPOSED, *STANDING_STATES) and override.over_at <= at:
        lapsed = state == OverrideState.UNCONFIRMED
        return Sign("bad", _("Ended unsigned"), _("Nobody signed in time")) if lapsed else _sign(OverrideState.EXPIRED)
    if override.is_flagged and state != OverrideState.REVIEWED:
        return Sign("bad", _("Ended unsigned"), _("Nobody signed in time"))
    if state == OverrideState.UNCONFIRMED:
        return Sign("bad", _("In force, unsigned"), _("It ends by itself unless another person confirms it in time"))
    if state == OverrideState.ACTIVE and override.starts_at > at:
        return Sign("watch", _("Confirmed, not begun"), _("In force once its window begins"))
    if state == OverrideState.ACTIVE:
        return Sign("info", _("In force"), _("In force until its window ends"))
    if state == OverrideState.PROPOSED:
        return Sign("watch", _("Waits for a second signature"), _("It has no effect before another person confirms it"))
    return _sign(state)


def _sign(state: OverrideState) -> Sign:
    return Sign(_TONES[state], state.label, state.label)


def effect(override: Override) -> Any:
    """What it does, in words."""
    if override.kind == OverrideKind.RETIER:
        return _("Ranks in tier %(tier)s") % {"tier": override.to_tier}
    if override.kind == OverrideKind.CAP:
        return _("At most %(percent)s of what is asked") % {"percent": percent(override.cap_permille or 0)}
    return {
        OverrideKind.PIN: _("Served first"),
        OverrideKind.HOLD: _("Held back"),
        OverrideKind.RELEASE: _("Free from hold and limit"),
    }[OverrideKind(override.kind)]


def subject_url(override: Override) -> str:
    """The page of what it is about."""
    place = "requests" if override.scope == "request" else "organizations"
    return f"/{place}/{override.subject_key}/"


def _state(row: Any) -> Any:
    sign = override_sign(row, clock.now())
    shown = badge(sign.tone, sign.word, sign.title)
    if not row.is_break_glass:
        return shown
    return format_html("{} {}", shown, badge("watch", gettext("one signature"), gettext("Break-glass")))


def _waits_for(row: Any) -> Any:
    at = clock.now()
    if row.state not in UNSIGNED_STATES or row.over_at <= at:
        return ""
    duty = duty_in(row.duty, row.region_code)
    turn = whose_turn(duty, asked_at=row.proposed_at, not_by=(row.proposed_by_id,), at=at)
    return ", ".join(one.name for one in turn.people) or gettext("any duty manager")


def _review(row: Any) -> Any:
    if row.verdict:
        return row.get_verdict_display()
    due = row.review_due_at
    if due is None:
        return ""
    late = due <= clock.now()
    return format_html("{} {}", badge("bad", gettext("late")) if late else "", relative_time(due))


OVERRIDES = ListSpec(
    name="overrides",
    title=_("Overrides"),
    columns=(
        Column("number", _("Number"), lambda row: row.label, sort=("number",)),
        Column("request", _("About"), lambda row: row.subject_label),
        Column("effect", _("Effect"), effect),
        Column("reason", _("Reason"), lambda row: row.get_reason_code_display()),
        Column("state", _("State"), _state, export=lambda row: str(override_sign(row, clock.now()).word)),
        Column("waits_for", _("Waits for"), _waits_for),
        Column("starts", _("Begins"), lambda row: row.starts_at, sort=("starts_at",), default=False),
        Column("ends", _("Ends"), lambda row: row.over_at, sort=("ends_at",)),
        Column("overtakes", _("Overtakes"), lambda row: len(row.overtakes), numeric=True),
        Column("renewal", _("Renewals"), lambda row: row.renewal, numeric=True),
        Column("proposed_by", _("Proposed by"), lambda row: row.proposed_by.name),
        Column("confirmed_by", _("Confirmed by"), lambda row: row.confirmed_by.name if row.confirmed_by else ""),
        Column(
            "review",
            _("Post-review"),
            _review,
            export=lambda row: row.get_verdict_display() if row.verdict else row.review_due_at,
        ),
        Column("why", _("Why"), lambda row: row.reason, default=False),
        Column("outcome", _("Lesson"), lambda row: row.lesson, default=False),
        Column("ticket", _("Ticket"), lambda row: row.ticket, default=False),
    ),
    filterset=OverrideFilters,
    sort="-number",
    search_help=_("Request, such as R-12"),
    row_url=lambda row: reverse("priorities:override", args=[row.public_id]),
    empty_title=_("No overrides yet"),
    empty_text=_("An override appears here when a reviewer proposes one from a request."),
)
