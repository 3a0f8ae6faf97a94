"""Files of shift reports: send one, watch it being taken in, read what became of each row."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capacity.staffing.models import CrewRole
from capacity.staffing.report_rows import OPTIONAL, REQUIRED
from capacity.watch.actions.import_shift_reports import import_shift_reports
from customers.access import may_import, visible_imports
from customers.actions.start_import import start_import
from customers.forms_import import ImportForm
from customers.importing.kinds import Kind
from customers.lists import IMPORT_ROWS, IMPORTS
from customers.models import ImportState
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role

SHIFT_REPORTS = Kind("shift_reports", gettext_lazy("Shift reports"), Role.REGION_OPERATOR, import_shift_reports)
SHIFT_IMPORTS = replace(
    IMPORTS,
    name="shift-imports",
    title=gettext_lazy("Imports of shift reports"),
    row_url=lambda row: reverse("staffing:import_run", args=[row.public_id]),
)


class ShiftImportForm(ImportForm):
    """The file, and whether it is only a trial."""

    kind = None  # type: ignore[assignment] # how Django drops a field that a form inherits
    as_of_date = None  # type: ignore[assignment]


def imports(request: ActorRequest) -> HttpResponseBase:
    """GET /staffing/imports/"""
    require(request.actor.needs(Role.REGION_OPERATOR, Role.AUDITOR))
    rows = visible_imports(request.actor).filter(kind=SHIFT_REPORTS.code).select_related("started_by").defer("content")
    context = {"may_start": may_import(request.actor, SHIFT_REPORTS.code) is None}
    return list_page(request, SHIFT_IMPORTS, rows, template="staffing/imports.html", context=context)


def start(request: ActorRequest) -> HttpResponse:
    """GET and POST /staffing/imports/new/"""
    require(may_import(request.actor, SHIFT_REPORTS.code))
    form = form_of(request, ShiftImportForm)
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: start_import(actor=request.actor, kind=SHIFT_REPORTS.code, at=now(), **form.facts()),
            form,
        )
        if done:
            flash(request, _("The file is here. Its rows are taken in now; you may leave this page."))
            return redirect("staffing:import_run", done.subject)
    context: dict[str, Any] = {"columns": ",".join((*REQUIRED, *OPTIONAL)), "roles": ", ".join(CrewRole.values)}
    return form_page(request, "staffing/import_new.html", form, context)


def run(request: ActorRequest, public_id: UUID) -> HttpResponseBase:
    """GET /staffing/imports/<id>/"""
    runs = visible_imports(request.actor).filter(kind=SHIFT_REPORTS.code).defer("content")
    found = runs.filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    context = {"run": found, "is_busy": found.state in (ImportState.WAITING, ImportState.RUNNING)}
    return list_page(request, IMPORT_ROWS, found.results.all(), template="staffing/import_run.html", context=context)
