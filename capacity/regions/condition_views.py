"""Pages about conditions over time, the thresholds, and what they propose."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from babel.dates import format_timedelta
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from capacity.regions.access import SEE_GROUNDS, may_dismiss_proposal, may_see_grounds, region_for, visible_regions
from capacity.regions.actions.dismiss_proposal import dismiss_proposal
from capacity.regions.calendar import Spell, counts_of, days_of, weeks_of
from capacity.regions.drawing import DAYS_OF_MONTH, months_of, week_cells
from capacity.regions.forms import DismissForm
from capacity.regions.lists import DECLARATIONS, PROPOSALS
from capacity.regions.models import Condition, Region
from capacity.regions.proposals import rules_in_force
from capacity.regions.queries import spells_of, visible_declarations, visible_proposals
from capacity.regions.threshold_models import MeasureName, RegionStanding, ThresholdSet
from capacity.regions.threshold_wording import bound_text, readings_now
from capacity.regions.thresholds import BOUNDED, NORMAL, Rules
from kit import clock
from kit.commands import form_of, form_page, perform
from kit.filters import check_parameters
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import Invalid, NotFound, require
from kit.templatetags.ui import condition_badge
from users.http import ActorRequest

FIRST_YEAR = 2000


class NoSuchYear(Invalid):
    """The address asks for a year that no calendar has."""

    code = "no_such_year"
    message = gettext_lazy("The calendar has the years %(first)s to %(last)s, not “%(year)s”.")


@dataclass(frozen=True)
class CalendarRow:
    """A region's year: a cell a week, and how many days each condition but normal held."""

    region: Region
    cells: SafeString
    counts: list[tuple[SafeString, int]]


def history(request: ActorRequest) -> HttpResponseBase:
    """GET /regions/conditions/"""
    rows = visible_declarations(request.actor)
    return list_page(request, DECLARATIONS, rows, template="regions/history.html")


def proposals(request: ActorRequest) -> HttpResponseBase:
    """GET /regions/proposals/"""
    require(request.actor.needs(*SEE_GROUNDS))
    return list_page(request, PROPOSALS, visible_proposals(request.actor), template="regions/proposals.html")


def calendar(request: ActorRequest) -> HttpResponse:
    """GET /regions/calendar/: a year of every region, a cell a week."""
    check_parameters(request.GET, ["year", "q"])
    today = clock.now().astimezone(UTC).date()
    year = _year(request.GET, today)
    sought = request.GET.get("q", "").strip().casefold()[:100]
    regions = [
        one
        for one in visible_regions(request.actor).order_by("name", "pk")
        if sought in f"{one.name} {one.code} {one.geography_group}".casefold()
    ]
    spells = _spells(visible_regions(request.actor), year)
    rows = []
    for region in regions:
        days = days_of(year, spells.get(region.pk, []), today)
        tight = {condition: count for condition, count in counts_of(days).items() if condition != NORMAL}
        rows.append(CalendarRow(region, week_cells(weeks_of(days)), _counted(tight)))
    context = {
        **_years(year, today),
        "rows": rows,
        "sought": sought,
        "months": _months_over_weeks(year),
        "levels": [condition_badge(one) for one in Condition],
    }
    return render(request, "regions/calendar.html", context)


def conditions(request: ActorRequest, code: str) -> HttpResponse:
    """GET /regions/<code>/conditions/: a year of one region, a cell a day, with its spells."""
    region = region_for(request.actor, code)
    check_parameters(request.GET, ["year"])
    today = clock.now().astimezone(UTC).date()
    year = _year(request.GET, today)
    spells = _spells(Region.objects.filter(pk=region.pk), year).get(region.pk, [])
    days = days_of(year, spells, today)
    sees_grounds = may_see_grounds(request.actor, code) is None
    context = {
        **_years(year, today),
        "region": region,
        "days_of_month": DAYS_OF_MONTH,
        "months": months_of(days),
        "counts": _counted(counts_of(days)),
        "spells": spells[::-1],
        "levels": [condition_badge(one) for one in Condition],
        "sees_grounds": sees_grounds,
        "standing": _standing(region) if sees_grounds else None,
    }
    return render(request, "regions/conditions.html", context)


def thresholds(request: ActorRequest) -> HttpResponse:
    """GET /regions/thresholds/: where each condition begins and ends, and how long readings must hold."""
    require(request.actor.needs(*SEE_GROUNDS))
    rules = rules_in_force()
    latest = ThresholdSet.objects.select_related("by").order_by("-pk").first()
    context = {
        "rows": [(measure.label, _bounds(rules, measure)) for measure in MeasureName],
        "conditions": [condition_badge(one) for one in BOUNDED],
        "worse_after": _waited(rules.worse_after),
        "milder_after": _waited(rules.milder_after),
        "latest": latest,
    }
    return render(request, "regions/thresholds.html", context)


def dismiss(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /regions/proposals/<id>/dismiss/"""
    proposal = visible_proposals(request.actor).filter(public_id=public_id).first()
    if proposal is None:
        raise NotFound()
    require(may_dismiss_proposal(request.actor, proposal.region))
    form = form_of(request, DismissForm)
    if form.is_valid():
        done = perform(
            request,
            lambda: dismiss_proposal(
                actor=request.actor, proposal_id=proposal.public_id, at=clock.now(), **form.cleaned_data
            ),
            form,
        )
        if done:
            flash(request, _("Dismissed. It comes back when the readings change."))
            return redirect("regions:region", proposal.region.code)
    return form_page(request, "regions/dismiss.html", form, {"proposal": proposal, "region": proposal.region})


def _bounds(rules: Rules, measure: str) -> list[tuple[str, str] | None]:
    own = {one.condition: one for one in rules.thresholds if one.measure == measure}
    return [
        (bound_text(measure, own[name].enters), bound_text(measure, own[name].leaves)) if name in own else None
        for name in BOUNDED
    ]


def _waited(wait: timedelta) -> str:
    # Two days and more are told as days; a day is told as 24 hours, since it is counted and not a date.
    return format_timedelta(wait, threshold=2, locale=(get_language() or "en").replace("-", "_"))


def _standing(region: Region) -> dict[str, Any] | None:
    row = RegionStanding.objects.filter(region=region).first()
    if row is None:
        return None
    rows = [
        (
            MeasureName(measure).label,
            name,
            text,
            condition_badge(entered),
            "–" if held == NORMAL else condition_badge(held),
        )
        for measure, name, text, entered, held in readings_now(row.readings, rules_in_force().thresholds)
    ]
    return {"row": row, "readings": rows, "badge": condition_badge(row.condition)}


def _spells(regions: QuerySet[Region], year: int) -> dict[int, list[Spell]]:
    return spells_of(regions, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))


def _counted(counts: dict[str, int]) -> list[tuple[SafeString, int]]:
    return [(condition_badge(condition), days) for condition, days in counts.items()]


def _year(query: QueryDict, today: date) -> int:
    text = query.get("year", "") or str(today.year)
    if not (text.isascii() and text.isdigit() and len(text) == 4 and FIRST_YEAR <= int(text) <= today.year):
        raise NoSuchYear(first=FIRST_YEAR, last=today.year, year=text[:20])
    return int(text)


def _years(year: int, today: date) -> dict[str, Any]:
    return {
        "year": number_format(year, use_l10n=False),
        "year_before": year - 1 if year > FIRST_YEAR else None,
        "year_after": year + 1 if year < today.year else None,
    }


def _months_over_weeks(year: int) -> list[tuple[str, int]]:
    """The names of the months with how many weeks begin in each, as the head of a table of weeks."""
    first = date(year, 1, 1).toordinal()
    starts = [date.fromordinal(at) for at in range(first, date(year + 1, 1, 1).toordinal(), 7)]
    return [
        (date_format(date(year, month, 1), "M"), sum(one.month == month for one in starts)) for month in range(1, 13)
    ]
