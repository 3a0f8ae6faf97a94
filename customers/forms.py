"""Forms about organizations and claims."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.actions.add_evidence import MAX_NOTE, CannotTakeEvidence, Item
from customers.countries import country_choices, country_name
from customers.evidence import certified_services
from customers.models import EvidenceKind, OfferType, Organization, RegisterRow, SectorCategory
from customers.particulars import MAX_ALIASES, MAX_DOMAINS, MAX_EXTERNAL_IDS, MAX_NAME
from customers.queries import find_by_name_or_id
from customers.reasons import RejectionReason, WithdrawalReason
from customers.register_matches import compare, reference_of, row_of
from kit.forms import DayField, Form, Group, VersionedForm, optional_text, required_text
from kit.refusal import Refusal
from kit.templatetags.ui import badge
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


# --- evidence --------------------------------------------------------------------------------------


# Which form field carries what the action calls differently, by kind of evidence.
EVIDENCE_FIELDS: dict[str | None, dict[str, str]] = {
    EvidenceKind.REGISTER_MATCH: {"register_row": "register_row"},
    EvidenceKind.DOMAIN_CONTROL: {"domain": "control_of"},
    EvidenceKind.AUTHORITY_LETTER: {"issuer": "letter_issuer", "reference": "letter_reference", "note": "letter_note"},
    EvidenceKind.AUTHORITY_CERTIFICATE: {
        "issuer": "certificate_issuer",
        "reference": "certificate_reference",
        "workload_code": "certificate_workload",
    },
    EvidenceKind.SELF_ATTESTATION: {"note": "attestation"},
}


class _EvidenceFields(Form):
    """The fields of every kind of evidence; whatever is filled in becomes an item."""

    register_row = forms.CharField(
        label=_("Entry of a register"), required=False, max_length=400, widget=forms.RadioSelect
    )
    control_of = forms.MultipleChoiceField(
        label=_("Domains that the organization shows to control"), required=False, widget=forms.CheckboxSelectMultiple
    )
    letter_issuer = optional_text(_("Authority"), max_length=200)
    letter_reference = optional_text(_("File number or date"), max_length=120)
    letter_note = optional_text(_("What the letter says"), max_length=MAX_NOTE, lines=2)
    certificate_issuer = optional_text(_("Authority"), max_length=200)
    certificate_reference = optional_text(_("File number or date"), max_length=120)
    certificate_workload = forms.ChoiceField(label=_("Service that the certificate names"), required=False)
    attestation = optional_text(
        _("In the organization's own words"), max_length=MAX_NOTE, lines=3, help_text=_("Say who said it and when.")
    )

    evidence_groups = (
        Group(_("Match in an official register"), ("register_row",), _("It is pinned as it stands in this snapshot.")),
        Group(
            _("Control of a domain"),
            ("control_of",),
            _("A verifier checks it; together with a register or a letter it is strong evidence."),
        ),
        Group(
            _("Letter of an authority"),
            ("letter_issuer", "letter_reference", "letter_note"),
            _("for organizations that no register lists"),
            folded=True,
        ),
        Group(
            _("Certificate of vital tasks"),
            ("certificate_issuer", "certificate_reference", "certificate_workload"),
            _("names the service that must not fail"),
            folded=True,
        ),
        Group(_("Self-attestation"), ("attestation",), _("counts provisionally at most, for 14 days"), folded=True),
    )

    def offer(self, domains: Sequence[str], rows: Sequence[RegisterRow], organization: Organization) -> None:
        """Offer entries of registers, the organization's domains and the services there are."""
        entry = self.fields["register_row"]
        offered = list(rows)
        chosen = row_of(str(self.data.get("register_row", ""))) if self.is_bound else None
        if chosen is not None and chosen not in offered:
            offered.insert(0, chosen)
        assert isinstance(entry.widget, forms.RadioSelect)
        entry.widget.choices = [
            *((reference_of(row), row_label(organization, domains, row)) for row in offered),
            ("", _("None of these")),
        ]
        entry.initial = ""
        control, service = self.fields["control_of"], self.fields["certificate_workload"]
        assert isinstance(control, forms.MultipleChoiceField)
        assert isinstance(service, forms.ChoiceField)
        control.choices = [(domain, names.display_domain(domain)) for domain in domains]
        if not domains:
            control.help_text = _("No domain is registered for the organization yet. Add one to it first.")
        service.choices = [("", "–"), *certified_services()]

    def add_refusal(self, refusal: Refusal) -> None:
        """Show what is wrong with an item at the field of this form that it came from."""
        if isinstance(refusal, CannotTakeEvidence):
            own = EVIDENCE_FIELDS.get(refusal.values.get("kind"), {})
            refusal.fields = {own.get(name, name): messages for name, messages in refusal.fields.items()}
        super().add_refusal(refusal)

    def items(self) -> list[Item]:
        """One item for everything that was filled in."""
        data = self.cleaned_data
        found = []
        if data["register_row"]:
            found.append(Item(EvidenceKind.REGISTER_MATCH, register_row=row_of(data["register_row"])))
        found += [Item(EvidenceKind.DOMAIN_CONTROL, domain=domain) for domain in data["control_of"]]
        if data["letter_issuer"] or data["letter_reference"] or data["letter_note"]:
            found.append(
                Item(
                    EvidenceKind.AUTHORITY_LETTER,
                    issuer=data["letter_issuer"],
                    reference=data["letter_reference"],
                    note=data["letter_note"],
                )
            )
        if data["certificate_issuer"] or data["certificate_reference"] or data["certificate_workload"]:
            found.append(
                Item(
                    EvidenceKind.AUTHORITY_CERTIFICATE,
                    issuer=data["certificate_issuer"],
                    reference=data["certificate_reference"],
                    workload_code=data["certificate_workload"],
                )
            )
        if data["attestation"]:
            found.append(Item(EvidenceKind.SELF_ATTESTATION, note=data["attestation"]))
        return found


def row_label(organization: Organization, domains: Sequence[str], row: RegisterRow) -> SafeString:
    """An entry as one may choose it: its name, what agrees with the organization, and where it stands."""
    signs = [
        badge("good", _("%(field)s agrees") % {"field": difference.label})
        if difference.agrees
        else badge("warn", _("%(field)s differs") % {"field": difference.label}, difference.theirs)
        for difference in compare(organization, domains, row)
        if difference.agrees is not None
    ]
    if not row.is_active:
        signs.append(badge("bad", _("No longer active")))
    place = ", ".join(part for part in (row.country and country_name(row.country), row.region, row.kind) if part)
    return format_html(
        "<span>{} {} <small>{}</small></span>",
        row.name,
        format_html_join(" ", "{}", ((sign,) for sign in signs)),
        " · ".join(
            part
            for part in (place, row.domain, row.snapshot.register.name, date_format(row.snapshot.as_of_date))
            if part
        ),
    )


class ClaimForm(_EvidenceFields):
    """Proposes a category with its evidence."""

    category = forms.ModelChoiceField(
        SectorCategory.objects.all(),
        to_field_name="code",
        label=_("Category"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    statement = optional_text(
        _("Why it belongs there"),
        max_length=MAX_NOTE,
        lines=3,
        help_text=_("What the organization does, in a sentence or two."),
    )
    field_order = ["category", "statement"]
    groups = (Group(_("Category"), ("category", "statement")), *_EvidenceFields.evidence_groups)


class EvidenceForm(_EvidenceFields):
    """Adds evidence to a claim."""

    groups = _EvidenceFields.evidence_groups


# --- acts on a claim -------------------------------------------------------------------------------


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

    question = required_text(_("Question"), max_length=MAX_NOTE, lines=3)


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
