"""Forms of the liaison log."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.countries import country_choices
from customers.liaison.access import possible_owners
from customers.liaison.models import Counterpart
from kit.forms import DayField, Form, Group, VersionedForm, optional_text, required_text


class _StepForm(Form):
    """The fields of a next step."""

    next_step = optional_text(_("Next step"), max_length=300)
    owner = forms.TypedChoiceField(label=_("Who does it"), required=False, coerce=UUID, empty_value=None)
    due_date = DayField(label=_("By"), required=False, not_past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        people = possible_owners().order_by("name").values_list("public_id", "name")
        field.choices = [("", ""), *((str(key), name) for key, name in people)]


class ContactForm(_StepForm):
    """One contact; with an organization the authority's fields are left out."""

    counterpart = forms.ChoiceField(label=_("With"), choices=Counterpart.choices)
    authority = optional_text(_("Name of the authority"), max_length=200)
    country = forms.ChoiceField(label=_("Country"), required=False)
    happened_date = DayField(label=_("On"))
    summary = required_text(_("What was said"), max_length=4_000, lines=4)
    requirements = optional_text(
        _("Special requirements"),
        max_length=4_000,
        lines=3,
        help_text=_("Such as priority lines, data that must stay in the country, or access at night."),
    )

    groups = (
        Group(_("The contact"), ("counterpart", "authority", "country", "happened_date", "summary", "requirements")),
        Group(_("What follows"), ("next_step", "owner", "due_date"), _("Leave it empty where nothing is to be done.")),
    )

    def __init__(self, *args: Any, with_organization: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"]
        country.choices = [("", ""), *country_choices()]
        if with_organization:
            del self.fields["authority"], self.fields["country"]


class MoveForm(_StepForm, VersionedForm):
    """What came of a step, and the next one."""

    outcome = required_text(_("What came of it"), max_length=4_000, lines=3)

    groups = (
        Group("", ("outcome",)),
        Group(_("What follows"), ("next_step", "owner", "due_date"), _("Left empty, the item is closed.")),
    )
