"""Imports: send a file, watch it being taken in, read what became of each row."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from customers.access import may_import, visible_imports
from customers.actions.start_import import ORGANIZATIONS, start_import
from customers.forms_import import ImportForm
from customers.lists import IMPORT_ROWS, IMPORTS
from customers.models import ImportState
from customers.registers.adapters import REGISTERS
from kit.clock import now
from kit.commands import form_of, form_page, perform
from kit.flash import flash
from kit.lists import list_page
from kit.refusal import NotFound, require
from users.http import ActorRequest
from users.roles import Role


def imports(request: ActorRequest) -> HttpResponseBase:
    """GET /organizations/imports/"""
    require(request.actor.needs(Role.ACCOUNT_MANAGER, Role.VERIFIER, Role.AUDITOR))
    may_start = request.actor.holds(Role.ACCOUNT_MANAGER, Role.VERIFIER)
    rows = visible_imports(request.actor).select_related("started_by").defer("content")
    return list_page(request, IMPORTS, rows, template="customers/imports.html", context={"may_start": may_start})


def start(request: ActorRequest) -> HttpResponse:
    """GET and POST /organizations/imports/new/"""
    require(request.actor.needs(Role.ACCOUNT_MANAGER, Role.VERIFIER))
    form = form_of(request, ImportForm)
    form.limit_to([kind for kind in (ORGANIZATIONS, *REGISTERS) if may_import(request.actor, kind) is None])
    if request.method == "POST" and form.is_valid():
        done = perform(request, lambda: start_import(actor=request.actor, at=now(), **form.facts()), form)
        if done:
            flash(request, _("The file is here. Its rows are taken in now; you may leave this page."))
            return redirect("customers:import_run", done.subject)
    return form_page(request, "customers/import_new.html", form)


def run(request: ActorRequest, public_id: UUID) -> HttpResponseBase:
    """GET /organizations/imports/<id>/"""
    found = _visible(request, public_id)
    context = {"run": found, "is_busy": found.state in (ImportState.WAITING, ImportState.RUNNING)}
    rows = found.results.all()
    return list_page(request, IMPORT_ROWS, rows, template="customers/import_run.html", context=context)


def progress(request: ActorRequest, public_id: UUID) -> HttpResponse:
    """GET /organizations/imports/<id>/progress/: the part of the page that changes while rows are taken in."""
    found = _visible(request, public_id)
    is_busy = found.state in (ImportState.WAITING, ImportState.RUNNING)
    answer = render(request, "customers/_import_progress.html", {"run": found, "is_busy": is_busy})
    if not is_busy:
        answer["HX-Refresh"] = "true"  # the rows are there now
    return answer


def _visible(request: ActorRequest, public_id: UUID) -> Any:
    found = visible_imports(request.actor).defer("content").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found
