"""The forms that plan a delivery, land it and cancel it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.deliveries.actions.plan_delivery import MOST_HOURS, MOST_NOTE
from capacity.pools.models import Pool
from capacity.regions.models import Datacenter
from kit.forms import DayField, Form, QuantityField, optional_text, required_text


class DeliveryForm(Form):
    """What comes where and when, and what installing it takes."""

    datacenter = forms.ChoiceField(label=_("Datacenter"))
    resource = forms.ChoiceField(label=_("Resource"))
    quantity = QuantityField(label=_("Quantity"), help_text=_("In units of the resource."))
    due_date = DayField(label=_("Due"), not_past=True, help_text=_("The day on which it is to be powered on."))
    planned_hours = QuantityField(
        label=_("Hours of installing"), most=MOST_HOURS, help_text=_("Person-hours from the ramp to power.")
    )
    note = optional_text(_("Note"), max_length=MOST_NOTE, help_text=_("Order, vendor or rack."))

    def __init__(self, *args: Any, pools: Iterable[Pool], datacenters: Iterable[Datacenter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pools = {(one.region_id, one.resource.code): one for one in pools}
        self._places = {str(one.public_id): one for one in datacenters}
        places: Any = self.fields["datacenter"]
        places.choices = [("", ""), *((key, f"{one.name} ({one.code})") for key, one in self._places.items())]
        resources: Any = self.fields["resource"]
        resources.choices = [
            ("", ""),
            *{one.resource.code: f"{one.resource.name} ({one.resource.unit})" for one in self._pools.values()}.items(),
        ]

    def clean(self) -> dict[str, Any]:
        """The pool follows from the datacenter's region and the resource."""
        cleaned = dict(super().clean() or {})
        place = self._places.get(cleaned.get("datacenter", ""))
        if place is not None and cleaned.get("resource"):
            cleaned["pool"] = self._pools.get((place.region_id, cleaned["resource"]))
            if cleaned["pool"] is None:
                self.add_error("resource", _("The region of this datacenter has no such pool."))
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What `plan_delivery` is to be told, from valid data."""
        names = ("pool", "quantity", "due_date", "planned_hours", "note")
        return {
            **{name: self.cleaned_data[name] for name in names},
            "datacenter_id": UUID(self.cleaned_data["datacenter"]),
        }


class LandForm(Form):
    """How much of it is powered on."""

    quantity = QuantityField(
        label=_("Powered on"), help_text=_("What is missing of the planned quantity is planned anew.")
    )


class CancelForm(Form):
    """Why it does not come."""

    reason = required_text(_("Reason"), max_length=MOST_NOTE, lines=2)
