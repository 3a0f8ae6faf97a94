"""Forms of the override register."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kit.forms import QuantityField, VersionedForm, optional_text, required_text
from priorities.models import Verdict


class ReasonForm(VersionedForm):
    """Why somebody refuses or ends an override."""

    reason = required_text(_("Reason"), max_length=2_000, lines=3)


class RenewForm(VersionedForm):
    """For how long it goes on, and why."""

    hours = QuantityField(label=_("Hours"), help_text=_("From its end on. A second person confirms it."))
    reason = required_text(_("Why"), max_length=2_000, lines=3)
    ticket = optional_text(_("Ticket"), max_length=60)


class ReviewForm(VersionedForm):
    """What somebody uninvolved finds afterwards."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=Verdict.choices)
    lesson = required_text(_("Lesson"), max_length=2_000, lines=3, help_text=_("What we do differently next time."))
