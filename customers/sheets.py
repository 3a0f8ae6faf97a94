"""What pages show of an organization and of a claim: rows gathered, signs chosen, history told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import names
from customers.access import sees_notes, visible_organizations
from customers.actions.verify_claim import countable_evidence
from customers.evidence import PAPERS, RENEWABLE, certified_services, missing_evidence
from customers.models import (
    CLAIM_STANDING,
    Claim,
    ClaimMove,
    ClaimState,
    Contact,
    Evidence,
    EvidenceKind,
    ExternalId,
    Inheritance,
    Organization,
    OrganizationDomain,
)
from customers.proofs.shown import DomainShown, FileShown, domain_shown, files_shown, with_proofs
from customers.queries import verification_at
from customers.register_matches import Difference, compare
from customers.signs import claim_sign
from kit.signs import Sign
from kit.timeline import Happening
from users.access import Actor

UNCHECKED = Sign("quiet", _("Not checked"), _("No verifier has looked at it yet"))
HOLDS = Sign("good", _("Holds"), _("A verifier looked at it and it holds"))
DOES_NOT_HOLD = Sign("bad", _("Does not hold"), _("A verifier looked at it and it does not hold"))

# What a step of a claim's life is called in its history.
STEPS = {
    ClaimState.DRAFT: _("Claim written"),
    ClaimState.SUBMITTED: _("Submitted for verification"),
    ClaimState.IN_VERIFICATION: _("In verification"),
    ClaimState.INFORMATION_REQUESTED: _("Information requested"),
    ClaimState.PROVISIONAL: _("Counts provisionally"),
    ClaimState.VERIFIED: _("Verified"),
    ClaimState.REJECTED: _("Rejected"),
    ClaimState.REVALIDATION_DUE: _("Due to be verified again"),
    ClaimState.GRACE: _("Ran out; grace period"),
    ClaimState.LAPSED: _("Lapsed"),
    ClaimState.SUSPENDED: _("Suspended"),
    ClaimState.REVOKED: _("Revoked"),
}
STEP_TONES = {
    ClaimState.VERIFIED: "good",
    ClaimState.PROVISIONAL: "watch",
    ClaimState.REJECTED: "bad",
    ClaimState.REVOKED: "bad",
    ClaimState.SUSPENDED: "warn",
}


@dataclass(frozen=True)
class EvidenceSheet:
    """An item of evidence with its sign, what it says in words, and an entry's differences."""

    evidence: Evidence
    sign: Sign
    text: str
    differences: list[Difference]
    domain: DomainShown | None = None
    files: list[FileShown] = field(default_factory=list)

    @property
    def is_paper(self) -> bool:
        """Whether files belong to it."""
        return self.evidence.kind in PAPERS


@dataclass(frozen=True)
class ClaimSheet:
    """A claim as a page shows it; texts that people wrote are left out for those who may not read them."""

    claim: Claim
    sign: Sign
    evidence: list[EvidenceSheet]
    missing: list[Any]
    history: list[Happening]
    shows_notes: bool

    @property
    def stands(self) -> bool:
        """Whether the claim still stands for its category."""
        return self.claim.state in CLAIM_STANDING

    @property
    def missing_title(self) -> Any:
        """What missing evidence means for a claim in this state."""
        if self.claim.state == ClaimState.VERIFIED:
            return _("The evidence no longer suffices.")
        if self.claim.state in RENEWABLE:
            return _("The evidence must be checked again.")
        return _("Not enough to verify yet.")

    @property
    def taken_up_by(self) -> Any:
        """Who verifies it now, if somebody does."""
        if self.claim.state != ClaimState.IN_VERIFICATION:
            return None
        return next((m.by for m in _newest(self.claim.moves.all()) if m.new_state == ClaimState.IN_VERIFICATION), None)

    @property
    def question(self) -> ClaimMove | None:
        """What the verifier asked last and still waits for."""
        if self.claim.state != ClaimState.INFORMATION_REQUESTED:
            return None
        return _newest(self.claim.moves.all())[0]


def with_particulars(actor: Actor) -> QuerySet[Any]:
    """The organizations one may see, with `domain_list`, `id_list`, `child_list` and more such lists, in one statement.

    `child_list` holds those below it that one may see, too; `inheritance_list` the decision about its present parent.
    """
    domains = OrganizationDomain.objects.filter(organization=OuterRef("pk")).order_by("domain")
    ids = ExternalId.objects.filter(organization=OuterRef("pk")).order_by("kind", "value")
    visible = visible_organizations(actor)
    children = visible.filter(parent=OuterRef("pk")).order_by("sort_name", "pk")
    people = Contact.objects.filter(organization=OuterRef("pk")).order_by("name", "pk")
    merged = Organization.objects.filter(merged_into=OuterRef("pk")).order_by("-merged_at")
    decided = Inheritance.objects.filter(organization=OuterRef("pk"), parent=OuterRef("parent"))
    return visible.select_related("portfolio", "parent", "registered_by").annotate(
        domain_list=ArraySubquery(domains.values(json=JSONObject(domain="domain", controlled_at="controlled_at"))),
        id_list=ArraySubquery(ids.values(json=JSONObject(kind="kind", value="value"))),
        contact_list=ArraySubquery(
            people.values(
                json=JSONObject(
                    public_id="public_id", name="name", role="role", email="email", phone="phone", language="language"
                )
            )
        ),
        merged_list=ArraySubquery(
            merged.values(json=JSONObject(name="legal_name", at="merged_at", registered_at="registered_at"))[:10]
        ),
        inheritance_list=ArraySubquery(
            decided.values(
                json=JSONObject(accepted="is_accepted", reason="reason", by="decided_by__name", at="decided_at")
            )
        ),
        child_list=ArraySubquery(children.values(json=JSONObject(public_id="public_id", name="legal_name"))[:20]),
    )


def with_everything(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """The claims with category, people, evidence, register entries and moves: three statements."""
    return claims.select_related(
        "category", "organization__portfolio", "filed_by", "decided_by", "lease__holder"
    ).prefetch_related(
        Prefetch(
            "evidence",
            with_proofs(
                Evidence.objects.select_related("register_row__snapshot__register", "added_by", "checked_by")
            ).order_by("pk"),
        ),
        Prefetch("moves", ClaimMove.objects.select_related("by").order_by("pk")),
    )


def claim_sheet(actor: Actor, claim: Claim, domains: Iterable[str], at: datetime) -> ClaimSheet:
    """The claim as this actor sees it; no statement if it came from `with_everything`, but for certificates."""
    notes = sees_notes(actor, claim.organization)
    items = list(claim.evidence.all())
    services: dict[str, Any] = {}
    if any(item.kind == EvidenceKind.AUTHORITY_CERTIFICATE for item in items):
        services = dict(certified_services())
    owned = list(domains)
    sheets = [
        EvidenceSheet(
            item,
            {None: UNCHECKED, True: HOLDS, False: DOES_NOT_HOLD}[item.holds],
            evidence_text(item, services),
            compare(claim.organization, owned, item.register_row) if item.register_row else [],
            domain_shown(item, at),
            files_shown(item),
        )
        for item in items
    ]
    return ClaimSheet(
        claim=claim,
        sign=claim_sign(claim, at),
        evidence=sheets,
        missing=missing_evidence(claim.category, countable_evidence(claim)),
        history=claim_history(claim, notes),
        shows_notes=notes,
    )


def evidence_text(item: Evidence, services: dict[str, Any]) -> str:
    """What the item is, in a line."""
    row = item.register_row
    if row is not None:
        return gettext("%(name)s in %(register)s") % {"name": row.name, "register": row.snapshot.register.title}
    if item.kind == EvidenceKind.DOMAIN_CONTROL:
        return names.display_domain(item.domain)
    paper = ", ".join(part for part in (item.issuer, item.reference) if part)
    if item.kind == EvidenceKind.AUTHORITY_CERTIFICATE:
        return f"{paper}: {services.get(item.workload_code, item.workload_code)}"
    return paper


def claim_history(claim: Claim, notes: bool) -> list[Happening]:
    """What happened to the claim and its evidence, newest first."""
    told = [
        Happening(
            at=step.at,
            who=_who(step.by),
            what=STEPS[ClaimState(step.new_state)],
            reason=step.reason if notes else "",
            tone=STEP_TONES.get(ClaimState(step.new_state), ""),
        )
        for step in claim.moves.all()
        # Written and submitted in one act; the second says it all.
        if step.new_state != ClaimState.DRAFT
    ]
    for item in claim.evidence.all():
        if item.added_at != claim.filed_at:
            told.append(
                Happening(
                    item.added_at,
                    _who(item.added_by),
                    _("Evidence added: %(kind)s") % {"kind": item.get_kind_display()},
                )
            )
        if item.checked_at is not None:
            what = _("Evidence holds: %(kind)s") if item.holds else _("Evidence does not hold: %(kind)s")
            told.append(Happening(item.checked_at, _who(item.checked_by), what % {"kind": item.get_kind_display()}))
    # Stable: what happened at one moment stays in its order.
    return sorted(told, key=lambda one: one.at)[::-1]


def organization_history(organization: Organization, claims: Iterable[Claim], notes: bool) -> list[Happening]:
    """What happened to the organization and its claims, newest first."""
    told = [Happening(organization.registered_at, _who(organization.registered_by), _("Organization registered"))]
    for merged in getattr(organization, "merged_list", ()):
        registered, at = (datetime.fromisoformat(merged[name]) for name in ("registered_at", "at"))
        told.append(Happening(registered, "", _("%(name)s registered") % {"name": merged["name"]}))
        told.append(Happening(at, "", _("%(name)s merged into this organization") % {"name": merged["name"]}))
    for claim in claims:
        told += [
            Happening(one.at, one.who, f"{claim.category.code}: {one.what}", one.reason, tone=one.tone)
            for one in reversed(claim_history(claim, notes))
        ]
    return sorted(told, key=lambda one: one.at)[::-1]


def next_step(sheet: ClaimSheet, at: datetime) -> str:
    """Who has to do what next, in one sentence."""
    claim = sheet.claim
    state = ClaimState(claim.state)
    sentences = {
        ClaimState.SUBMITTED: _("A verifier takes it up."),
        ClaimState.INFORMATION_REQUESTED: _("The account manager answers."),
        ClaimState.PROVISIONAL: _("A verifier decides before it runs out."),
        ClaimState.REVALIDATION_DUE: _("A verifier checks the evidence again."),
        ClaimState.GRACE: _("A verifier checks the evidence again, or it lapses."),
        ClaimState.SUSPENDED: _("A verifier takes it up again or revokes it."),
    }
    if state == ClaimState.IN_VERIFICATION:
        if sheet.missing:
            missing = "; ".join(str(phrase) for phrase in sheet.missing)
            return gettext("A verifier checks the evidence. Missing: %(missing)s.") % {"missing": missing}
        return gettext("The evidence suffices; a verifier decides.")
    if state == ClaimState.VERIFIED and verification_at(claim, at) == "verified":
        return gettext("Nothing, until it runs out.")
    return str(sentences.get(state, _("The category can be claimed again.")))


def _newest(moves: Iterable[ClaimMove]) -> list[ClaimMove]:
    return sorted(moves, key=lambda one: -one.pk)


def _who(person: Any) -> str:
    return person.name if person is not None else "Vorrang"
