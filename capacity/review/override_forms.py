"""The forms that propose an override."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kit.forms import Form, Group, QuantityField, optional_text, required_text
from priorities.actions.propose_override import Effect
from priorities.models import OverrideKind, OverrideReason
from users.forms import MomentField

PERMILLE_IN_PERCENT = 10


class OverrideForm(Form):
    """What it does, why, and for how long."""

    kind = forms.ChoiceField(label=_("What it does"), choices=OverrideKind.choices)
    to_tier = forms.TypedChoiceField(
        label=_("Tier"),
        choices=[("", _("only for a change of tier")), *((tier, tier) for tier in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    cap_percent = QuantityField(
        label=_("Limit in percent"),
        help_text=_("Only for a limit: the most of what is asked that may be granted."),
        most=99,
        required=False,
    )
    hours = QuantityField(label=_("Hours"), help_text=_("It ends by itself. 72 hours by default."))
    starts_at = MomentField(
        label=_("Begins"), required=False, help_text=_("In your time zone. Empty: as soon as it is confirmed.")
    )
    reason_code = forms.ChoiceField(label=_("Reason"), choices=OverrideReason.choices)
    reason = required_text(
        _("Why"), max_length=2_000, lines=3, help_text=_("In a sentence that will still be clear in a year.")
    )
    ticket = optional_text(_("Ticket"), max_length=60)

    groups: Sequence[Group] = (
        Group("", ("kind", "to_tier", "cap_percent", "hours", "reason_code", "reason")),
        Group(_("More"), ("starts_at", "ticket"), _("A later beginning, a ticket"), folded=True),
    )

    def clean(self) -> dict[str, Any]:
        """A tier goes with a change of tier and with nothing else; a limit with a cap."""
        values: dict[str, Any] = super().clean() or {}
        kind = values.get("kind")
        if kind == OverrideKind.RETIER and values.get("to_tier") is None and "to_tier" not in self.errors:
            self.add_error("to_tier", _("Choose the tier it is to rank in."))
        if kind == OverrideKind.CAP and values.get("cap_percent") is None and "cap_percent" not in self.errors:
            self.add_error("cap_percent", _("Name a limit between 1 and 99 percent."))
        return values

    @property
    def effect(self) -> Effect:
        """What the override is to do; of a form that is valid."""
        values = self.cleaned_data
        kind, percent = values["kind"], values["cap_percent"]
        return Effect(
            kind=kind,
            to_tier=values["to_tier"] if kind == OverrideKind.RETIER else None,
            cap_permille=percent * PERMILLE_IN_PERCENT if kind == OverrideKind.CAP else None,
        )

    @property
    def case(self) -> dict[str, Any]:
        """Why and for how long, as the actions take it; of a form that is valid."""
        return {name: self.cleaned_data[name] for name in ("reason_code", "reason", "hours", "ticket")}


class UseOverrideForm(OverrideForm):
    """The same for all that an organization asks for one use in one region."""

    workload = forms.ChoiceField(label=_("Use"), choices=())
    region = forms.ChoiceField(label=_("Region"), choices=(), widget=forms.Select(attrs={"data-search": ""}))

    groups = (Group("", ("workload", "region")), *OverrideForm.groups)

    def __init__(
        self, *args: Any, workloads: list[tuple[str, str]], regions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workload"].choices = workloads  # type: ignore[attr-defined]
        self.fields["region"].choices = regions  # type: ignore[attr-defined]
