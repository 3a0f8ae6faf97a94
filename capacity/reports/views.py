"""The executive page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from capacity.pools.models import Resource
from capacity.reports.access import may_read_reports, readable_rows
from capacity.reports.definitions import TEXTS, TITLES
from capacity.reports.executive import executive_page
from kit.clock import now
from kit.forms import Form
from kit.refusal import Invalid, require
from users.http import ActorRequest

PERIODS = (7, 28, 90)
PERIOD = 28  # days, where none is asked for


class PeriodForm(Form):
    """Which period and which resource the figures speak of."""

    days = forms.ChoiceField(
        label=_("Period"),
        required=False,
        # Asked for anew each time: with its number in it, a text stays in the language it was made in.
        choices=lambda: [(days, _("last %(days)s days") % {"days": days}) for days in PERIODS],
        widget=forms.Select(attrs={"aria-label": _("Period")}),
    )
    resource = forms.ChoiceField(
        label=_("Resource"), required=False, widget=forms.Select(attrs={"aria-label": _("Resource")})
    )

    def offer(self, resources: Sequence[Resource]) -> "PeriodForm":
        """Let these resources be chosen; the first one stands for none."""
        field: Any = self.fields["resource"]
        field.choices = [(resource.code, resource.name) for resource in resources]
        return self


class NoSuchFigures(Invalid):
    """The address asks for a period or resource that does not exist."""

    code = "no_such_figures"
    message = _("There are no figures for this period or resource.")
    remedy = _("Choose them from the lists above the figures.")


def executive(request: ActorRequest) -> HttpResponse:
    """GET /reports/"""
    require(may_read_reports(request.actor))
    resources = list(Resource.objects.order_by("position"))
    form = PeriodForm(request.GET or {"days": str(PERIOD)}).offer(resources)
    if not form.is_valid():
        raise NoSuchFigures()
    code, days = form.cleaned_data["resource"], int(form.cleaned_data["days"] or PERIOD)
    resource = next((one for one in resources if one.code == code or not code), None)
    at = now()
    page = executive_page(days=days, resource=resource, at=at) if resource else None
    context = {
        "form": PeriodForm(initial={"days": days, "resource": resource.code if resource else ""}).offer(resources),
        "page": page,
        "readable": readable_rows(request.actor),
        "at": at,
        "definitions": [(code, TITLES[code], text) for code, text in TEXTS.items()],
    }
    return render(request, "reports/executive.html", context)
