"""The form with which a verifier answers a review of evidence."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.registers.models import EvidenceReview
from kit.forms import VersionedForm, required_text


class ReviewForm(VersionedForm):
    """Whether the evidence still holds, and why."""

    outcome = forms.ChoiceField(
        label=_("Does it still hold?"),
        choices=[
            (EvidenceReview.Outcome.HOLDS, _("It still holds")),
            (EvidenceReview.Outcome.FAILS, _("It no longer holds")),
        ],
        widget=forms.RadioSelect,
    )
    reason = required_text(
        _("Why"), max_length=2000, lines=3, help_text=_("In a sentence that will still be clear in a year.")
    )
