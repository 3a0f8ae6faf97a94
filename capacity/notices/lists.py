"""The notices as a list."""

from typing import Any

import django_filters as filters
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from capacity.notices.models import Notice, NoticeState
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge

_TONES = {NoticeState.DRAFT: "watch", NoticeState.PUBLISHED: "good", NoticeState.SUPERSEDED: "quiet"}


class NoticeFilters(filters.FilterSet):
    """By state."""

    state = filters.ChoiceFilter(label=_("State"), choices=NoticeState.choices, empty_label=_("any"))

    class Meta:
        model = Notice
        fields: list[str] = []


def state_badge(notice: Any) -> Any:
    """The state as a badge."""
    return badge(_TONES[NoticeState(notice.state)], notice.get_state_display())


NOTICES = ListSpec(
    name="notices",
    title=_("Notices"),
    columns=(
        Column("title", _("Title"), lambda row: row.title),
        Column("state", _("State"), state_badge, export=lambda row: row.get_state_display()),
        Column("drafted", _("Drafted"), lambda row: row.drafted_at, sort=("drafted_at",)),
        Column("by", _("Drafted by"), lambda row: row.drafted_by.name),
        Column("published", _("Published"), lambda row: row.published_at),
        Column("publisher", _("Published by"), lambda row: row.published_by.name if row.published_by else ""),
    ),
    filterset=NoticeFilters,
    sort="-drafted",
    row_url=lambda row: reverse("notices:notice", args=[row.public_id]),
    empty_title=_("No notices yet"),
    empty_text=_("A notice appears here when a notice editor drafts one."),
)
