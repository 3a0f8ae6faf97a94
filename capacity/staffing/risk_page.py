"""The history of a region's staffing risk: every day of a public series as it was known, and the spells in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import region_for
from capacity.staffing.access import may_see_status
from capacity.staffing.risk_facts import place_of
from capacity.staffing.risk_models import RiskDay, RiskLevel, RiskSeries, RiskSource
from capacity.staffing.series import Place
from capacity.staffing.wording import risk_figures
from kit import clock
from kit.commands import form_page
from kit.filters import check_parameters
from kit.forms import DayField, Form
from kit.refusal import require
from kit.templatetags.ui import badge, short_day
from users.http import ActorRequest

# Each level as the signs of staffing already show it, so that a color means one thing.
TONES = {
    RiskLevel.NORMAL: "staff-green",
    RiskLevel.WATCH: "watch",
    RiskLevel.REDUCED: "constrained",
    RiskLevel.CRITICAL: "critical",
    RiskLevel.UNKNOWN: "staff-unknown",
}
DAYS_OF_MONTH = range(1, 32)


class HistoryForm(Form):
    """Which series is shown, and as of which day it was known."""

    series = forms.ChoiceField(
        label=_("Series"), required=False, widget=forms.Select(attrs={"aria-label": _("Series")})
    )
    as_of = DayField(label=_("As known on"), required=False)

    def offer(self, series: Iterable[RiskSeries]) -> "HistoryForm":
        """Let these series be chosen."""
        field: Any = self.fields["series"]
        field.choices = [(key_of(one), f"{one.get_source_display()} · {one}") for one in series]
        return self


@dataclass(frozen=True)
class Spell:
    """Days in a row at one risk; what is told is told of the first of them."""

    first: RiskDay
    last: RiskDay
    days: int

    @property
    def risk(self) -> SafeString:
        return risk_badge(self.first.risk)

    @property
    def why(self) -> str:
        return risk_figures(self.first)


def key_of(series: RiskSeries) -> str:
    """How an address names a series."""
    return f"{series.source}:{series.place}"


def risk_badge(level: str) -> SafeString:
    """A level of risk with its word, symbol and color."""
    return badge(TONES[RiskLevel(level)], RiskLevel(level).label)


def series_near(place: Place) -> list[RiskSeries]:
    """The series of a place, its own first, and those of the other parts of its country to compare with."""
    prefix = place.subdivision[:3] if place.subdivision else "?"
    found = RiskSeries.objects.filter(Q(place__in=[place.subdivision, place.country]) | Q(place__startswith=prefix))
    nearness = {place.subdivision: 0, place.country: 1}
    sources = RiskSource.values
    return sorted(found, key=lambda one: (sources.index(one.source), nearness.get(one.place, 2), str(one)))


def days_known(series: RiskSeries, as_of: date) -> QuerySet[RiskDay]:
    """Every day of a series, oldest first, as it was known on a day."""
    return (
        RiskDay.objects.filter(series=series, known_date__lte=as_of)
        .order_by("date", "-known_date")
        .distinct("date")
        .select_related("series")
    )


def history(request: ActorRequest, code: str) -> HttpResponse:
    """GET /regions/<code>/staffing-risk/"""
    shown = region_for(request.actor, code)
    require(may_see_status(request.actor, code))
    check_parameters(request.GET, ["series", "as_of"])
    found = series_near(place_of(shown))
    form = HistoryForm(request.GET).offer(found)
    chosen, days, today = None, [], clock.now().date()
    if form.is_valid():
        key = form.cleaned_data["series"]
        chosen = next((one for one in found if key_of(one) == key or not key), None)
        days = list(days_known(chosen, form.cleaned_data["as_of"] or today)) if chosen else []
    context = {
        "region": shown,
        "series": chosen,
        "has_series": bool(found),
        "days_of_month": DAYS_OF_MONTH,
        "months": [(_month_of(days), month_cells(days)) for days in _months(days)],
        "levels": [risk_badge(level) for level in RiskLevel],
        "spells": spells(days),
        "cause": days[0].get_cause_display() if days else "",
        "odd": [(day, risk_figures(day)) for day in days if not day.adds_up],
        "last_known": max((day.known_date for day in days), default=None),
    }
    return form_page(request, "staffing/risk.html", form, context)


def spells(days: Sequence[RiskDay]) -> list[Spell]:
    """The days gathered into spells of one risk, newest first."""
    found = []
    for _risk, group in groupby(days, key=lambda day: day.risk):
        rows = list(group)
        found.append(Spell(rows[0], rows[-1], len(rows)))
    return found[::-1]


def _months(days: Sequence[RiskDay]) -> list[list[RiskDay]]:
    return [list(group) for _month, group in groupby(days, key=lambda day: (day.date.year, day.date.month))]


def _month_of(days: list[RiskDay]) -> str:
    return date_format(days[0].date, "M Y")


def month_cells(days: Iterable[RiskDay]) -> SafeString:
    """A month as 31 table cells; a day that is not in the series is an empty cell."""
    by_day = {day.date.day: day for day in days}
    cells = "".join(_cell(by_day[number]) if number in by_day else "<td></td>" for number in DAYS_OF_MONTH)
    return mark_safe(cells)  # noqa: S308 - every cell is escaped


def _cell(day: RiskDay) -> str:
    words = f"{short_day(day.date)}: {day.get_risk_display()}"
    if day.is_partial:
        words = gettext("%(words)s, in a part of it") % {"words": words}
    if not day.adds_up:
        words = gettext("%(words)s, does not add up") % {"words": words}
    marks = f"{' is-partial' if day.is_partial else ''}{'' if day.adds_up else ' is-odd'}"
    return format_html(
        '<td class="v-risk is-{}{}" title="{}"><span class="v-unseen">{}</span></td>',
        day.risk,
        marks,
        words,
        conditional_escape(words),
    )
