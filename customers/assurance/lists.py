"""Reviews of verifications, and verifications that run out, as lists."""

from collections.abc import Sequence
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.assurance.access import uninvolved_in
from customers.assurance.lapsing import Drop
from customers.assurance.models import ClaimReview
from customers.models import Claim
from customers.queries import named
from customers.signs import claim_sign
from kit import clock
from kit.lists import Column, ListSpec
from kit.templatetags.ui import badge, late_badge


class ReviewFilters(filters.FilterSet):
    """By words, cause, and whether somebody still has to look."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="by_words")
    cause = filters.ChoiceFilter(label=_("Cause"), choices=ClaimReview.Cause.choices, empty_label=_("any"))
    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[("open", _("open")), *ClaimReview.Outcome.choices],
        empty_label=_("any"),
        method="by_state",
    )
    mine = filters.ChoiceFilter(
        label=_("Whose"), choices=[("yes", _("those I may resolve"))], empty_label=_("any"), method="by_actor"
    )

    class Meta:
        model = ClaimReview
        fields: list[str] = []

    def by_words(self, rows: QuerySet[ClaimReview], name: str, value: str) -> QuerySet[ClaimReview]:
        """Reviews of organizations of that name."""
        return rows.filter(named(value, "claim__organization__search_text"))

    def by_state(self, rows: QuerySet[ClaimReview], name: str, value: str) -> QuerySet[ClaimReview]:
        """Open ones, or those with a result."""
        return rows.filter(resolved_at=None) if value == "open" else rows.filter(outcome=value)

    def by_actor(self, rows: QuerySet[ClaimReview], name: str, value: str) -> QuerySet[ClaimReview]:
        """Those the actor had no part in."""
        return rows.filter(pk__in=uninvolved_in(self.request.actor).filter(resolved_at=None).values("pk"))


def review_rows(reviews: QuerySet[ClaimReview]) -> QuerySet[ClaimReview]:
    """The reviews with what a row shows."""
    return reviews.select_related("claim__organization", "claim__category", "resolved_by")


def review_badge(review: ClaimReview) -> Any:
    """Its result, or when it is due."""
    if review.outcome:
        return badge("good" if review.outcome == ClaimReview.Outcome.STANDS else "bad", review.get_outcome_display())
    return late_badge(review.due_at)


REVIEWS = ListSpec(
    name="claim_reviews",
    title=_("Second looks"),
    columns=(
        Column("organization", _("Organization"), lambda row: row.claim.organization.legal_name),
        Column("category", _("Category"), lambda row: f"{row.claim.category.code} · {row.claim.category.name}"),
        Column("cause", _("Cause"), lambda row: row.get_cause_display()),
        Column("opened", _("Opened"), lambda row: row.opened_at, sort=("opened_at",)),
        Column("due", _("Due"), lambda row: row.due_at, sort=("due_at",), default=False),
        Column("state", _("State"), review_badge, export=lambda row: row.get_outcome_display() or "open"),
        Column("by", _("Resolved by"), lambda row: row.resolved_by.name if row.resolved_by else None),
    ),
    filterset=ReviewFilters,
    sort="-opened",
    row_url=lambda row: reverse("assurance:review", args=[row.public_id]),
    empty_title=_("Nothing is looked at again"),
    empty_text=_("Each month five percent of the tier-1 verifications are drawn; complaints come here too."),
)


class ExpiringFilters(filters.FilterSet):
    """By words, or a category's code."""

    q = filters.CharFilter(label=_("Search"), max_length=200, method="by_words")

    class Meta:
        model = Claim
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        """Claims of organizations of that name."""
        return rows.filter(named(value, "organization__search_text") | Q(category__code__iexact=value))


def drops_text(drops: Sequence[Drop]) -> Any:
    """The requests that would fall, each with its tiers; the rest as a number."""
    if not drops:
        return gettext("none")
    shown = format_html_join(
        ", ",
        '<a href="{}">{}</a> <small>T{} → T{}</small>',
        ((drop.url, drop.label, drop.old_tier, drop.new_tier) for drop in drops[:3]),
    )
    return format_html("{} +{}", shown, len(drops) - 3) if len(drops) > 3 else shown


def _state(row: Any) -> Any:
    sign = claim_sign(row, clock.now())
    return badge(sign.tone, sign.word, sign.title)


EXPIRING = ListSpec(
    name="expiring",
    title=_("Verifications that run out"),
    columns=(
        Column("organization", _("Organization"), lambda row: row.organization.legal_name),
        Column("category", _("Category"), lambda row: f"{row.category.code} · {row.category.name}"),
        Column("state", _("State"), _state, export=lambda row: row.get_state_display()),
        Column("until", _("Counts until"), lambda row: row.valid_until, sort=("valid_until",)),
        Column(
            "drops",
            _("Pending requests that would drop"),
            lambda row: drops_text(getattr(row, "drops", ())),
            export=lambda row: "; ".join(
                f"{drop.label} T{drop.old_tier}>T{drop.new_tier}" for drop in getattr(row, "drops", ())
            ),
        ),
        Column("portfolio", _("Portfolio"), lambda row: row.organization.portfolio.name),
    ),
    filterset=ExpiringFilters,
    sort="until",
    row_url=lambda row: reverse("customers:claim", args=[row.public_id]),
    empty_title=_("No verification runs out soon"),
    empty_text=_("Those of the next sixty days appear here, with the requests that would drop a tier."),
)
