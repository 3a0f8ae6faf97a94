"""Forms about erasing and keeping."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.retention.actions.set_retention import LEAST_DAYS, MOST_DAYS
from customers.retention.kinds import KINDS
from kit.forms import Form, QuantityField, required_text


class RetentionForm(Form):
    """How long one kind is kept."""

    kind = forms.ChoiceField(choices=[], widget=forms.HiddenInput)
    shown_days = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_DAYS)
    days = QuantityField(label=_("Days"), least=LEAST_DAYS, most=MOST_DAYS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kind"]
        field.choices = [(code, code) for code in KINDS]


class ErasureForm(Form):
    """What is erased about an organization, and who asked."""

    kinds = forms.MultipleChoiceField(label=_("Erase"), choices=[], widget=forms.CheckboxSelectMultiple)
    reason = required_text(
        _("Who asked for it"), max_length=500, lines=2, help_text=_("Without names: this stays in the journal.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kinds"]
        field.choices = [(code, kind.label) for code, kind in KINDS.items()]
