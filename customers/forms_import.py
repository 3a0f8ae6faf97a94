"""The form that takes a file in."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.start_import import MAX_UPLOAD_BYTES, ORGANIZATIONS
from customers.registers.adapters import REGISTERS
from kit.forms import Form


class ImportForm(Form):
    """What the file holds, the file, and whether it is only a trial."""

    kind = forms.ChoiceField(label=_("What the file holds"))
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("UTF-8, at most 20 MB. The columns are listed beside the form."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    as_of_date = forms.DateField(
        label=_("Taken on"),
        required=False,
        help_text=_("Only for registers: the day the file was taken."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    is_dry_run = forms.BooleanField(
        label=_("Dry run"), required=False, initial=True, help_text=_("Checks every row and writes nothing.")
    )

    def limit_to(self, kinds: Iterable[str]) -> None:
        """Offer only these kinds."""
        names = {ORGANIZATIONS: _("Organizations"), **{code: one.name for code, one in REGISTERS.items()}}
        field: Any = self.fields["kind"]
        field.choices = [(kind, names[kind]) for kind in kinds]

    def clean_file(self) -> Any:
        """The file, unless it is too large to be read at all."""
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB. Split it."))
        return file

    def facts(self) -> dict[str, Any]:
        """What `start_import` takes."""
        values = dict(self.cleaned_data)
        file = values.pop("file")
        return {**values, "file_name": file.name, "content": file.read()}
