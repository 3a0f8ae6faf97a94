"""Forms about organizations."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.countries import country_choices
from customers.models import OfferType, Organization
from customers.particulars import MAX_ALIASES, MAX_DOMAINS, MAX_EXTERNAL_IDS, MAX_NAME
from customers.queries import find_by_name_or_id
from kit.forms import DayField, Form, Group, VersionedForm, optional_text, required_text
from users.models import Portfolio


class LinesField(forms.CharField):
    """Several short texts, one on each line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, *, most: int, **options: Any) -> None:
        # Room for every line to be too long, so that the action can say which.
        super().__init__(required=False, max_length=most * 600, **options)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The lines that are not blank."""
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        """Nothing is required here."""

    def run_validators(self, value: Any) -> None:
        """The length of the whole; the lines are the action's to check."""
        super().run_validators("\n".join(value))

    def prepare_value(self, value: Any) -> Any:
        """Lists become lines again."""
        return "\n".join(value) if isinstance(value, list | tuple) else value


class ExternalIdsField(LinesField):
    """Lines of a kind and a value: "ror 05mxhda18"."""

    default_error_messages = {"pair": _("“%(line)s”: write the registry and the id, such as “ror 05mxhda18”.")}

    def to_python(self, value: Any) -> list[tuple[str, str]]:  # type: ignore[override]
        """Pairs of kind and value; raises `ValidationError` for a line with one word."""
        pairs = []
        for line in super().to_python(value):
            kind, _space, rest = line.partition(" ")
            if not rest.strip():
                raise ValidationError(self.error_messages["pair"], code="pair", params={"line": line[:60]})
            pairs.append((kind.rstrip(":"), rest.strip()))
        return pairs

    def run_validators(self, value: Any) -> None:
        """The length of the whole."""
        super().run_validators([f"{kind} {text}" for kind, text in value])

    def prepare_value(self, value: Any) -> Any:
        """Pairs become lines again."""
        if isinstance(value, list | tuple):
            return "\n".join(f"{kind} {text}" for kind, text in value)
        return value


class PortfolioField(forms.ModelChoiceField):
    """One of the portfolios by its public id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Portfolio.objects.none(), to_field_name="public_id", **options)


class _Particulars(forms.Form):
    """The fields that registering and correcting share."""

    legal_name = required_text(_("Legal name"), max_length=MAX_NAME)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", ""), *country_choices()],
        widget=forms.Select(attrs={"data-search": ""}),
    )
    offer_type = forms.ChoiceField(label=_("Offer type"), choices=OfferType.choices)
    customer_since = DayField(
        label=_("Customer since"),
        required=False,
        help_text=_("Empty for a new customer; it ranks after existing ones."),
    )
    portfolio = PortfolioField(label=_("Portfolio"))
    domains = LinesField(
        label=_("Domains"), most=MAX_DOMAINS, help_text=_("One on each line, such as uniklinik-koeln.de.")
    )
    external_ids = ExternalIdsField(
        label=_("Ids in registries"),
        most=MAX_EXTERNAL_IDS,
        help_text=_("One on each line: the registry, then the id, such as “ror 05mxhda18”."),
    )
    aliases = LinesField(
        label=_("Other names"),
        most=MAX_ALIASES,
        help_text=_("One on each line: short names, former names, names in other languages."),
    )
    parent = optional_text(
        _("Parent organization"),
        max_length=MAX_NAME,
        help_text=_("Its legal name or its id; it must be registered already."),
    )

    def limit_to(
        self,
        organizations: QuerySet[Organization],
        portfolios: QuerySet[Portfolio],
        present: Organization | None = None,
    ) -> None:
        """Let the form choose among what the actor may see, and keep the `present` parent."""
        self._organizations = organizations
        self._parent = present.parent if present is not None else None
        field = self.fields["portfolio"]
        assert isinstance(field, PortfolioField)
        field.queryset = portfolios
        found = list(portfolios[:2])
        if len(found) == 1:
            field.initial = found[0].public_id

    def clean_parent(self) -> Organization | None:
        """The organization that the text names; raises `ValidationError` where it names none or several."""
        text = self.cleaned_data["parent"]
        if not text:
            return None
        if self._parent is not None and text == str(self._parent.public_id):
            return self._parent
        found = find_by_name_or_id(self._organizations, text)
        if not found:
            raise ValidationError(_("No organization that you can see has this name or id."))
        if len(found) > 1:
            raise ValidationError(
                _("Several organizations have this name. Give the id from the page of the right one.")
            )
        return found[0]


GROUPS = (
    Group(_("Who it is"), ("legal_name", "country", "domains", "external_ids")),
    Group(_("What it buys"), ("offer_type", "customer_since", "portfolio")),
    Group(_("More"), ("aliases", "parent"), _("Other names, parent organization"), folded=True),
)


class OrganizationForm(_Particulars, Form):
    """Registers an organization."""

    anyway_reason = optional_text(_("Why it is another organization"), max_length=500, lines=2)
    groups = GROUPS

    def without_reason(self) -> None:
        """Leave out the field for the reason: without duplicates in view nobody needs it."""
        del self.fields["anyway_reason"]


class OrganizationChangeForm(_Particulars, VersionedForm):
    """Corrects an organization."""

    groups = GROUPS
