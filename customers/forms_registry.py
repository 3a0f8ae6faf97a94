"""Forms about what stands beside an organization: its duplicates, contact persons, what it inherits, its portfolio."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from customers.actions.add_evidence import MAX_NOTE
from customers.actions.keep_contact import MAX_NAME, MAX_PHONE
from customers.countries import country_name
from customers.forms import PortfolioField
from customers.models import OfferType, Organization
from kit.forms import Form, VersionedForm, optional_text, required_text
from users.models import Portfolio

ONE, OTHER = "one", "other"


class MergeForm(Form):
    """Which of two stays, and whose value counts where they differ.

    Only what differs is asked; `values` gives what the action takes.
    """

    survivor = forms.ChoiceField(label=_("Stays"), widget=forms.RadioSelect)
    one_version = forms.IntegerField(widget=forms.HiddenInput)
    other_version = forms.IntegerField(widget=forms.HiddenInput)

    ASKED: tuple[tuple[str, Any, Callable[[Any], Any]], ...] = (
        ("legal_name", _("Legal name"), str),
        ("country", _("Country"), country_name),
        ("offer_type", _("Offer type"), lambda value: OfferType(value).label),
        ("customer_since", _("Customer since"), lambda value: date_format(value) if value else _("new customer")),
        ("portfolio", _("Portfolio"), lambda value: value.name),
    )

    def __init__(self, data: Any = None, *, one: Organization, other: Organization) -> None:
        super().__init__(data, initial={"one_version": one.row_version, "other_version": other.row_version})
        self._two = {ONE: one, OTHER: other}
        stays: Any = self.fields["survivor"]
        stays.choices = [(key, row.legal_name) for key, row in self._two.items()]
        stays.initial = ONE
        for name, label, shown in self.ASKED:
            mine, theirs = getattr(one, name), getattr(other, name)
            if mine != theirs:
                self.fields[name] = forms.ChoiceField(
                    label=label,
                    choices=[(ONE, shown(mine)), (OTHER, shown(theirs))],
                    initial=ONE,
                    widget=forms.RadioSelect,
                )
        self.fields["reason"] = required_text(_("Why they are one"), max_length=MAX_NOTE, lines=2)

    def values(self) -> dict[str, Any]:
        """What `merge_organizations` takes."""
        asked = self.cleaned_data
        stays = asked["survivor"]
        goes = OTHER if stays == ONE else ONE
        chosen = {name: getattr(self._two[asked.get(name) or stays], name) for name, _label, _shown in self.ASKED}
        return {
            **chosen,
            "survivor": self._two[stays],
            "merged": self._two[goes],
            "survivor_version": asked[f"{stays}_version"],
            "merged_version": asked[f"{goes}_version"],
            "reason": asked["reason"],
        }


class DismissForm(Form):
    """Says that a pair is two."""

    reason = required_text(_("Why they are two"), max_length=MAX_NOTE, lines=2)


class ContactForm(VersionedForm):
    """A person to talk to, or a place such as a control room."""

    name = required_text(_("Name"), max_length=MAX_NAME)
    role = optional_text(_("Role"), max_length=MAX_NAME, help_text=_("Such as head of the control room."))
    email = forms.CharField(label=_("E-mail"), required=False, max_length=254, widget=forms.EmailInput)
    phone = forms.CharField(
        label=_("Telephone"), required=False, max_length=MAX_PHONE, widget=forms.TextInput(attrs={"type": "tel"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("de", _("German")), ("en", _("English"))])


class InheritanceForm(Form):
    """Whether the parent's categories count."""

    is_accepted = forms.TypedChoiceField(
        label=_("The categories of the parent"),
        choices=[("yes", _("count for this organization")), ("no", _("do not count for it"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    reason = required_text(_("Reason"), max_length=MAX_NOTE, lines=3)


class AssignForm(Form):
    """Where the selected organizations go."""

    portfolio = PortfolioField(label=_("Portfolio"))

    def limit_to(self, portfolios: QuerySet[Portfolio]) -> None:
        """Offer only these."""
        field: Any = self.fields["portfolio"]
        field.queryset = portfolios
