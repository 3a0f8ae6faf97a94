"""Add an item of evidence to a claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.access import may_add_evidence
from customers.claims import journal_facts, locked
from customers.evidence import PAPERS, certified_services
from customers.models import CLAIM_STANDING, Claim, Evidence, EvidenceKind, Organization, RegisterRow, RegisterSnapshot
from customers.particulars import has_control_characters, one_line
from customers.proofs.challenges import issue_challenge
from journal.record import record
from kit.refusal import Conflict, Invalid, require
from users.access import Actor

MAX_ITEMS = 50
MAX_NOTE = 2000


class CannotTakeEvidence(Invalid):
    """Something about the item is missing or wrong; `fields` says what."""

    code = "evidence_invalid"


class NothingToAdd(Invalid):
    """No item was filled in."""

    code = "nothing_to_add"
    message = _("Fill in at least one item of evidence.")


class ClaimIsClosed(Conflict):
    """The claim has its final answer."""

    code = "claim_is_closed"
    message = _("This claim is closed: %(state)s. Evidence for it changes nothing any more.")
    remedy = _("Propose the category again.")


class TooMuchEvidence(Conflict):
    """A claim has a bounded number of items."""

    code = "too_much_evidence"
    message = _("A claim holds at most %(most)s items of evidence.")


@dataclass(frozen=True)
class Item:
    """One item as somebody states it; which fields it needs follows from its kind.

    Register match: `register_row`. Domain control: `domain`, one of the organization's. Papers (letters of an
    authority or a sponsor, certificates, documents): `issuer` and `reference`. Certificate: also `workload_code`,
    the service it names. Self-attestation: `note`, in the words of whoever attests.
    """

    kind: str
    register_row: RegisterRow | None = None
    domain: str = ""
    issuer: str = ""
    reference: str = ""
    workload_code: str = ""
    note: str = ""


def add_evidence(
    *, actor: Actor, claim: Claim, items: Sequence[Item], at: datetime, row_version: int | None = None
) -> list[Evidence]:
    """Add items to a claim that still stands, all or none.

    Raises `NothingToAdd`, `CannotTakeEvidence`, `ClaimIsClosed`, `TooMuchEvidence`, `StaleForm`.
    """
    with transaction.atomic():
        claim = locked(claim, row_version=row_version)
        require(may_add_evidence(actor, claim))
        if claim.state not in CLAIM_STANDING:
            raise ClaimIsClosed(state=claim.get_state_display())
        if not items:
            raise NothingToAdd()
        if claim.evidence.count() + len(items) > MAX_ITEMS:
            raise TooMuchEvidence(most=MAX_ITEMS)
        added = [store_evidence(actor, claim, item, at=at) for item in items]
        claim.row_version += 1
        claim.save(update_fields=["row_version"])
        return added


def store_evidence(actor: Actor, claim: Claim, item: Item, *, at: datetime) -> Evidence:
    """Write one checked item and its journal entry; the caller has authorized and locked."""
    checked = check_item(claim.organization, item)
    evidence = Evidence.objects.create(
        claim=claim,
        kind=checked.kind,
        register_row=checked.register_row,
        domain=checked.domain,
        issuer=checked.issuer,
        reference=checked.reference,
        workload_code=checked.workload_code,
        note=checked.note,
        added_by_id=actor.user_id,
        added_at=at,
    )
    if checked.domain:
        # So that the record to set stands on the page at once.
        issue_challenge(claim, checked.domain, at=at)
    record(
        actor=actor,
        action="evidence.added",
        subject_type="claim",
        subject_id=claim.public_id,
        after={**journal_facts(claim), **evidence_facts(evidence)},
        at=at,
    )
    return evidence


def evidence_facts(evidence: Evidence) -> dict[str, Any]:
    """What the journal keeps of an item: no free text, which could hold names."""
    row = evidence.register_row
    return {
        "evidence": str(evidence.public_id),
        "kind": str(evidence.kind),
        "register_row": f"{row.snapshot.register.code} {row.snapshot.as_of_date} {row.key}" if row else None,
        "domain": evidence.domain,
        "workload": evidence.workload_code,
    }


def check_item(organization: Organization, item: Item) -> Item:
    """The item with only the fields its kind has, cleaned. Raises `CannotTakeEvidence`."""
    fields: dict[str, list[Any]] = {}
    kind = item.kind
    issuer, reference, note = one_line(item.issuer), one_line(item.reference), item.note.strip()
    if kind not in EvidenceKind.values:
        raise CannotTakeEvidence({"kind": [_("Choose what the claim rests on.")]}, kind=kind)
    if kind == EvidenceKind.REGISTER_MATCH:
        if item.register_row is None:
            fields["register_row"] = [_("Choose the entry of the register.")]
        elif not item.register_row.is_active:
            fields["register_row"] = [_("The register marks this entry as no longer active.")]
        elif has_newer_snapshot(item.register_row):
            fields["register_row"] = [_("The register was imported again since. Choose from its newest snapshot.")]
    domain = ""
    if kind == EvidenceKind.DOMAIN_CONTROL:
        domain = _own_domain(organization, item.domain, fields)
    is_paper = kind in PAPERS
    if is_paper:
        if not issuer:
            fields["issuer"] = [_WHO_WROTE.get(kind, _("Say which authority wrote it."))]
        if not reference:
            fields["reference"] = [_("Give its file number, or its date where it has none.")]
    if kind == EvidenceKind.AUTHORITY_CERTIFICATE and item.workload_code not in dict(certified_services()):
        fields["workload_code"] = [_("Choose the service that the certificate names.")]
    if kind == EvidenceKind.SELF_ATTESTATION and not note:
        fields["note"] = [_("Write what the organization says about itself, and who says it.")]
    for name, text, most in (("issuer", issuer, 200), ("reference", reference, 120), ("note", note, MAX_NOTE)):
        if len(text) > most or has_control_characters(text):
            fields[name] = [_("At most %(most)s visible characters.") % {"most": most}]
    if fields:
        raise CannotTakeEvidence(fields, kind=str(kind))
    return Item(
        kind=kind,
        register_row=item.register_row if kind == EvidenceKind.REGISTER_MATCH else None,
        domain=domain,
        issuer=issuer if is_paper else "",
        reference=reference if is_paper else "",
        workload_code=item.workload_code if kind == EvidenceKind.AUTHORITY_CERTIFICATE else "",
        note=note,
    )


_WHO_WROTE: dict[str, Any] = {
    EvidenceKind.SPONSOR_LETTER: _("Say which organization vouches."),
    EvidenceKind.DOCUMENT: _("Say who wrote it."),
}


def has_newer_snapshot(row: RegisterRow) -> bool:
    # An entry may have been dropped since; as evidence it must stand in the register now.
    snapshot = row.snapshot
    return RegisterSnapshot.objects.filter(register=snapshot.register_id, as_of_date__gt=snapshot.as_of_date).exists()


def _own_domain(organization: Organization, text: str, fields: dict[str, list[Any]]) -> str:
    try:
        domain = names.normalize_domain(text)
    except names.BadDomain:
        fields["domain"] = [_("Choose one of the organization's domains.")]
        return ""
    if names.is_free_mail(domain):
        fields["domain"] = [
            _("%(domain)s belongs to a mail provider; controlling a mailbox there proves nothing.") % {"domain": domain}
        ]
    elif not organization.domains.filter(domain=domain).exists():
        fields["domain"] = [
            _("%(domain)s is not among the organization's domains. Add it there first.") % {"domain": domain}
        ]
    return domain
