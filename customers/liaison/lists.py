"""The liaison log as a list."""

from typing import Any

import django_filters as filters
from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.liaison.models import Counterpart, LiaisonItem
from customers.queries import named
from kit import clock
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge


class LiaisonFilters(filters.FilterSet):
    """By words, counterpart, whose step it is, and whether anything is still to be done."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="by_words")
    counterpart = filters.ChoiceFilter(label=_("With"), choices=Counterpart.choices, empty_label=_("any"))
    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[("open", _("step open")), ("late", _("step late")), ("done", _("nothing to do"))],
        empty_label=_("any"),
        method="by_state",
    )
    mine = filters.ChoiceFilter(
        label=_("Whose"), choices=[("yes", _("mine"))], empty_label=_("anybody's"), method="by_owner"
    )

    class Meta:
        model = LiaisonItem
        fields: list[str] = []

    def by_words(self, rows: QuerySet[LiaisonItem], name: str, value: str) -> QuerySet[LiaisonItem]:
        """Items with an organization or authority of that name."""
        return rows.filter(named(value, "organization__search_text") | Q(authority__icontains=value))

    def by_state(self, rows: QuerySet[LiaisonItem], name: str, value: str) -> QuerySet[LiaisonItem]:
        """Open, late or done."""
        still_open = Q(closed_at=None) & ~Q(next_step="")
        if value == "done":
            return rows.exclude(still_open)
        rows = rows.filter(still_open)
        return rows.filter(due_date__lt=timezone.localdate(clock.now())) if value == "late" else rows

    def by_owner(self, rows: QuerySet[LiaisonItem], name: str, value: str) -> QuerySet[LiaisonItem]:
        """The actor's own steps."""
        return rows.filter(owner=self.request.actor.user_id)


def item_rows(items: QuerySet[LiaisonItem]) -> QuerySet[LiaisonItem]:
    """The items with what a row shows."""
    name = Coalesce(F("organization__sort_name"), F("authority"), output_field=TextField())
    return items.select_related("organization", "owner").annotate(name=name)


def step_badge(item: LiaisonItem) -> Any:
    """Whether a step is to be done, and whether its day is past."""
    if not item.is_open or item.due_date is None:
        return badge("quiet", _("closed") if item.closed_at else _("nothing to do"))
    late = item.due_date < timezone.localdate(clock.now())
    return badge("late" if late else "info", _("late") if late else _("open"))


LIAISON = ListSpec(
    name="liaison",
    title=_("Liaison log"),
    columns=(
        Column("with", _("With"), lambda row: row.with_whom, sort=("name",)),
        Column("kind", _("Kind"), lambda row: row.get_counterpart_display()),
        Column("on", _("On"), lambda row: row.happened_date, sort=("happened_date",)),
        Column("step", _("Next step"), lambda row: row.next_step),
        Column("state", _("State"), step_badge, export=lambda row: "open" if row.is_open else "closed"),
        Column("owner", _("Who does it"), lambda row: row.owner.name if row.owner else None),
        Column("due", _("By"), lambda row: row.due_date),
    ),
    filterset=LiaisonFilters,
    sort="-on",
    search_help=_("Organization or authority"),
    row_url=lambda row: reverse("liaison:item", args=[row.public_id]),
    empty_title=_("No contacts yet"),
    empty_text=_("Write down what first responders and authorities need, and who does what by when."),
)
