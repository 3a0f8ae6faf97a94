"""The styleguide: every component in every variant, with invented content; for members of staff."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kit import clock
from kit.charts import Certainty, Chart, Kind, Mark, Series, Tile
from kit.flash import flash, warn
from kit.forms import Form, Group, QuantityField, optional_text, required_text
from kit.signs import CONDITIONS, STAFFING
from kit.timeline import Happening

SAMPLE_ID = UUID("01937a5e-9c00-7d2e-8f41-5b7cc01d2e9a")


class SampleForm(Form):
    """One field of each kind."""

    resource = forms.ChoiceField(
        label=gettext_lazy("Resource"), choices=[("vcpu", "vCPU"), ("memory_gib", gettext_lazy("Memory (GiB)"))]
    )
    quantity = QuantityField(label=gettext_lazy("Quantity"), help_text=gettext_lazy("In units of the resource."))
    needed_by = forms.DateField(label=gettext_lazy("Needed by"), widget=forms.DateInput(attrs={"type": "date"}))
    residency = forms.ChoiceField(
        label=gettext_lazy("Data residency"),
        choices=[
            ("any", gettext_lazy("Anywhere")),
            ("eu", gettext_lazy("European Union")),
            ("country", gettext_lazy("The country of the customer")),
        ],
        widget=forms.RadioSelect,
        initial="eu",
    )
    organization = forms.ChoiceField(
        label=gettext_lazy("Organization"),
        choices=[("", "")]
        + [(f"{name}-{number}", f"{name} {number}") for number in range(1, 40) for name in ("Klinikum", "Stadtwerke")],
        widget=forms.Select(attrs={"data-search": ""}),
        required=False,
        help_text=gettext_lazy("Type to search."),
    )
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Acceptable regions"),
        choices=[("westeurope", "West Europe"), ("germanywestcentral", "Germany West Central")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    justification = required_text(
        gettext_lazy("Justification"), max_length=2000, lines=4, help_text=gettext_lazy("What stands still without it?")
    )
    evidence = forms.FileField(
        label=gettext_lazy("Evidence"), required=False, help_text=gettext_lazy("PDF or picture, at most 5 MB.")
    )
    partial = forms.BooleanField(
        label=gettext_lazy("Less is useful too"),
        required=False,
        help_text=gettext_lazy("Then the least useful quantity is asked for."),
    )
    ticket = optional_text(gettext_lazy("Ticket"))

    groups = (
        Group(
            gettext_lazy("What is needed"),
            ("resource", "quantity", "needed_by"),
            gettext_lazy("New capacity only; what you run stays."),
        ),
        Group(gettext_lazy("Where and why"), ("residency", "organization", "regions", "justification", "evidence")),
        Group(gettext_lazy("More"), ("partial", "ticket"), gettext_lazy("Minimum, reference"), folded=True),
    )


@dataclass(frozen=True)
class SampleRow:
    """A request in the sample list."""

    name: str
    tier: int
    provisional: bool
    quantity: int
    region: str
    condition: str
    state: str
    mine: bool
    hours_left: int


ROWS = (
    SampleRow("Klinikum Musterstadt gGmbH", 1, False, 400, "West Europe", "constrained", "in review", True, -2),
    SampleRow(
        "County of Exampleton, Office of Emergency Services", 1, True, 1_600, "East US", "critical", "queued", False, 1
    ),
    SampleRow(
        "Stadtwerke Musterhausen Netzbetriebsgesellschaft mbH & Co. KG",
        2,
        False,
        64,
        "Germany West Central",
        "watch",
        "queued",
        False,
        20,
    ),
    SampleRow("Example Online Retail Ltd", 3, False, 12_000, "West Europe", "constrained", "waitlisted", False, 60),
    SampleRow("Beispiel-Start-up UG", 4, False, 8, "Sweden Central", "recovering", "queued", False, 90),
    SampleRow("Free trial 8814", 5, False, 2, "Sweden Central", "normal", "declined", False, 200),
)


def _charts() -> dict[str, Chart]:
    days = tuple(f"{day}.11." for day in range(1, 29))
    used = tuple(52 + (day * 7) % 5 + day // 2 if day <= 21 else None for day in range(1, 29))
    ahead = tuple(62 + (day - 21) * 1.5 if day >= 21 else None for day in range(1, 29))
    tiers = tuple(_("Tier %(number)s") % {"number": tier} for tier in range(1, 6))
    cells = [(x, y) for y in range(4) for x in range(9) if (x * 5 + y * 3) % 7]
    tones = ("good", "good", "watch", "good", "warn", "good", "bad", "info")
    words = {"watch": _("Watch"), "warn": _("Constrained"), "bad": _("Critical"), "info": _("Recovering")}
    return {
        "forecast": Chart(
            key="forecast",
            kind=Kind.LINE,
            headline=_("West Europe reaches its reserve in about nine days."),
            unit=_("% promised"),
            labels=days,
            label_title=_("Day"),
            series=(
                Series(_("Promised"), used),
                Series(
                    _("Forecast"),
                    ahead,
                    tone="tier-3",
                    certainty=Certainty.FORECAST,
                    low=tuple(
                        None if value is None else round(value - (index - 20) * 0.6, 1)
                        for index, value in enumerate(ahead)
                    ),
                    high=tuple(
                        None if value is None else round(value + (index - 20) * 0.9, 1)
                        for index, value in enumerate(ahead)
                    ),
                ),
            ),
            marks=(Mark(_("Reserve of tier 1"), 70),),
            limit=100,
            rows_url="#lists",
            definition_url="#charts",
        ),
        "outcomes": Chart(
            key="outcomes",
            kind=Kind.STACKED_BAR,
            headline=_("Of what tier 1 asked for, 98 % was granted; tiers 4 and 5 wait."),
            unit="vCPU",
            labels=tiers,
            label_title=_("Tier"),
            series=(
                Series(_("Granted"), (9_800, 6_100, 4_000, 700, 0), tone="good"),
                Series(_("Held"), (200, 900, 600, 0, 0), tone="quiet", certainty=Certainty.ASSUMED),
                Series(_("Waiting"), (0, 400, 2_300, 3_100, 1_200), tone="watch"),
            ),
        ),
        "decision": Chart(
            key="decision",
            kind=Kind.BAR,
            headline=_("Tier 1 is decided within its four hours."),
            unit=_("hours"),
            labels=tiers,
            label_title=_("Tier"),
            series=(
                Series(_("Median"), (2.5, 7, 19, 31, 64), tone="tier-2"),
                Series(
                    _("If the draft were in force"), (2.5, 6, 22, 30, 64), tone="tier-4", certainty=Certainty.SIMULATED
                ),
            ),
        ),
        "staffing": Chart(
            key="staffing",
            kind=Kind.HEAT_STRIP,
            headline=_("AMS20 fell below its minimum twice this fortnight."),
            unit=_("percent of minimum crew"),
            labels=tuple(f"{day}.11." for day in range(11, 25)),
            label_title=_("Day"),
            series=(
                Series("AMS20", (120, 110, 100, 90, 95, 100, 110, 120, 120, 110, 90, 85, 100, None), tone="good"),
                Series("AMS21", (130, 130, 120, 120, 110, 110, 100, 100, 100, 100, 105, 110, 110, 115), tone="good"),
                Series(
                    "FRA07",
                    (100, 100, None, None, 80, 80, 90, 100, 100, 110, 110, 110, 110, 110),
                    tones=("warn", "warn", "quiet", "quiet", *3 * ("bad",), "warn", "warn", *5 * ("good",)),
                ),
            ),
            limit=130,
        ),
        "tiles": Chart(
            key="tiles",
            kind=Kind.TILE_GRID,
            headline=_("Three of 58 regions are constrained, one is critical."),
            unit=_("% free"),
            labels=tuple(f"{chr(65 + index % 26)}{index:02}" for index in range(len(cells))),
            label_title=_("Region"),
            series=(Series(_("Free"), tuple((index * 37) % 60 for index in range(len(cells)))),),
            tiles=tuple(
                Tile(x, y, tone=tones[index % 8], note=words.get(tones[index % 8], ""))
                for index, (x, y) in enumerate(cells)
            ),
        ),
        "small": Chart(
            key="small",
            kind=Kind.BAR,
            headline=_("Three hospitals wait longer than the target."),
            unit=_("organizations"),
            labels=days,
            label_title=_("Day"),
            series=(Series(_("Waiting"), tuple((day * 3) % 7 for day in range(1, 29)), tone="warn"),),
            is_small=True,
        ),
        "empty": Chart(
            key="empty",
            kind=Kind.BAR,
            headline=_("Nothing was decided in this period."),
            unit=_("requests"),
            labels=("a",),
            series=(Series(_("Decided"), (None,)),),
        ),
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """GET shows everything; a POST shows the sample form with its errors, as forms do."""
    now = clock.now()
    form = SampleForm(request.POST if request.method == "POST" else None, auto_id="id_%s")
    if request.GET.get("flash"):
        flash(request, _("Approved 400 vCPU in West Europe for Klinikum Musterstadt."), undo_url=request.path)
        warn(request, _("48 of 50 requests were moved; two had changed in the meantime."))
        messages.error(request, _("The letter could not be delivered."))
    context: dict[str, Any] = {
        "form": form,
        "now": now,
        "rows": [(row, now + timedelta(hours=row.hours_left)) for row in ROWS],
        "charts": _charts(),
        "conditions": CONDITIONS,
        "staffing": STAFFING,
        "sample_id": SAMPLE_ID,
        "tones": ("good", "watch", "warn", "bad", "info", "quiet"),
        "moments": [now - timedelta(hours=2), now + timedelta(days=3), now - timedelta(days=400)],
        "entries": [
            Happening(now - timedelta(minutes=4), "R. Gutachter", _("Approved 400 vCPU in West Europe"), tone="good"),
            Happening(
                now - timedelta(hours=3),
                "Vorrang",
                _("Ranked in tier 1"),
                _("Hospital, verified, emergency routing (rule 1.2)"),
            ),
            Happening(now - timedelta(days=1), "A. Betreuer", _("Filed the request"), href="#"),
        ],
        "segments": [(_("Granted"), 480, "action"), (_("Held"), 100, "held"), (_("This request"), 40, "planned")],
    }
    return render(request, "config/styleguide.html", context, status=form.status)
