"""How the override register is filtered."""

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kit import clock
from priorities.models import Override, OverrideKind, OverrideReason, OverrideScope, OverrideState
from priorities.overrides import standing, to_be_reviewed, waiting_for_signature

NOW_CHOICES = [
    ("in_force", _("in force")),
    ("waits", _("waits for a second signature")),
    ("flagged", _("ended without its second signature")),
    ("review", _("post-review due")),
]


class OverrideFilters(filters.FilterSet):
    """By how it stands now, state, kind, scope, reason and subject."""

    q = filters.CharFilter(label=_("Search"), method="search", max_length=80)
    now = filters.ChoiceFilter(label=_("Now"), choices=NOW_CHOICES, empty_label=_("any"), method="by_now")
    state = filters.ChoiceFilter(label=_("State"), choices=OverrideState.choices, empty_label=_("any"))
    kind = filters.ChoiceFilter(label=_("Kind"), choices=OverrideKind.choices, empty_label=_("any"))
    scope = filters.ChoiceFilter(label=_("About"), choices=OverrideScope.choices, empty_label=_("any"))
    reason_code = filters.ChoiceFilter(label=_("Reason"), choices=OverrideReason.choices, empty_label=_("any"))

    class Meta:
        model = Override
        fields: list[str] = []

    def search(self, rows: QuerySet[Override], _name: str, term: str) -> QuerySet[Override]:
        """A request's number exactly ("R-1" is not "R-12"); a ticket exactly; an organization by any part."""
        of_organization = Q(scope=OverrideScope.ORGANIZATION, subject_label__icontains=term)
        return rows.filter(Q(subject_label__iexact=term) | Q(ticket__iexact=term) | of_organization)

    def by_now(self, rows: QuerySet[Override], _name: str, wanted: str) -> QuerySet[Override]:
        """What the windows say at this moment, whatever the books say yet."""
        at = clock.now()
        if wanted == "in_force":
            return rows.filter(standing(at))
        if wanted == "waits":
            return rows.filter(pk__in=waiting_for_signature(at).values("pk"))
        if wanted == "flagged":
            return rows.filter(is_break_glass=True, confirmed_by=None).exclude(ended_at=None)
        return rows.filter(pk__in=to_be_reviewed().values("pk"))
