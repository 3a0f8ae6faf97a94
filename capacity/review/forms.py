"""The forms of deciding. Each remembers which version of the request was shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.intake.wording import block_label
from capacity.requests.actions.submit_request import MOST_TEXT
from capacity.review.refusing import BLOCKS_PEOPLE_NAME
from kit.forms import DayField, QuantityField, VersionedForm, optional_text, required_text

MOST_REASON = 1_000
READ_BY_CUSTOMER = _("Where you name the block yourself, the customer reads this sentence.")


def reason_field(*, required: bool = True) -> forms.CharField:
    """Why, in a sentence; prefilled where the figures say it."""
    field = required_text if required else optional_text
    return field(_("Reason"), max_length=MOST_REASON, lines=2)


class GrantForm(VersionedForm):
    """What all grants say: where, whether without a date, and what the page said about a second signature."""

    region = forms.ChoiceField(label=_("Region"))
    undated = forms.BooleanField(
        label=_("Without a date"),
        required=False,
        help_text=_("For tiers 1 and 2 where a crew is below minimum, for tiers 4 and 5 where one is just complete."),
    )
    expects_signature = forms.NullBooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, regions: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["region"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(regions)

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        data = self.cleaned_data
        return {
            "region_code": data["region"],
            "undated": data["undated"],
            "expects_signature": data["expects_signature"],
            "row_version": data["row_version"],
            "reason": data["reason"],
        }


class ApproveForm(GrantForm):
    """Grants everything."""

    reason = reason_field(required=False)


class QuantitiesForm(GrantForm):
    """Grants these quantities, one per line of the request."""

    reason = reason_field()

    def __init__(self, *args: Any, lines: Iterable[Mapping[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resources = {}
        for line in lines:
            name = f"quantity_{line['resource']}"
            self.resources[line["resource"]] = name
            self.fields[name] = QuantityField(
                label=_("Quantity in %(unit)s") % {"unit": line["unit"]}, most=line["quantity"]
            )
        self.order_fields(["region", *self.resources.values(), "reason", "undated"])

    def facts(self) -> dict[str, Any]:
        quantities = {resource: self.cleaned_data[name] for resource, name in self.resources.items()}
        return {**super().facts(), "quantities": quantities}


class RefusalForm(VersionedForm):
    """What a denial and the waiting list say."""

    reason = reason_field()
    block = forms.ChoiceField(
        label=_("What stands in the way"),
        required=False,
        help_text=READ_BY_CUSTOMER,
        choices=[("", _("as the figures say")), *((str(b), block_label(b)) for b in BLOCKS_PEOPLE_NAME)],
    )
    next_look_date = DayField(label=_("Next look"))

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        return dict(self.cleaned_data)


class ConfirmWorkloadForm(VersionedForm):
    """Confirms what the capacity is for, or sets another class."""

    workload = forms.ChoiceField(label=_("Use"))
    reason = optional_text(
        _("Reason"), max_length=MOST_REASON, lines=2, help_text=_("Needed where you set another use than was claimed.")
    )

    def __init__(self, *args: Any, workloads: Sequence[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["workload"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(workloads)

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        return dict(self.cleaned_data)


class QuestionForm(VersionedForm):
    """Asks the account manager."""

    question = required_text(_("Question"), max_length=MOST_TEXT, lines=3)

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        return dict(self.cleaned_data)


class SignForm(VersionedForm):
    """Gives a second signature."""

    reason = reason_field(required=False)

    def facts(self) -> dict[str, Any]:
        """What the action is to be told; the hold has kept everything as it was, so no version is asked for."""
        return {"reason": self.cleaned_data["reason"]}


class RefuseSignatureForm(SignForm):
    """Refuses one."""

    reason = reason_field()


class ReasonForm(VersionedForm):
    """An act that takes a reason and nothing else."""

    reason = reason_field()

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        return dict(self.cleaned_data)


class NoteForm(ReasonForm):
    """An act that may be remarked on."""

    reason = optional_text(_("Remark"), max_length=MOST_REASON, lines=2)


class AnswerForm(VersionedForm):
    """Answers what a reviewer asked."""

    answer = required_text(_("Answer"), max_length=MOST_TEXT, lines=4)

    def facts(self) -> dict[str, Any]:
        """What the action is to be told."""
        return dict(self.cleaned_data)
