"""The shift report as a form: one number a role, everything else on demand."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.staffing.actions.file_shift_report import MAX_PEOPLE, NOTE_LENGTH, Crew
from capacity.staffing.models import CrewRequirement, Shift, ShiftReport
from kit.forms import DayField, Form, QuantityField, optional_text, required_text
from kit.refusal import Refusal

# Which counts stand behind "More" of a role, with their labels.
MORE = {
    "rostered": _("Rostered"),
    "planned": _("Absent, planned"),
    "unplanned": _("Absent, unplanned"),
    "travel": _("Absent, travel"),
}


class ShiftForm(Form):
    """Which shift is meant: the day it began, in the datacenter's own time."""

    date = DayField(label=_("Day the shift began"))
    shift = forms.ChoiceField(label=_("Shift"), choices=Shift.choices)


class ReportForm(ShiftForm):
    """Who was there in a shift, for the roles that it requires."""

    def __init__(
        self,
        *args: Any,
        requirements: Iterable[CrewRequirement],
        earlier: Mapping[str, ShiftReport],
        day: date,
        shift: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={"date": day, "shift": shift}, **kwargs)
        self.requirements = list(requirements)
        for name in ("date", "shift"):
            self.fields[name].widget = forms.HiddenInput()
        for row in self.requirements:
            known = earlier.get(row.role)
            self._add(f"{row.role}_present", row.get_role_display(), known.present if known else row.rostered)
            # Between its two buttons the number has no room for a label that is seen.
            told = _("%(role)s: present") % {"role": row.get_role_display()}
            self.fields[f"{row.role}_present"].widget.attrs["aria-label"] = told
            values = (
                {
                    "rostered": known.rostered,
                    "planned": known.absent_planned,
                    "unplanned": known.absent_unplanned,
                    "travel": known.absent_travel,
                }
                if known
                else {"rostered": row.rostered, "planned": 0, "unplanned": 0, "travel": 0}
            )
            for part, label in MORE.items():
                self._add(f"{row.role}_{part}", label, values[part])
        # A correction needs it, but a form that changes nothing does not; only the action can tell.
        self.fields["note"] = optional_text(
            _("Why is it corrected?") if earlier else _("Note"),
            max_length=NOTE_LENGTH,
            lines=2,
            help_text=_("No names and nothing about anybody's health."),
        )

    def _add(self, name: str, label: Any, value: int) -> None:
        self.fields[name] = QuantityField(label=label, least=0, most=MAX_PEOPLE, initial=value)

    @property
    def posts(self) -> list[dict[str, Any]]:
        """Each role with its bound fields, for the page."""
        return [
            {
                "requirement": row,
                "present": self[f"{row.role}_present"],
                "more": [self[f"{row.role}_{part}"] for part in MORE],
                "is_open": any(self[f"{row.role}_{part}"].errors for part in MORE),
            }
            for row in self.requirements
        ]

    @property
    def crews(self) -> dict[str, Crew]:
        """The counts by role, once the form is valid."""
        values = self.cleaned_data
        return {
            row.role: Crew(
                present=values[f"{row.role}_present"],
                rostered=values[f"{row.role}_rostered"],
                absent_planned=values[f"{row.role}_planned"],
                # Whoever is missing without a reason is counted as unplanned by the report itself.
                absent_unplanned=values[f"{row.role}_unplanned"],
                absent_travel=values[f"{row.role}_travel"],
            )
            for row in self.requirements
        }

    def add_refusal(self, refusal: Refusal) -> None:
        """A refusal names roles; their messages stand at the number of people present."""
        roles = {row.role for row in self.requirements}
        refusal.fields = {
            f"{name}_present" if name in roles else name: messages for name, messages in refusal.fields.items()
        }
        super().add_refusal(refusal)


class VouchForm(Form):
    """Why the last reported state may count for another day."""

    reason = required_text(_("How do you know how the crew stands?"), max_length=1_000, lines=3)
