"""Organizations, their registers, evidence and claims."""

from datetime import date, datetime

from django.db.models import F

from customers.actions.add_evidence import Item, add_evidence
from customers.actions.check_evidence import check_evidence
from customers.actions.open_evidence_reviews import open_evidence_reviews
from customers.actions.propose_claim import propose_claim
from customers.actions.register_organization import register_organization
from customers.actions.seed_categories import seed_categories
from customers.actions.take_up_claim import take_up_claim
from customers.actions.verify_claim import verify_claim
from customers.models import Claim, EvidenceKind, Organization, Register, RegisterRow, RegisterSnapshot, SectorCategory
from customers.names import search_text, sort_key
from customers.proofs.dns import record_text
from customers.proofs.models import DomainChallenge, DomainProof
from customers.registers.models import EvidenceReview
from tests.make.people import NOW, account_manager, actor, counting, person, portfolio
from users.models import User
from users.roles import Role


def organization(name: str = "", *, manager: User | None = None, **fields) -> Organization:
    """An organization registered by the account manager of its portfolio."""
    number = next(counting)
    home = fields.pop("portfolio", None) or portfolio()
    manager = manager or account_manager(portfolios=[home])
    values = {
        "legal_name": name or f"{_word(number)} {number}",
        "country": "DE",
        "offer_type": "enterprise",
        "customer_since": date(2019, 1, 1),
        "anyway_reason": "It is another one.",
        "at": NOW,
    }
    return register_organization(actor=actor(manager), portfolio=home, **{**values, **fields})


def hospital(name: str = "Klinikum Musterstadt", **fields) -> Organization:
    """A hospital with a domain, not verified yet."""
    fields.setdefault("domains", [f"klinikum-{next(counting)}.example"])
    return organization(name, **fields)


def category(code: str = "HE-ACUTE") -> SectorCategory:
    """A sector category of the default taxonomy."""
    if not SectorCategory.objects.exists():
        seed_categories()
    return SectorCategory.objects.get(code=code)


def register_row(name: str = "Klinikum Musterstadt", **fields) -> RegisterRow:
    """An entry of an imported public register."""
    register, _ = Register.objects.get_or_create(code="ror", defaults={"name": "Research Organization Registry"})
    snapshot, _ = RegisterSnapshot.objects.get_or_create(
        register=register, as_of_date=date(2020, 3, 1), defaults={"file_hash": "0" * 64, "imported_at": NOW}
    )
    values = {"key": f"ror-{next(counting)}", "country": "DE", "kind": "healthcare", "domain": ""}
    RegisterSnapshot.objects.filter(pk=snapshot.pk).update(row_count=F("row_count") + 1)
    return RegisterRow.objects.create(
        snapshot=snapshot, name=name, sort_name=sort_key(name), search_text=search_text(name), **{**values, **fields}
    )


def snapshot(code: str = "ror", day: date = date(2020, 4, 1)) -> RegisterSnapshot:
    """A later snapshot of a register, without entries."""
    register, _ = Register.objects.get_or_create(code=code, defaults={"name": "Research Organization Registry"})
    return RegisterSnapshot.objects.create(register=register, as_of_date=day, file_hash="1" * 64, imported_at=NOW)


def evidence_review(*, of: Claim | None = None, at: datetime = NOW) -> EvidenceReview:
    """An open review of a verified claim's evidence, whose entry a newer snapshot lost."""
    rests_on = of or verified_claim(of=hospital("Klinikum Beispielheim"), at=at)
    snapshot()
    open_evidence_reviews(at=at)
    return EvidenceReview.objects.get(evidence__claim=rests_on)


def strong_evidence(organization: Organization) -> list[Item]:
    """What a life-safety category needs: a register match and control of a domain."""
    return [
        Item(EvidenceKind.REGISTER_MATCH, register_row=register_row(organization.legal_name)),
        Item(EvidenceKind.DOMAIN_CONTROL, domain=organization.domains.all()[0].domain),
    ]


def match(row: RegisterRow) -> Item:
    """An entry of a register as evidence."""
    return Item(EvidenceKind.REGISTER_MATCH, register_row=row)


def letter(**fields) -> Item:
    """A letter of an authority as evidence."""
    return Item(EvidenceKind.AUTHORITY_LETTER, **{"issuer": "Ministry of Health", "reference": "12/2020", **fields})


def domain(name: str) -> Item:
    """Control of a domain as evidence."""
    return Item(EvidenceKind.DOMAIN_CONTROL, domain=name)


def add_letter(claim: Claim, *, by: User | None = None, **fields) -> None:
    """Add a letter to a claim, as the account manager who filed it or somebody else."""
    add_evidence(actor=actor(by or claim.filed_by), claim=claim, items=[letter(**fields)], at=NOW)


def claim(
    code: str = "HE-ACUTE",
    *,
    of: Organization | None = None,
    evidence=None,
    shown: bool = True,
    at: datetime = NOW,
) -> Claim:
    """A submitted claim, filed by the organization's account manager; control of its domains is shown unless told."""
    of = of or hospital()
    made = propose_claim(
        actor=actor(of.registered_by or account_manager(portfolios=[of.portfolio])),
        organization=of,
        category=category(code),
        evidence=strong_evidence(of) if evidence is None else evidence,
        at=at,
    )
    if shown:
        show_domains(made, at=at)
    return made


def show_domains(claim: Claim, *, at: datetime = NOW) -> None:
    """As if the DNS of every domain in evidence held the token."""
    for challenge in DomainChallenge.objects.filter(claim=claim):
        DomainProof.objects.create(challenge=challenge, method="dns", seen=record_text(challenge.token), at=at)


def verified_claim(
    code: str = "HE-ACUTE",
    *,
    of: Organization | None = None,
    verifier: User | None = None,
    at: datetime = NOW,
    **fields,
) -> Claim:
    """A claim whose evidence a verifier checked, verified for as long as its category allows."""
    return verified(claim(code, of=of, at=at), verifier=verifier, at=at, **fields)


def verified(made: Claim, *, verifier: User | None = None, at: datetime = NOW, **fields) -> Claim:
    """The submitted claim, its evidence checked and the claim verified."""
    by = actor(verifier or person(Role.VERIFIER))
    take_up_claim(actor=by, claim=made, at=at)
    for item in made.evidence.all():
        check_evidence(actor=by, evidence=item, holds=True, at=at)
    return verify_claim(actor=by, claim=made, at=at, **fields)


def _word(number: int) -> str:
    """A made-up name that looks like no other, so that nothing warns of duplicates."""
    letters = "bdfgklmnprstvwz"
    sounds = [letters[(number * step + step) % len(letters)] + "aeiou"[(number + step) % 5] for step in (1, 3, 7, 11)]
    return "".join(sounds).capitalize()
