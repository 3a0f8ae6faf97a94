"""How the override register is filtered."""

import django_filters as filters
from django.utils.translation import gettext_lazy as _

from priorities.models import Override, OverrideKind, OverrideReason, OverrideState


class OverrideFilters(filters.FilterSet):
    """By state, kind, reason and request."""

    q = filters.CharFilter(label=_("Search"), field_name="subject_label", lookup_expr="iexact", max_length=80)
    state = filters.ChoiceFilter(label=_("State"), choices=OverrideState.choices, empty_label=_("any"))
    kind = filters.ChoiceFilter(label=_("Kind"), choices=OverrideKind.choices, empty_label=_("any"))
    reason_code = filters.ChoiceFilter(label=_("Reason"), choices=OverrideReason.choices, empty_label=_("any"))

    class Meta:
        model = Override
        fields: list[str] = []
