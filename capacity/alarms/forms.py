"""What acts on alarms ask for."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.alarms.access import possible_owners
from kit.forms import Form, optional_text, required_text

# The longest is the longest that the database lets pass.
HOURS = [
    (1, _("One hour")),
    (4, _("4 hours")),
    (12, _("12 hours")),
    (24, _("One day")),
    (72, _("Three days")),
    (168, _("Seven days")),
]


class NoForm(Form):
    """For acts that ask for nothing."""


class SilenceForm(Form):
    """For how long nobody needs to be reminded, and why."""

    hours = forms.TypedChoiceField(label=_("For"), choices=HOURS, coerce=int, initial=4)
    reason = required_text(_("Reason"), max_length=300, lines=2)


class HandOverForm(Form):
    """Who sees to it from now on."""

    to = forms.TypedChoiceField(label=_("To"), coerce=UUID)
    reason = optional_text(_("What they should know"), max_length=300, lines=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.choices = [
            ("", ""),
            *((str(key), name) for key, name in possible_owners().values_list("public_id", "name")),
        ]
