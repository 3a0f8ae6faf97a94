"""The forms of planning: a datacenter's roster as a grid, a file of rosters, papers and their withdrawal."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import Datacenter
from capacity.staffing.actions.file_rosters import CannotFileRoster, Rostered
from capacity.staffing.actions.file_shift_report import MAX_PEOPLE
from capacity.staffing.actions.keep_papers import NAME_LENGTH, REASON_LENGTH
from capacity.staffing.models import CrewRequirement, CrewRole, Shift
from capacity.staffing.planning_models import PaperKind
from capacity.staffing.roster_file import MAX_BYTES
from kit.forms import DayField, Form, QuantityField, required_text
from kit.refusal import Refusal

Post = tuple[date, str, str]


class RosterForm(Form):
    """How many people are rostered, for each of the coming shifts and the roles that work in them.

    An empty field says nothing: what was rostered stays, and what was not is not zero.
    """

    def __init__(
        self,
        *args: Any,
        datacenter: Datacenter,
        requirements: Iterable[CrewRequirement],
        days: Iterable[tuple[date, str]],
        in_force: Mapping[Post, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.datacenter = datacenter
        self.required = {(row.shift, row.role): row for row in requirements}
        self.in_force = in_force
        self.roles = [role for role in CrewRole if any(role == known for _shift, known in self.required)]
        self.rows = [(day, shift) for day, shift in days if any(shift == known for known, _role in self.required)]
        for day, shift in self.rows:
            for role in self.roles:
                if (shift, role) in self.required:
                    self.fields[_name((day, shift, role))] = self._field((day, shift, role))

    def _field(self, post: Post) -> QuantityField:
        day, shift, role = post
        as_a_rule = self.required[shift, role].rostered
        label = f"{CrewRole(role).label}, {day:%Y-%m-%d}, {Shift(shift).label}"
        field = QuantityField(
            label=label, required=False, least=0, most=MAX_PEOPLE, initial=self.in_force.get(post, None)
        )
        field.widget.attrs |= {"aria-label": label, "placeholder": str(as_a_rule), "size": 3, "maxlength": 4}
        return field

    @property
    def grid(self) -> list[tuple[date, Any, list[Any]]]:
        """Each shift with its day, its name and its bound fields, None where a role does not work."""
        return [
            (
                day,
                Shift(shift).label,
                [self[_name((day, shift, role))] if (shift, role) in self.required else None for role in self.roles],
            )
            for day, shift in self.rows
        ]

    @property
    def role_labels(self) -> list[Any]:
        return [role.label for role in self.roles]

    def rostered(self, *, fill: bool) -> list[Rostered]:
        """What was entered; with `fill`, what is planned as a rule where nothing was entered or filed."""
        found = []
        for day, shift in self.rows:
            for role in self.roles:
                post = (day, shift, role)
                if (shift, role) not in self.required:
                    continue
                people = self.cleaned_data.get(_name(post))
                if people is None and fill and post not in self.in_force:
                    people = self.required[shift, role].rostered
                if people is not None:
                    found.append(Rostered(self.datacenter.code, day, shift, role, people))
        return found

    def add_refusal(self, refusal: Refusal) -> None:
        """What is wrong with a post stands at its field."""
        if isinstance(refusal, CannotFileRoster):
            refusal.fields = {_name(one.post[1:]): [one.text] for one in refusal.problems if one.post is not None}
        super().add_refusal(refusal)


def _name(post: Post) -> str:
    day, shift, role = post
    return f"{day.isoformat()}_{shift}_{role}"


class RosterFileForm(Form):
    """A file of rosters."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("UTF-8, at most 5 MB. The columns are listed below."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> Any:
        """The file, unless it is too large to be read at all."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB. Split it."))
        return file


class PapersForm(Form):
    """How many people of a role hold papers, from whom, and until when."""

    datacenter = forms.ChoiceField(label=_("Datacenter"))
    role = forms.ChoiceField(label=_("Role"), choices=CrewRole.choices)
    kind = forms.ChoiceField(label=_("Papers"), choices=PaperKind.choices)
    authority = required_text(
        _("Issued by"),
        max_length=NAME_LENGTH,
        help_text=_("The authority; no names of people, here or below."),
    )
    place = required_text(_("For the place"), max_length=NAME_LENGTH, help_text=_("Such as the city or the county."))
    people = QuantityField(
        label=_("People who hold them"), most=MAX_PEOPLE, help_text=_("Only how many, never who they are.")
    )
    expires_date = DayField(
        label=_("Expire on"), help_text=_("The first day on which they no longer hold. Shifts from then on shrink.")
    )

    def __init__(self, *args: Any, datacenters: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["datacenter"]
        field.choices = list(datacenters)


class WithdrawalForm(Form):
    """Why papers count no longer."""

    reason = required_text(_("Reason"), max_length=REASON_LENGTH, lines=2)
