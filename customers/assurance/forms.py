"""Forms about looking at a verification again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.assurance.models import ClaimReview
from kit.forms import Form, VersionedForm, required_text


class ComplaintForm(Form):
    """What is wrong with a verification."""

    complaint = required_text(
        _("What is wrong"),
        max_length=4_000,
        lines=4,
        help_text=_("Who says so, and what they know. It never leaves the house."),
    )


class FindingForm(VersionedForm):
    """What a review has found."""

    outcome = forms.ChoiceField(label=_("Result"), choices=ClaimReview.Outcome.choices, widget=forms.RadioSelect)
    finding = required_text(_("What you found"), max_length=4_000, lines=4)
