"""Forms about evidence: whatever is filled in becomes an item."""

from collections.abc import Sequence

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.actions.add_evidence import MAX_NOTE, CannotTakeEvidence, Item
from customers.countries import country_name
from customers.evidence import certified_services
from customers.models import EvidenceKind, Organization, RegisterRow, SectorCategory
from customers.register_matches import compare, reference_of, row_of
from kit.forms import Form, Group, optional_text
from kit.refusal import Refusal
from kit.templatetags.ui import badge

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
    EvidenceKind.SPONSOR_LETTER: {"issuer": "sponsor", "reference": "sponsor_reference", "note": "sponsor_note"},
    EvidenceKind.DOCUMENT: {"issuer": "document_issuer", "reference": "document_reference", "note": "document_note"},
    EvidenceKind.SELF_ATTESTATION: {"note": "attestation"},
}
# The papers, by the form's names of who wrote it, the reference and what it says.
_PAPER_FIELDS = {
    EvidenceKind.AUTHORITY_LETTER: ("letter_issuer", "letter_reference", "letter_note"),
    EvidenceKind.SPONSOR_LETTER: ("sponsor", "sponsor_reference", "sponsor_note"),
    EvidenceKind.DOCUMENT: ("document_issuer", "document_reference", "document_note"),
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
    sponsor = optional_text(_("Organization that vouches"), max_length=200)
    sponsor_reference = optional_text(_("File number or date"), max_length=120)
    sponsor_note = optional_text(_("What the letter says"), max_length=MAX_NOTE, lines=2)
    document_issuer = optional_text(_("Who wrote it"), max_length=200)
    document_reference = optional_text(_("File number or date"), max_length=120)
    document_note = optional_text(_("What it shows"), max_length=MAX_NOTE, lines=2)
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
        Group(
            _("Letter of a sponsor"),
            ("sponsor", "sponsor_reference", "sponsor_note"),
            _("an organization of the sector vouches; does not suffice for life-safety categories"),
            folded=True,
        ),
        Group(
            _("Document"),
            ("document_issuer", "document_reference", "document_note"),
            _("supports other evidence, such as a license or a statute"),
            folded=True,
        ),
        Group(_("Self-attestation"), ("attestation",), _("counts provisionally at most, for 14 days"), folded=True),
    )

    def offer(self, domains: Sequence[str], rows: Sequence[RegisterRow], organization: Organization) -> None:
        """Offer entries of registers, the organization's domains and the services there are."""
        entry = self.fields["register_row"]
        offered = list(rows)
        given = self.data if self.is_bound else self.initial
        chosen = row_of(str(given.get("register_row", "")))
        if chosen is not None and chosen not in offered:
            offered.insert(0, chosen)
        assert isinstance(entry.widget, forms.RadioSelect)
        entry.widget.choices = [
            *((reference_of(row), row_label(organization, domains, row)) for row in offered),
            ("", _("None of these")),
        ]
        self.initial["register_row"] = reference_of(chosen) if chosen is not None else ""
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
        for kind, names_of in _PAPER_FIELDS.items():
            issuer, reference, note = (data[name] for name in names_of)
            if issuer or reference or note:
                found.append(Item(kind, issuer=issuer, reference=reference, note=note))
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


class FileForm(Form):
    """A file that shows a paper; what it may be is the action's to say."""

    file = forms.FileField(
        label=_("File"),
        max_length=500,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
        error_messages={"required": _("Choose a file first.")},
    )
