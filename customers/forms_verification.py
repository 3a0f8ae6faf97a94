"""Forms of what is done with a claim: by its verifiers, and the answer to their questions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.add_evidence import MAX_NOTE
from customers.proofs.codes import LENGTH
from customers.reasons import InformationReason, RejectionReason, WithdrawalReason
from kit.forms import DayField, Form, VersionedForm, optional_text, required_text


class ActForm(VersionedForm):
    """An act without words."""


class VerifyForm(VersionedForm):
    """Until when the verification counts."""

    valid_until_date = DayField(label=_("Counts up to and including"))
    reason = optional_text(_("Note"), max_length=MAX_NOTE, lines=2)


class ReasonForm(VersionedForm):
    """An act with a sentence."""

    reason = required_text(_("Reason"), max_length=MAX_NOTE, lines=3)


class RejectForm(ReasonForm):
    """Rejects with a reason that is counted, and a sentence."""

    reason_code = forms.ChoiceField(label=_("Why"), choices=[("", ""), *RejectionReason.choices])
    field_order = ["reason_code", "reason"]


class WithdrawForm(ReasonForm):
    """Suspends or revokes."""

    reason_code = forms.ChoiceField(label=_("Why"), choices=[("", ""), *WithdrawalReason.choices])
    field_order = ["reason_code", "reason"]


class QuestionForm(VersionedForm):
    """Asks the account manager."""

    reason_code = forms.ChoiceField(
        label=_("About"), choices=InformationReason.choices, required=False, initial=InformationReason.OTHER
    )

    question = required_text(
        _("Question"), max_length=MAX_NOTE, lines=3, help_text=_("The customer reads it word for word.")
    )


class AnswerForm(VersionedForm):
    """Answers the verifier."""

    answer = required_text(_("Answer"), max_length=MAX_NOTE, lines=3)


class CheckForm(VersionedForm):
    """Says whether an item of evidence holds."""

    holds = forms.TypedChoiceField(
        # The two buttons carry it.
        widget=forms.HiddenInput,
        choices=[("yes", _("Holds")), ("no", _("Does not hold"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
    )
    reason = optional_text(_("Reason"), max_length=MAX_NOTE, lines=2)


class CodeForm(Form):
    """Takes a mailed code from whoever received it."""

    code = required_text(
        _("Code"),
        max_length=LENGTH + 8,
        help_text=_("Eight signs, as they stand in the mail; the dash does not matter."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(
            {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        )
