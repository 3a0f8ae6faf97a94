"""Forms about regions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import SCARCE_CONDITIONS, Condition, Region
from kit.forms import DayField, Form, VersionedForm, required_text

MEANINGS = {
    Condition.NORMAL: _("Normal: requests are served in the order in which they became complete."),
    Condition.WATCH: _("Watch: as normal, but looked at closely."),
    Condition.CONSTRAINED: _("Constrained: tier decides the order, and nobody decides around it."),
    Condition.CRITICAL: _("Critical: as constrained; nearly nothing is left."),
    Condition.RECOVERING: _("Recovering: tier still decides while capacity comes back."),
}


class ConditionForm(VersionedForm):
    """What a region's condition is, on what evidence, and when it is looked at again."""

    condition = forms.ChoiceField(label=_("Condition"), widget=forms.RadioSelect)
    evidence = required_text(
        _("Evidence"), max_length=2_000, lines=4, help_text=_("What it rests on: figures, reports, what was seen.")
    )
    review_date = DayField(label=_("Looked at again on"), not_past=True)

    def __init__(self, *args: Any, region: Region, may_stay: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["condition"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (code.value, label) for code, label in MEANINGS.items() if may_stay or code != region.condition
        ]
        field.help_text = (
            _("Leaving this condition takes a duty manager's signature.")
            if region.condition in SCARCE_CONDITIONS
            else _("From constrained upward it takes a duty manager's signature.")
        )


class RefuseForm(Form):
    """Why a proposed condition is refused."""

    answer = required_text(_("Why it is refused"), max_length=1_000, lines=3)


class DismissForm(Form):
    """Why what the thresholds propose is not so."""

    answer = required_text(_("Why it is dismissed"), max_length=1_000, lines=3)
