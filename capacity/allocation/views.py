"""A policy version tried out: start it, watch it, read what came out, take the rows along."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from capacity.allocation.access import may_read_simulations, may_simulate
from capacity.allocation.actions.run_simulations import UNFINISHED
from capacity.allocation.actions.start_simulation import LONGEST_WINDOW_DAYS, start_simulation
from capacity.allocation.models import Simulation, SimulationState
from capacity.allocation.pictures import told
from capacity.allocation.rows import unpacked
from capacity.allocation.tables import MOVERS, as_file, movers
from capacity.allocation.tasks import run_simulations
from capacity.pools.models import Resource
from kit.clock import now
from kit.commands import form_page, perform
from kit.flash import flash
from kit.forms import Form
from kit.hints import hint
from kit.refusal import NotFound, require
from priorities.models import PolicyState, PolicyVersion
from users.http import ActorRequest

_ = gettext_lazy
RUNS_SHOWN = 10


class SimulationForm(Form):
    """How far back past decisions are taken."""

    days = forms.IntegerField(
        label=_("Decisions of the last days"),
        min_value=1,
        max_value=LONGEST_WINDOW_DAYS,
        initial=28,
        help_text=_("The open queue is always simulated as it stands now."),
    )


def page(request: ActorRequest, number: int) -> HttpResponse:
    """GET /policy/<number>/simulation/; `run` chooses an earlier one."""
    require(may_read_simulations(request.actor))
    version = _version(number)
    return form_page(request, "allocation/simulation.html", SimulationForm(), _context(request, version))


@require_POST
def start(request: ActorRequest, number: int) -> HttpResponse:
    """POST /policy/<number>/simulation/start/"""
    require(may_simulate(request.actor))
    version = _version(number)
    form = SimulationForm(request.POST)
    if form.is_valid():

        def act() -> Simulation:
            started = start_simulation(actor=request.actor, number=number, at=now(), **form.cleaned_data)
            hint(run_simulations)
            return started

        if perform(request, act, form):
            flash(request, gettext("It is being simulated; the result will stand here. You may leave this page."))
            return redirect("allocation:simulation", number)
    return form_page(request, "allocation/simulation.html", form, _context(request, version))


def progress(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /policy/simulations/<id>/progress/: the part of the page that changes while it runs."""
    found = _simulation(request, public_id)
    answer = render(request, "allocation/_progress.html", {"run": found, "is_busy": found.state in UNFINISHED})
    if found.state not in UNFINISHED:
        answer["HX-Refresh"] = "true"  # the result is there now
    return answer


def rows(request: ActorRequest, public_id: UUID) -> HttpResponseBase:
    """GET /policy/simulations/<id>/rows/: the requests that one may see, before and after, as a file."""
    found = _simulation(request, public_id)
    if found.state != SimulationState.DONE:
        raise NotFound()
    return as_file(found, request.actor, request.GET.get("format", "csv"))


def figures(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /policy/simulations/<id>/figures/: everything the page shows but the requests, as codes and numbers."""
    found = _simulation(request, public_id)
    if found.state != SimulationState.DONE:
        raise NotFound()
    told = {
        "policy_version": found.version.number,
        "baseline": found.baseline.number,
        "edition": found.edition,
        "started_at": found.started_at,
        "decisions_since": found.since,
        "decisions_until": found.until,
        "seconds": found.seconds,
        "result": found.result,
    }
    name = f'attachment; filename="simulation-{found.version.number}.json"'
    return JsonResponse(told, headers={"Content-Disposition": name}, json_dumps_params={"indent": 1})


def _version(number: int) -> PolicyVersion:
    version = PolicyVersion.objects.filter(number=number).first()
    if version is None:
        raise NotFound()
    return version


def _simulation(request: ActorRequest, public_id: UUID) -> Simulation:
    require(may_read_simulations(request.actor))
    found = Simulation.objects.select_related("version", "baseline").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _context(request: ActorRequest, version: PolicyVersion) -> dict[str, Any]:
    runs = list(
        Simulation.objects.filter(version=version)
        .select_related("started_by", "baseline")
        .defer("result", "rows")
        .order_by("-pk")[:RUNS_SHOWN]
    )
    asked = request.GET.get("run", "")
    run = next((one for one in runs if str(one.public_id) == asked), runs[0] if runs else None)
    context: dict[str, Any] = {
        "version": version,
        "runs": runs,
        "run": run,
        "is_busy": run is not None and run.state in UNFINISHED,
        "may_simulate": may_simulate(request.actor) is None,
        "is_stale": run is not None and version.state == PolicyState.DRAFT and run.edition != version.row_version,
    }
    if run is not None and run.state == SimulationState.DONE:
        run.refresh_from_db(fields=["result", "rows"])
        columns = unpacked(bytes(run.rows or b""))
        context |= {
            "told": told(run.result or {}, {one.code: one.name for one in Resource.objects.all()}),
            "movers": movers(columns, request.actor),
            "most_movers": MOVERS,
        }
    return context
