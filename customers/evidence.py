"""What evidence there must be before a claim may be called verified."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Claim, ClaimState, Evidence, EvidenceKind, SectorCategory
from customers.proofs.models import DomainProof

# States from which a verification is renewed: what it rests on is looked at afresh.
RENEWABLE = (ClaimState.REVALIDATION_DUE, ClaimState.GRACE)

# What says something about the sector itself. Control of a domain says only that a name on the
# internet is theirs, and self-attestation is nobody's word but their own.
ABOUT_THE_SECTOR = frozenset({EvidenceKind.REGISTER_MATCH, EvidenceKind.AUTHORITY_LETTER})
# Where no life hangs on it, a certificate or an organization that vouches will do as well.
ABOUT_OTHER_SECTORS = ABOUT_THE_SECTOR | {EvidenceKind.AUTHORITY_CERTIFICATE, EvidenceKind.SPONSOR_LETTER}
# What comes on paper: who wrote it, its file number or date, and the files themselves.
PAPERS = frozenset(
    {
        EvidenceKind.AUTHORITY_LETTER,
        EvidenceKind.AUTHORITY_CERTIFICATE,
        EvidenceKind.SPONSOR_LETTER,
        EvidenceKind.DOCUMENT,
    }
)

NEEDS_SOURCE = _("a register match or an authority's letter that was checked and holds")
NEEDS_DOMAIN = _("control of a domain that was checked and holds")
NEEDS_ANY_SOURCE = _("a register match, a letter or a certificate that was checked and holds")


def missing_evidence(category: SectorCategory, evidence: Iterable[Evidence]) -> list[Any]:
    """What is missing for a verification, as phrases; empty when the evidence suffices.

    Life-safety and state-critical categories need two independent items: one about the sector and
    control of a domain. The others need one about the sector. The trigger `verification_rests_on_evidence` says the
    same.
    """
    holding = {EvidenceKind(item.kind) for item in evidence if item.holds}
    if category.needs_strong_evidence:
        missing = []
        if not holding & ABOUT_THE_SECTOR:
            missing.append(NEEDS_SOURCE)
        if EvidenceKind.DOMAIN_CONTROL not in holding:
            missing.append(NEEDS_DOMAIN)
        return missing
    if not holding & ABOUT_OTHER_SECTORS:
        return [NEEDS_ANY_SOURCE]
    return []


def is_shown(claim: Claim, domain: str) -> bool:
    """Whether control of the domain was shown for this claim; for a renewal, since it was last decided."""
    proofs = DomainProof.objects.filter(challenge__claim=claim, challenge__domain=domain)
    if claim.state in RENEWABLE and claim.decided_at is not None:
        proofs = proofs.filter(at__gt=claim.decided_at)
    return proofs.exists()


def _no_services() -> list[tuple[str, Any]]:
    return []


_services: Callable[[], list[tuple[str, Any]]] = _no_services


def provide_services(source: Callable[[], list[tuple[str, Any]]]) -> None:
    """Say which services a certificate may name, as codes with names.

    They are the workload classes of `priorities`, which this app knows nothing of: `config` connects the two.
    """
    global _services
    _services = source


def certified_services() -> list[tuple[str, Any]]:
    """The services a certificate of vital tasks may name: codes with their names in the active language."""
    return _services()
