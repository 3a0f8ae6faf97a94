"""Rosters and papers of crews: entered, imported and withdrawn; status and supply follow in the same moment."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.access import may_plan_crew, may_see_papers, plannable_datacenters, visible_papers
from capacity.staffing.actions.file_rosters import CannotFileRoster, Problem, Rostered
from capacity.staffing.outlook import rosters_in_force
from capacity.staffing.papers_list import PAPERS, papers_rows
from capacity.staffing.planning_forms import PapersForm, RosterFileForm, RosterForm, WithdrawalForm
from capacity.staffing.planning_models import CrewPapers
from capacity.staffing.presence import DAYS_AHEAD
from capacity.staffing.roster_file import COLUMNS, read_rosters
from capacity.staffing.views import datacenter_for
from capacity.watch.actions.plan_crews import plan_rosters, record_papers_and_refresh, withdraw_papers_and_refresh
from kit import clock
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest

# So many wrong rows are shown; the rest is counted.
PROBLEMS_SHOWN = 200


def roster(request: ActorRequest, code: str) -> HttpResponse:
    """GET and POST /staffing/<code>/roster/: who is rostered in the coming fourteen days."""
    datacenter = datacenter_for(request, code)
    require(may_plan_crew(request.actor, datacenter.region.code))
    at = clock.now()
    form = form_of(
        request,
        RosterForm,
        datacenter=datacenter,
        requirements=list(datacenter.requirements.all()),
        days=list(_shifts_to_come(datacenter, at)),
        in_force=rosters_in_force([datacenter], at).get(datacenter.pk, {}),
    )
    if form.is_valid():
        rows = form.rostered(fill="fill" in request.POST)
        done = perform(request, lambda: _filed(request, rows), form)
        if done:
            flash(request, done.subject)
            return redirect("staffing:roster", code)
    context = {"datacenter": datacenter, "region": datacenter.region}
    return form_page(request, "staffing/roster.html", form, context)


def import_rosters(request: ActorRequest) -> HttpResponse:
    """GET and POST /staffing/rosters/import/: rosters of many datacenters from a file."""
    require(may_plan_crew(request.actor))
    form = form_of(request, RosterFileForm)
    problems: list[Problem] = []
    if form.is_valid():
        file = form.cleaned_data["file"]
        done = perform(request, lambda: _filed(request, *read_rosters(file)), form)
        if done:
            flash(request, done.subject)
            return redirect("staffing:board")
        if isinstance(form.refusal, CannotFileRoster):
            problems = sorted(form.refusal.problems, key=lambda one: one.row)
    context = {
        "columns": COLUMNS,
        "problems": problems[:PROBLEMS_SHOWN],
        "more": max(0, len(problems) - PROBLEMS_SHOWN),
    }
    return form_page(request, "staffing/roster_import.html", form, context)


def _shifts_to_come(datacenter: Datacenter, at: Any) -> Any:
    zone = ZoneInfo(datacenter.time_zone)
    today: date = at.astimezone(zone).date()
    for ahead in range(DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        for shift in shifts.SHIFTS:
            if shifts.starts_at(*shifts.following(day, shift), zone) > at:
                yield day, shift


def _filed(request: ActorRequest, rows: list[Rostered], unread: list[Problem] | None = None) -> str:
    """What was filed, as a sentence."""
    filed = plan_rosters(actor=request.actor, rows=rows, unread=unread or [], at=clock.now())
    count = filed.added + filed.corrected
    if not count:
        return _("Everything stands so already.")
    words = ngettext("%(count)s shift is rostered.", "%(count)s shifts are rostered.", count)
    return words % {"count": count}


def papers(request: ActorRequest) -> HttpResponseBase:
    """GET /staffing/papers/"""
    require(may_see_papers(request.actor))
    context = {"may_record": may_plan_crew(request.actor) is None}
    rows = papers_rows(visible_papers(request.actor), request.actor)
    return list_page(request, PAPERS, rows, template="staffing/papers.html", context=context)


def new_papers(request: ActorRequest) -> HttpResponse:
    """GET and POST /staffing/papers/new/"""
    require(may_plan_crew(request.actor))
    datacenters = {one.code: one for one in plannable_datacenters(request.actor).select_related("region")}
    choices = [(code, f"{code} · {one.region.name}") for code, one in sorted(datacenters.items())]
    form = form_of(request, PapersForm, datacenters=choices)
    if request.method == "GET" and request.GET.get("datacenter") in datacenters:
        form.initial["datacenter"] = request.GET["datacenter"]
    if form.is_valid():
        facts = dict(form.cleaned_data)
        facts["datacenter"] = datacenters[facts["datacenter"]]
        done = perform(request, lambda: record_papers_and_refresh(actor=request.actor, at=clock.now(), **facts), form)
        if done:
            flash(request, _("The papers are recorded."))
            return redirect("staffing:papers")
    return form_page(request, "staffing/papers_new.html", form)


def withdraw(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET and POST /staffing/papers/<id>/withdraw/"""
    found = visible_papers(request.actor).select_related("datacenter__region").filter(public_id=public_id).first()
    if found is None:
        raise may_see_papers(request.actor) or NotFound()
    require(may_plan_crew(request.actor, found.datacenter.region.code))
    form = form_of(request, WithdrawalForm)
    if form.is_valid() and _withdrawn(request, found, form):
        flash(request, _("The papers count no longer."))
        return redirect("staffing:papers")
    return form_page(request, "staffing/papers_withdraw.html", form, {"papers": found})


def _withdrawn(request: ActorRequest, found: CrewPapers, form: WithdrawalForm) -> Any:
    return perform(
        request,
        lambda: withdraw_papers_and_refresh(
            actor=request.actor, papers_id=found.public_id, at=clock.now(), **form.cleaned_data
        ),
        form,
    )
