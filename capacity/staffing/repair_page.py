"""What the technicians of a datacenter can repair and install in the coming days, for figures that one enters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing.models import CrewRole, Shift
from capacity.staffing.outlook import Working, role_ahead
from capacity.staffing.repair import Repair, install_throughput, repair
from capacity.staffing.shifts import HOURS
from capacity.staffing.views import datacenter_for
from kit import clock
from kit.commands import form_page
from kit.filters import check_parameters
from kit.forms import Form, QuantityField
from users.http import ActorRequest

# What stands in the form first: the fleet of a small site, and the planning figures of the design.
ASSUMED = {"servers": 10_000, "tickets": 1, "hours": 3, "planned": 10}


class RepairForm(Form):
    """What breaks, how long a repair takes, and what is to be installed. Entered to reckon with, and not kept."""

    servers = QuantityField(label=_("Servers"), most=10_000_000)
    tickets = forms.FloatField(
        label=_("Tickets per 1,000 servers and day"), min_value=0, max_value=1_000, widget=forms.TextInput
    )
    hours = forms.FloatField(label=_("Hours per repair"), min_value=0.1, max_value=1_000, widget=forms.TextInput)
    planned = QuantityField(label=_("Hours of installing planned per shift"), least=0, most=10_000)


@dataclass(frozen=True)
class Ahead:
    """One shift: who comes on average, how repairs go with them, and the share of installing that they can do."""

    work: Working
    technicians: int
    repair: Repair
    throughput: float

    @property
    def shift(self) -> Any:
        return Shift(self.work.shift).label

    @property
    def stretch(self) -> float | None:
        """By which factor landing dates move out; None where nothing is installed at all."""
        return 1 / self.throughput if self.throughput else None


def repair_ahead(request: ActorRequest, code: str) -> HttpResponse:
    """GET /staffing/<code>/repair/"""
    shown = datacenter_for(request, code)
    check_parameters(request.GET, [*ASSUMED])
    form = RepairForm({**ASSUMED, **request.GET.dict()})
    rows = list(shifts_ahead(shown, form.cleaned_data, clock.now())) if form.is_valid() else []
    return form_page(request, "staffing/repair.html", form, {"datacenter": shown, "region": shown.region, "rows": rows})


def shifts_ahead(datacenter: Datacenter, figures: dict[str, Any], at: datetime) -> Iterator[Ahead]:
    """The rostered shifts of the data hall; who comes on average is rounded down: half a person repairs nothing."""
    tickets = figures["servers"] * figures["tickets"] / 1_000
    for work in role_ahead(datacenter, CrewRole.DATA_HALL, at):
        technicians = int(work.expected)
        yield Ahead(
            work,
            technicians,
            repair(tickets_per_day=tickets, hours_each=figures["hours"], technicians=technicians),
            install_throughput(
                spare_hours=max(0, technicians - work.minimum) * HOURS,
                repair_hours=tickets / 24 * HOURS * figures["hours"],
                planned_hours=figures["planned"],
            ),
        )
