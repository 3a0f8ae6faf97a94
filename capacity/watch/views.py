"""Reporting on a shift and vouching for a crew: status and supply follow in the same moment."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from capacity.pools.models import SupplyChange
from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.access import may_report_shift, may_vouch_for_crew
from capacity.staffing.actions.file_shift_report import LATEST_CORRECTION
from capacity.staffing.forms import ReportForm, ShiftForm, VouchForm
from capacity.staffing.queries import latest_reports, requirements_of, shift_rows, signed, vouched_until
from capacity.staffing.views import datacenter_for
from capacity.watch.actions.report_shift import report_shift, vouch_and_refresh
from kit import clock
from kit.commands import form_page, perform
from kit.flash import flash, warn
from kit.refusal import require
from users.http import ActorRequest


def report(request: ActorRequest, code: str) -> HttpResponse:
    """File who was there in a shift; the shift that is on unless the address names another."""
    datacenter = datacenter_for(request, code)
    require(may_report_shift(request.actor, datacenter.region.code))
    chosen = _chosen(request, datacenter)
    if chosen is None:
        asked = ShiftForm(request.POST if request.method == "POST" else request.GET)
        asked.is_valid()
        return form_page(request, "staffing/shift.html", asked, {"datacenter": datacenter, "region": datacenter.region})
    day, shift = chosen
    earlier = {row.role: row for row in latest_reports(datacenter, day) if (row.date, row.shift) == (day, shift)}
    is_shortcut = request.method == "POST" and "as_rostered" in request.POST
    form = ReportForm(
        request.POST if request.method == "POST" and not is_shortcut else None,
        requirements=requirements_of(datacenter, shift),
        earlier=earlier,
        day=day,
        shift=shift,
    )
    if request.method == "POST" and (is_shortcut or form.is_valid()):
        done = perform(
            request,
            lambda: report_shift(
                actor=request.actor,
                datacenter=datacenter,
                date=day,
                shift=shift,
                crews=None if is_shortcut else form.crews,
                note="" if is_shortcut else form.cleaned_data["note"],
                at=clock.now(),
            ),
            None if is_shortcut else form,
        )
        if done and not done.subject:
            flash(request, _("Nothing new: this shift is reported with these very counts already."))
            return redirect("staffing:datacenter", code)
        if done:
            flash(request, _("The report is kept. Thank you."))
            _tell_of_supply(request, datacenter, done.value.changes if done.value is not None else [])
            return redirect("staffing:datacenter", code)
    context = {
        "datacenter": datacenter,
        "region": datacenter.region,
        "day": day,
        "shift": shift,
        "earlier": next(iter(earlier.values()), None),
        "other": ShiftForm(initial={"date": day, "shift": shift}),
    }
    return form_page(request, "staffing/report.html", form, context)


def vouch(request: ActorRequest, code: str) -> HttpResponse:
    """Let the last reported state count for another day."""
    datacenter = datacenter_for(request, code)
    require(may_vouch_for_crew(request.actor, datacenter.region.code))
    form = VouchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = perform(
            request,
            lambda: vouch_and_refresh(actor=request.actor, datacenter=datacenter, at=clock.now(), **form.cleaned_data),
            form,
        )
        if done:
            flash(request, _("The last reported state counts for 24 hours more."))
            _tell_of_supply(request, datacenter, done.value or [])
            return redirect("staffing:datacenter", code)
    # What could still be corrected is what could still be vouched for.
    last = shift_rows(latest_reports(datacenter, clock.now().date() - LATEST_CORRECTION))
    context = {
        "datacenter": datacenter,
        "region": datacenter.region,
        "last": [(row, signed(row)) for row in last[:1]],
        "vouched": vouched_until(datacenter, clock.now()),
    }
    return form_page(request, "staffing/vouch.html", form, context)


def _chosen(request: ActorRequest, datacenter: Datacenter) -> tuple[date, str] | None:
    """The shift that the address or the form names, or the one that is on; None where it names none."""
    given: Any = request.POST if request.method == "POST" else request.GET
    if not ("date" in given or "shift" in given):
        return shifts.current(clock.now(), ZoneInfo(datacenter.time_zone))
    asked = ShiftForm(given)
    return (asked.cleaned_data["date"], asked.cleaned_data["shift"]) if asked.is_valid() else None


def _tell_of_supply(request: ActorRequest, datacenter: Datacenter, changes: list[SupplyChange]) -> None:
    """What followed for the supply of the region."""
    if changes:
        gate = changes[0].new_terms["gate_permille"]
        words = ngettext(
            "The supply of %(count)s pool in %(region)s follows: %(gate)s %% of it is open to everybody now.",
            "The supply of %(count)s pools in %(region)s follows: %(gate)s %% of it is open to everybody now.",
            len(changes),
        ) % {"count": len(changes), "region": datacenter.region.name, "gate": gate // 10}
        tell = warn if any(change.deficit_after for change in changes) or gate < 1000 else flash
        tell(request, words)
