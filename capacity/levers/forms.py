"""The form that sets up a lever."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.levers.models import LeverKind, LeverState
from capacity.regions.models import Region
from customers.models import FREE_OFFERS, OfferType
from kit.forms import DayField, Form, QuantityField, required_text


class LeverForm(Form):
    """What is restricted, for whom, until when it is looked at again."""

    kind = forms.ChoiceField(label=_("What is restricted"), choices=LeverKind.choices)
    region_code = forms.ChoiceField(label=_("Region"), required=False)
    offer_types = forms.MultipleChoiceField(
        label=_("Offers"),
        choices=[(one.value, one.label) for one in OfferType if one in FREE_OFFERS],
        widget=forms.CheckboxSelectMultiple,
    )
    step = forms.ChoiceField(
        label=_("Step"), choices=[(one.value, one.label) for one in (LeverState.LIMITED, LeverState.PAUSED)]
    )
    limit_per_line = QuantityField(
        label=_("Units a request may ask for"), required=False, help_text=_("Only while limited.")
    )
    reach = required_text(_("Reach"), max_length=1_000, lines=2, help_text=_("Whom it reaches, in a sentence."))
    lift_condition = required_text(
        _("Lifted when"), max_length=1_000, lines=2, help_text=_("The condition under which it ends.")
    )
    review_date = DayField(label=_("Looked at again on"), not_past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["region_code"]
        field.choices = [("", _("All regions")), *Region.objects.order_by("name").values_list("code", "name")]
