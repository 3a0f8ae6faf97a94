"""What the list of a pool's ledger entries can be asked."""

from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

from capacity.pools.models import LedgerEntry, LedgerKind, Level
from kit.filters import AnyOfFilter, DayRangeFilter, SearchFilter


class LedgerFilters(FilterSet):
    """By what an entry does, on which level, when, and for what."""

    q = SearchFilter(exact=("subject",))
    kind = AnyOfFilter("kind", label=_("Entry"), choices=LedgerKind.choices)
    level = AnyOfFilter("level", label=_("Level"), choices=Level.choices)
    at = DayRangeFilter("at", label=_("Posted"))

    class Meta:
        model = LedgerEntry
        fields: list[str] = []
