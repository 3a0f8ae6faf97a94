"""What lists of register entries, comparisons, reviews and matches can be asked for."""

from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.access import visible_portfolios
from customers.countries import country_name, is_country
from customers.models import Register, RegisterRow, RegisterSnapshot, SectorCategory
from customers.queries import organizations_named
from customers.registers.adapters import REGISTERS
from customers.registers.models import EvidenceReview, RegisterMatch, SnapshotChange
from customers.registers.queries import with_fragments
from users.models import Portfolio


def _country(value: str) -> None:
    if not is_country(value.upper()):
        raise ValidationError(_("Use two letters such as DE."))


def _by_country(**options: Any) -> filters.CharFilter:
    return filters.CharFilter(
        label=_("Country"),
        max_length=2,
        validators=[_country],
        lookup_expr="iexact",
        help_text=_("Two letters such as DE."),
        **options,
    )


def _by_kind(**options: Any) -> filters.CharFilter:
    return filters.CharFilter(
        label=_("Kind"),
        max_length=120,
        lookup_expr="icontains",
        help_text=_("As the register calls it, or a part."),
        **options,
    )


def _by_register(**options: Any) -> filters.ModelChoiceFilter:
    return filters.ModelChoiceFilter(
        label=_("Register"),
        queryset=Register.objects.order_by("name"),
        to_field_name="code",
        empty_label=_("any"),
        **options,
    )


class SnapshotRowFilters(filters.FilterSet):
    """Entries of one snapshot."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="search")
    country = _by_country()
    kind = _by_kind()
    active = filters.BooleanFilter(label=_("Active"), field_name="is_active")

    phrases = {"country": lambda value: country_name(value.upper())}

    class Meta:
        model = RegisterRow
        fields: list[str] = []

    def search(self, queryset: QuerySet[RegisterRow], _name: str, text: str) -> QuerySet[RegisterRow]:
        """The entries found by the text, which may be parts of words."""
        return queryset.filter(with_fragments(text))


class RegisterRowFilters(SnapshotRowFilters):
    """Entries of all registers as they stand."""

    register = _by_register(field_name="snapshot__register")


class ChangeFilters(filters.FilterSet):
    """What became of entries from one snapshot to another."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="search")
    country = _by_country(field_name="entry__country")
    kind = _by_kind(field_name="entry__kind")
    active = filters.BooleanFilter(label=_("Active"), field_name="entry__is_active")
    change = filters.ChoiceFilter(label=_("Change"), choices=SnapshotChange.Change.choices, empty_label=_("any"))

    phrases = {"country": lambda value: country_name(value.upper())}

    class Meta:
        model = SnapshotChange
        fields: list[str] = []

    def search(self, queryset: QuerySet[SnapshotChange], _name: str, text: str) -> QuerySet[SnapshotChange]:
        """The changes of entries found by the text, which may be parts of words."""
        return queryset.filter(with_fragments(text, "entry__"))


class SnapshotFilters(filters.FilterSet):
    """Snapshots by register."""

    register = _by_register()

    class Meta:
        model = RegisterSnapshot
        fields: list[str] = []


class ReviewFilters(filters.FilterSet):
    """Reviews of evidence: open ones unless asked otherwise."""

    q = filters.CharFilter(label=_("Search"), max_length=200)
    state = filters.ChoiceFilter(
        label=_("State"), choices=[("open", _("Open")), ("overdue", _("Overdue")), ("done", _("Done"))],
        empty_label=_("any"),
    )  # fmt: skip
    change = filters.ChoiceFilter(label=_("Change"), choices=EvidenceReview.Change.choices, empty_label=_("any"))
    register = _by_register(field_name="snapshot__register")

    class Meta:
        model = EvidenceReview
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[EvidenceReview]) -> QuerySet[EvidenceReview]:
        """The reviews that match all filters."""
        asked = self.form.cleaned_data
        if asked.get("q"):
            queryset = queryset.filter(organizations_named(asked["q"], "evidence__claim__organization__search_text"))
        if asked.get("change"):
            queryset = queryset.filter(change=asked["change"])
        if asked.get("register"):
            queryset = queryset.filter(snapshot__register=asked["register"])
        if asked.get("state"):
            queryset = queryset.filter(resolved_at__isnull=asked["state"] != "done")
        return queryset.filter(fell_due_at__isnull=False) if asked.get("state") == "overdue" else queryset


def _portfolios(request: Any) -> QuerySet[Portfolio]:
    return visible_portfolios(request.actor)


class MatchFilters(filters.FilterSet):
    """Organizations that stand in a register without a claim."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="search")
    category = filters.ModelChoiceFilter(
        label=_("Category"), queryset=SectorCategory.objects.filter(needs_strong_evidence=True),
        to_field_name="code", empty_label=_("any"),
    )  # fmt: skip
    country = _by_country(field_name="organization__country")
    portfolio = filters.ModelChoiceFilter(
        label=_("Portfolio"), queryset=_portfolios, to_field_name="code", empty_label=_("any"),
        field_name="organization__portfolio",
    )  # fmt: skip
    # Only a declared register can say for what an entry speaks; so its choices need no query.
    register = filters.ChoiceFilter(
        label=_("Register"), field_name="entry__snapshot__register__code", empty_label=_("any"),
        choices=[(code, register.name) for code, register in REGISTERS.items()],
    )  # fmt: skip
    by = filters.ChoiceFilter(label=_("Found by"), choices=RegisterMatch.By.choices, empty_label=_("any"))

    phrases = {"country": lambda value: country_name(value.upper())}

    class Meta:
        model = RegisterMatch
        fields: list[str] = []

    def search(self, queryset: QuerySet[RegisterMatch], _name: str, text: str) -> QuerySet[RegisterMatch]:
        """The matches of organizations found by the words."""
        return queryset.filter(organizations_named(text, "organization__search_text"))
