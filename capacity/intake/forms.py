"""The form of a request: five fields, and the rest under More."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.intake.circumstances import Circumstances
from capacity.pools.models import Resource
from capacity.regions.models import Region
from capacity.requests.actions.submit_request import MOST_TEXT, AskedLine
from capacity.requests.models import CapacityRequest
from kit.forms import MAX_ROW_VERSION, DayField, Form, Group, QuantityField, optional_text
from kit.refusal import Refusal
from priorities.models import WorkloadClass

MORE_LINES = (2, 3, 4)
MORE_REGIONS = (2, 3, 4, 5)
# Where the action's fields are on the form.
_PLACES = {"lines": "quantity", "regions": "region", "organization": "organization"}


@dataclass(frozen=True)
class Offered:
    """What the form can be filled in with, as codes and names."""

    resources: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    geographies: Sequence[str]
    workloads: Sequence[WorkloadClass]


def offered() -> Offered:
    """Everything there is, in three queries."""
    regions = list(Region.objects.order_by("name"))
    return Offered(
        resources=[(one.code, f"{one.name} ({one.unit})") for one in Resource.objects.all()],
        regions=[(one.code, one.name) for one in regions],
        geographies=sorted({one.geography for one in regions}),
        workloads=list(WorkloadClass.objects.all()),
    )


def offered_in(seen: Circumstances) -> Offered:
    """The same from regions that were looked at anyway, in one query."""
    return Offered(
        resources=sorted({(pool.resource, pool.unit) for pool in seen.pools.values()}),
        regions=[(code, region.name) for code, region in seen.regions.items()],
        geographies=sorted({region.geography for region in seen.regions.values()}),
        workloads=list(WorkloadClass.objects.all()),
    )


class RequestForm(Form):
    """Files a request or keeps it as a draft."""

    resource = forms.ChoiceField(label=_("Resource"))
    quantity = QuantityField(label=_("Quantity"))
    region = forms.ChoiceField(label=_("Region"), widget=forms.Select(attrs={"data-search": ""}))
    needed_by_date = DayField(label=_("Needed by"), not_past=True)
    workload = forms.ChoiceField(
        label=_("Use"),
        help_text=_("What the capacity is for. A reviewer confirms it before anything is granted."),
    )
    minimum = QuantityField(
        label=_("Least that is useful"),
        required=False,
        help_text=_("A smaller grant would be of no use. Leave it empty if only all of it is useful."),
    )
    residency_geography = forms.ChoiceField(label=_("Data must stay in"), required=False)
    justification = optional_text(_("Justification"), max_length=MOST_TEXT, lines=3)
    # The offer campaign that the form was opened for; chosen on the campaign's page.
    campaign = forms.UUIDField(required=False, widget=forms.HiddenInput)
    row_version = forms.IntegerField(required=False, min_value=1, max_value=MAX_ROW_VERSION, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: Offered | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = choices or offered()
        self.workloads = {one.code: one for one in given.workloads}
        none = [("", _("none"))]
        resources, regions = given.resources, given.regions
        for number in MORE_LINES:
            self.fields[f"resource_{number}"] = forms.ChoiceField(
                label=_("Resource %(number)s") % {"number": number}, required=False, choices=[*none, *resources]
            )
            self.fields[f"quantity_{number}"] = QuantityField(
                label=_("Quantity %(number)s") % {"number": number}, required=False
            )
            self.fields[f"minimum_{number}"] = QuantityField(
                label=_("Least that is useful %(number)s") % {"number": number}, required=False
            )
        for number in MORE_REGIONS:
            self.fields[f"region_{number}"] = forms.ChoiceField(
                label=_("Region %(number)s") % {"number": number},
                required=False,
                choices=[*none, *regions],
                widget=forms.Select(attrs={"data-search": ""}),
            )
        for name, one_of in (
            ("resource", resources),
            ("region", [("", _("Choose a region")), *regions]),
            ("workload", [("", _("Choose a use")), *((one.code, one.name) for one in given.workloads)]),
            ("residency_geography", [("", _("anywhere")), *((name, name) for name in given.geographies)]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(one_of)

    groups: Sequence[Group] = (
        Group(_("What and where"), ("resource", "quantity", "region", "needed_by_date", "workload")),
        Group(
            _("More"),
            (
                "minimum",
                *(f"{name}_{number}" for number in MORE_LINES for name in ("resource", "quantity", "minimum")),
                *(f"region_{number}" for number in MORE_REGIONS),
                "residency_geography",
                "justification",
            ),
            _("a smaller useful quantity, more lines, further regions in order of your wish, residency, justification"),
            folded=True,
        ),
    )

    def clean(self) -> dict[str, Any]:
        """A further line is whole or left out."""
        cleaned = dict(super().clean() or {})
        for number in MORE_LINES:
            has_resource = bool(cleaned.get(f"resource_{number}"))
            has_quantity = cleaned.get(f"quantity_{number}") is not None
            if has_resource and not has_quantity and f"quantity_{number}" not in self.errors:
                self.add_error(f"quantity_{number}", _("Say how much of it."))
            if not has_resource and (has_quantity or cleaned.get(f"minimum_{number}") is not None):
                self.add_error(f"resource_{number}", _("Choose the resource."))
        return cleaned

    def add_refusal(self, refusal: Refusal) -> None:
        """Show the action's messages at the fields that people know."""
        campaign = refusal.fields.pop("campaign", [])
        refusal.fields = {_PLACES.get(name, name): messages for name, messages in refusal.fields.items()}
        super().add_refusal(refusal)
        # A hidden field shows no messages of its own.
        for message in campaign:
            self.add_error(None, str(message))

    def asked(self) -> dict[str, Any]:
        """What `submit_request` is to be told, from valid data."""
        data = self.cleaned_data
        lines = [AskedLine(data["resource"], data["quantity"], data["minimum"])]
        for number in MORE_LINES:
            if data[f"resource_{number}"]:
                lines.append(
                    AskedLine(data[f"resource_{number}"], data[f"quantity_{number}"], data[f"minimum_{number}"])
                )
        regions = [data["region"], *(data[f"region_{number}"] for number in MORE_REGIONS)]
        return {
            "workload": data["workload"],
            "lines": lines,
            "regions": [code for code in regions if code],
            "needed_by_date": data["needed_by_date"],
            "residency_geography": data["residency_geography"],
            "justification": data["justification"],
            "campaign_id": data["campaign"],
        }


def initial_of(draft: CapacityRequest) -> dict[str, Any]:
    """A draft's values as the form shows them."""
    values: dict[str, Any] = {
        "needed_by_date": draft.needed_by_date,
        "workload": draft.claimed_workload.code,
        "residency_geography": draft.residency_geography,
        "justification": draft.justification,
        "campaign": draft.campaign.public_id if draft.campaign else None,
        "row_version": draft.row_version,
    }
    for number, line in enumerate(draft.lines.select_related("resource").order_by("pk"), start=1):
        suffix = "" if number == 1 else f"_{number}"
        values[f"resource{suffix}"] = line.resource.code
        values[f"quantity{suffix}"] = line.quantity
        values[f"minimum{suffix}"] = None if line.minimum == line.quantity else line.minimum
    for wished in draft.acceptable.select_related("region").order_by("wish"):
        values["region" if wished.wish == 1 else f"region_{wished.wish}"] = wished.region.code
    return values
