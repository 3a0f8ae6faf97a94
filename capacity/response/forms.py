"""Forms of response plans."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.response.access import possible_owners
from kit.forms import Form, VersionedForm, required_text
from users.forms import MomentField


class PlanForm(Form):
    """A new draft."""

    title = required_text(_("Title"), max_length=160)
    situation = required_text(
        _("Situation"), max_length=4_000, lines=5, help_text=_("What happened, whom it reaches, what is at stake.")
    )


class PlanChangeForm(PlanForm, VersionedForm):
    """A draft that is changed."""


class _OwnedForm(Form):
    """A form in which somebody is named as owner."""

    owner = forms.TypedChoiceField(label=_("Owner"), coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        people = possible_owners().order_by("name", "pk").values_list("public_id", "name")
        field.choices = [("", ""), *((str(key), name) for key, name in people)]


class PhaseForm(_OwnedForm):
    """A further phase."""

    title = required_text(_("Title"), max_length=120)
    goals = required_text(_("Goals"), max_length=2_000, lines=3, help_text=_("What the phase is to reach."))
    field_order = ("title", "goals", "owner")


class ItemForm(_OwnedForm):
    """A further task of a phase."""

    phase = forms.TypedChoiceField(label=_("Phase"), coerce=UUID, empty_value=None)
    text = required_text(_("What is to be done"), max_length=300)
    due_at = MomentField(label=_("Due"), required=False)
    field_order = ("phase", "text", "owner", "due_at")

    def __init__(self, *args: Any, phases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["phase"]
        field.choices = phases


class LinkForm(Form):
    """What belongs to the plan."""

    target = forms.TypedChoiceField(label=_("Belongs to the plan"), coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, targets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["target"]
        field.choices = targets


class StandDownForm(Form):
    """Why a plan ends."""

    reason = required_text(_("Why it is stood down"), max_length=2_000, lines=3)


class ReviewForm(Form):
    """What is learned from a plan."""

    review = required_text(
        _("What we learned"), max_length=8_000, lines=8, help_text=_("What went well, what did not, what is to change.")
    )
