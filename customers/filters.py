"""What lists of organizations and claims can be asked for; pages and API alike."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from customers.access import undecidable_by, visible_portfolios
from customers.claims import GRACE
from customers.countries import country_name, is_country
from customers.models import (
    CLAIM_COUNTS_AS_VERIFIED,
    CLAIM_STANDING,
    Claim,
    ClaimState,
    ImportRowResult,
    ImportRun,
    ImportState,
    OfferType,
    Organization,
    PossibleDuplicate,
    SectorCategory,
)
from customers.queries import CASES, organizations_named
from kit import clock
from users.models import Portfolio


def _country(value: str) -> None:
    if not is_country(value.upper()):
        raise ValidationError(_("Use two letters such as DE."))


def _portfolios(request: Any) -> QuerySet[Portfolio]:
    return visible_portfolios(request.actor)


def _category() -> filters.ModelChoiceFilter:
    chosen = filters.ModelChoiceFilter(
        label=_("Category"), queryset=SectorCategory.objects.all(), to_field_name="code", empty_label=_("any")
    )
    # No column of the filtered rows, so the OpenAPI document cannot find out that it is a code.
    return extend_schema_field(OpenApiTypes.STR)(chosen)


class OrganizationFilters(filters.FilterSet):
    """`category` and `state` speak of one and the same claim; `expires` of any that counts now."""

    q = filters.CharFilter(label=_("Search"), max_length=200)
    category = _category()
    state = filters.ChoiceFilter(
        label=_("Verification"),
        choices=[("none", _("No claim")), *((s.value, s.label) for s in ClaimState if s != ClaimState.DRAFT)],
        empty_label=_("any"),
    )
    country = filters.CharFilter(
        label=_("Country"), max_length=2, validators=[_country], help_text=_("Two letters such as DE.")
    )
    offer_type = filters.ChoiceFilter(label=_("Offer type"), choices=OfferType.choices, empty_label=_("any"))
    portfolio = filters.ModelChoiceFilter(
        label=_("Portfolio"), queryset=_portfolios, to_field_name="code", empty_label=_("any")
    )
    expires = filters.ChoiceFilter(
        label=_("Runs out"),
        choices=[
            ("7", _("within 7 days")),
            ("14", _("within 14 days")),
            ("30", _("within 30 days")),
            ("90", _("within 90 days")),
        ],
        empty_label=_("any"),
    )

    phrases = {"country": lambda value: country_name(value.upper())}

    class Meta:
        model = Organization
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Organization]) -> QuerySet[Organization]:
        """The organizations that match all filters."""
        asked = self.form.cleaned_data
        if asked.get("q"):
            queryset = queryset.filter(organizations_named(asked["q"]))
        if asked.get("country"):
            queryset = queryset.filter(country=asked["country"].upper())
        for name in ("offer_type", "portfolio"):
            if asked.get(name):
                queryset = queryset.filter(**{name: asked[name]})
        category, state = asked.get("category"), asked.get("state")
        claims = Claim.objects.filter(organization=OuterRef("pk"))
        if asked.get("expires"):
            at = clock.now()
            until = at + timedelta(days=int(asked["expires"]))
            ending = claims.filter(state__in=[*CLAIM_COUNTS_AS_VERIFIED, ClaimState.PROVISIONAL])
            queryset = queryset.filter(Exists(ending.filter(valid_until__lte=until, valid_until__gt=at - GRACE)))
        if category:
            claims = claims.filter(category=category)
        if state == "none":
            return queryset.filter(~Exists(claims.filter(state__in=CLAIM_STANDING)))
        if state:
            return queryset.filter(Exists(claims.filter(state=state)))
        return queryset.filter(Exists(claims.filter(state__in=CLAIM_STANDING))) if category else queryset


# Why two organizations may be one; the codes are those of `customers.names.likeness`.
MARKS = {
    "same_name": _("same name"),
    "similar_name": _("similar name"),
    "shared_domain": _("shared domain"),
}


class DuplicateFilters(filters.FilterSet):
    """Pairs by the words of one of them, by why, and by portfolio."""

    q = filters.CharFilter(label=_("Search"), max_length=200)
    mark = filters.ChoiceFilter(label=_("Why"), choices=list(MARKS.items()), empty_label=_("any"))
    portfolio = filters.ModelChoiceFilter(
        label=_("Portfolio"), queryset=_portfolios, to_field_name="code", empty_label=_("any")
    )

    class Meta:
        model = PossibleDuplicate
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[PossibleDuplicate]) -> QuerySet[PossibleDuplicate]:
        """The pairs that match all filters."""
        asked = self.form.cleaned_data
        if asked.get("q"):
            words = asked["q"]
            queryset = queryset.filter(
                organizations_named(words, "one__search_text") | organizations_named(words, "other__search_text")
            )
        if asked.get("mark"):
            queryset = queryset.filter(marks__contains=[asked["mark"]])
        if asked.get("portfolio"):
            queryset = queryset.filter(Q(one__portfolio=asked["portfolio"]) | Q(other__portfolio=asked["portfolio"]))
        return queryset


class CaseFilters(filters.FilterSet):
    """The verifiers' queue."""

    q = filters.CharFilter(label=_("Search"), max_length=200)
    state = filters.ChoiceFilter(
        label=_("State"), choices=[(s.value, s.label) for s in ClaimState if s in CASES], empty_label=_("any")
    )
    category = _category()
    strong = filters.ChoiceFilter(
        label=_("Kind of category"),
        choices=[("yes", _("needs strong evidence")), ("no", _("other"))],
        empty_label=_("any"),
    )
    mine = filters.ChoiceFilter(
        label=_("Whose"),
        choices=[("yes", _("those I may decide")), ("no", _("those others must decide"))],
        empty_label=_("any"),
    )

    class Meta:
        model = Claim
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        """The claims that match all filters."""
        asked = self.form.cleaned_data
        if asked.get("q"):
            queryset = queryset.filter(organizations_named(asked["q"], "organization__search_text"))
        for name in ("state", "category"):
            if asked.get(name):
                queryset = queryset.filter(**{name: asked[name]})
        if asked.get("strong"):
            queryset = queryset.filter(category__needs_strong_evidence=asked["strong"] == "yes")
        if asked.get("mine") == "yes":
            queryset = queryset.exclude(undecidable_by(self.request.actor))
        elif asked.get("mine") == "no":
            queryset = queryset.filter(undecidable_by(self.request.actor))
        return queryset


class ImportFilters(filters.FilterSet):
    """What a run holds and how it stands."""

    state = filters.ChoiceFilter(label=_("State"), choices=ImportState.choices, empty_label=_("any"))

    class Meta:
        model = ImportRun
        fields: list[str] = []


class ImportRowFilters(filters.FilterSet):
    """What became of a row."""

    outcome = filters.ChoiceFilter(label=_("Outcome"), choices=ImportRowResult.Outcome.choices, empty_label=_("any"))

    class Meta:
        model = ImportRowResult
        fields: list[str] = []
