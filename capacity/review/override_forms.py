"""The form that proposes an override."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kit.forms import Form, QuantityField, optional_text, required_text
from priorities.models import OverrideKind, OverrideReason


class OverrideForm(Form):
    """What it does, why, and for how long."""

    kind = forms.ChoiceField(label=_("What it does"), choices=OverrideKind.choices)
    to_tier = forms.TypedChoiceField(
        label=_("Tier"),
        choices=[("", _("only for a change of tier")), *((tier, tier) for tier in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    hours = QuantityField(label=_("Hours"), help_text=_("It ends by itself. 72 hours by default."))
    reason_code = forms.ChoiceField(label=_("Reason"), choices=OverrideReason.choices)
    reason = required_text(
        _("Why"), max_length=2_000, lines=3, help_text=_("In a sentence that will still be clear in a year.")
    )
    ticket = optional_text(_("Ticket"), max_length=60)

    def clean(self) -> dict[str, Any]:
        """A tier goes with a change of tier and with nothing else."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") == OverrideKind.RETIER and values.get("to_tier") is None and "to_tier" not in self.errors:
            self.add_error("to_tier", _("Choose the tier it is to rank in."))
        elif values.get("kind") != OverrideKind.RETIER:
            values["to_tier"] = None
        return values
