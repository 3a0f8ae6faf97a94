"""What people say about usage."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.usage.actions.keep_samples import BOUNDS, Periods
from kit.forms import Form, QuantityField, required_text

_FOR_GOOD = _("Full months; empty: for good.")


def _months(label: Any, name: str) -> QuantityField:
    least, most = BOUNDS[name]
    return QuantityField(label=label, least=least, most=most, required=False, help_text=_FOR_GOOD)


class RetentionForm(Form):
    """For how long samples, hours and days are kept, and why. `shown` is the policy that was looked at."""

    sample_months = _months(_("Samples"), "sample_months")
    hour_months = _months(_("Hours and forecasts"), "hour_months")
    day_months = _months(_("Days"), "day_months")
    reason = required_text(_("Reason"), max_length=300, lines=2)
    shown = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    @property
    def periods(self) -> Periods:
        """What the form asks for, once it is valid."""
        return Periods(**{name: self.cleaned_data[name] for name in BOUNDS})
