"""Who may see organizations and act on them and their claims."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.importing.kinds import kind_of
from customers.models import Claim, Evidence, ImportRun, Organization, PossibleDuplicate
from kit.refusal import NotAllowed, NotFound, Refusal
from users.access import Actor
from users.models import Portfolio
from users.roles import Role

# Whose work needs every customer; account managers see their own portfolios.
READERS = (Role.VERIFIER, Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.AUDITOR, Role.EXECUTIVE)
# Executives read figures and names, never what was written about a customer.
NOTE_READERS = (Role.VERIFIER, Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.AUDITOR)


class NotInYourPortfolio(NotAllowed):
    """Reading it is allowed to this role, changing it is not."""

    code = "not_in_your_portfolio"
    message = _("%(organization)s is not in a portfolio of yours.")
    remedy = _("Ask its account manager.")


class OwnClaim(NotAllowed):
    """Who filed a claim does not decide it."""

    code = "own_claim"
    message = _("You filed this claim, so another verifier must decide it.")
    remedy = _("It stays in the queue for the other verifiers.")


class OwnPortfolio(NotAllowed):
    """Who looks after an organization does not decide its claims."""

    code = "own_portfolio"
    message = _("%(organization)s is in your own portfolio, so another verifier must decide this claim.")
    remedy = _("It stays in the queue for the other verifiers.")


class BroughtEvidence(NotAllowed):
    """Who brought evidence for a claim does not decide it."""

    code = "brought_evidence"
    message = _("You added evidence to this claim, so another verifier must decide it.")
    remedy = _("It stays in the queue for the other verifiers.")


class OwnEvidence(NotAllowed):
    """Who added an item of evidence does not check it."""

    code = "own_evidence"
    message = _("You added this item of evidence, so another verifier must check it.")
    remedy = _("It stays in the queue for the other verifiers.")


def may_see_organizations(actor: Actor) -> Refusal | None:
    """Whether there is any organization to see for this role."""
    return None if actor.is_system else actor.needs(Role.ACCOUNT_MANAGER, *READERS)


def visible_organizations(actor: Actor) -> QuerySet[Organization]:
    """All of them for those whose work needs it, the own portfolios for account managers."""
    # One that was merged is found as the one it was merged into.
    there = Organization.objects.filter(merged_into=None)
    if actor.is_system or actor.holds(*READERS):
        return there
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        return there
    return there.filter(portfolio__in=portfolios) if portfolios else Organization.objects.none()


def sees_organization(actor: Actor, organization: Organization) -> bool:
    """The same for one that is at hand, without asking the database."""
    return sees_portfolio(actor, organization.portfolio_id)


def sees_portfolio(actor: Actor, portfolio_id: int) -> bool:
    """Whether one may see the organizations of a portfolio."""
    return actor.is_system or actor.holds(*READERS) or actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=portfolio_id)


def visible_claims(actor: Actor) -> QuerySet[Claim]:
    """The claims of the organizations one may see."""
    if actor.is_system or actor.holds(*READERS):
        return Claim.objects.all()
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        return Claim.objects.all()
    return Claim.objects.filter(organization__portfolio__in=portfolios) if portfolios else Claim.objects.none()


def visible_portfolios(actor: Actor) -> QuerySet[Portfolio]:
    """The portfolios whose organizations one may see; for choices and filters."""
    if actor.is_system or actor.holds(*READERS):
        return Portfolio.objects.all()
    return own_portfolios(actor)


def own_portfolios(actor: Actor) -> QuerySet[Portfolio]:
    """The portfolios one looks after as an account manager."""
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        return Portfolio.objects.all()
    return Portfolio.objects.filter(pk__in=portfolios)


def sees_notes(actor: Actor, organization: Organization) -> bool:
    """Whether one may read what people wrote: statements, notes, reasons."""
    return (
        actor.is_system
        or actor.holds(*NOTE_READERS)
        or actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=organization.portfolio_id)
    )


def may_register_organization(actor: Actor, portfolio: Portfolio) -> Refusal | None:
    """Account managers register into a portfolio of their own; imports by the system into any."""
    if actor.is_system:
        return None
    return actor.needs(Role.ACCOUNT_MANAGER) or actor.needs(Role.ACCOUNT_MANAGER, portfolio_id=portfolio.pk)


def may_decide_inheritance(actor: Actor, organization: Organization) -> Refusal | None:
    """A verifier who does not look after the organization: it takes as much distance as verifying a claim. The
    database holds the rule too."""
    if refusal := may_verify(actor):
        return refusal
    if actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=organization.portfolio_id):
        return OwnPortfolio(organization=organization.legal_name)
    return None


def visible_duplicates(actor: Actor) -> QuerySet[PossibleDuplicate]:
    """The open pairs of which one may see both."""
    visible = visible_organizations(actor).values("pk")
    return PossibleDuplicate.objects.filter(dismissed_at=None, one__in=visible, other__in=visible)


def may_update_organization(actor: Actor, organization: Organization) -> Refusal | None:
    """The account manager of its portfolio; to others it may not even exist."""
    return _as_account_manager(actor, organization)


def may_propose_claim(actor: Actor, organization: Organization) -> Refusal | None:
    """The account manager of its portfolio proposes; verifiers never do, or they would judge their own word."""
    return _as_account_manager(actor, organization)


def may_add_evidence(actor: Actor, claim: Claim) -> Refusal | None:
    """The account manager, or a verifier who found something; whoever it is does not check it."""
    if actor.holds(Role.VERIFIER):
        return None
    return _as_account_manager(actor, claim.organization)


def may_answer_information(actor: Actor, claim: Claim) -> Refusal | None:
    """The account manager of its portfolio answers."""
    return _as_account_manager(actor, claim.organization)


def may_verify(actor: Actor) -> Refusal | None:
    """Whether verifying is the actor's work at all."""
    return actor.needs(Role.VERIFIER)


def may_see_verification(actor: Actor) -> Refusal | None:
    """The queue is for verifiers, and for the auditor to read."""
    return actor.needs(Role.VERIFIER, Role.AUDITOR)


def may_decide_claim(actor: Actor, claim: Claim) -> Refusal | None:
    """A verifier who neither filed it, nor brought evidence for it, nor looks after the organization.

    The database holds these rules too (`customers.distance`). No query where the evidence was fetched with the claim.
    """
    if refusal := _is_near(actor, claim):
        return refusal
    if any(item.added_by_id == actor.user_id for item in claim.evidence.all()):
        return BroughtEvidence()
    return None


def may_check_evidence(actor: Actor, evidence: Evidence) -> Refusal | None:
    """A verifier at a distance from claim and organization, who did not add the item themselves.

    Who brought another item may check this one: what they may not do is decide.
    """
    if refusal := _is_near(actor, evidence.claim):
        return refusal
    if actor.user_id == evidence.added_by_id or actor.user_id in _uploaders(evidence):
        return OwnEvidence()
    return None


def _uploaders(evidence: Any) -> set[int | None]:
    """Who attached its files: from the row where it was fetched by `with_proofs`, else one query."""
    if hasattr(evidence, "file_rows"):
        return {row["by"] for row in evidence.file_rows}
    return set(evidence.files.values_list("uploaded_by_id", flat=True))


def _is_near(actor: Actor, claim: Claim) -> Refusal | None:
    if refusal := may_verify(actor):
        return refusal
    if actor.user_id == claim.filed_by_id:
        return OwnClaim()
    if actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=claim.organization.portfolio_id):
        return OwnPortfolio(organization=claim.organization.legal_name)
    return None


def undecidable_by(actor: Actor) -> Q:
    """The claims that `may_decide_claim` refuses to this verifier for want of distance."""
    brought = Evidence.objects.filter(claim=OuterRef("pk"), added_by=actor.user_id)
    involved = Q(filed_by=actor.user_id) | Q(Exists(brought))
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        return Q(pk__isnull=False)
    return involved | Q(organization__portfolio__in=portfolios) if portfolios else involved


def _as_account_manager(actor: Actor, organization: Organization) -> Refusal | None:
    if actor.is_system:
        return None
    if refusal := actor.needs(Role.ACCOUNT_MANAGER):
        return refusal
    if actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=organization.portfolio_id):
        return None
    if actor.holds(*READERS):
        return NotInYourPortfolio(organization=organization.legal_name)
    return NotFound()


def may_import(actor: Actor, kind: str) -> Refusal | None:
    """Account managers take in customers, verifiers public registers, and what else there is has its own role."""
    if actor.is_system:
        return None
    if provided := kind_of(kind):
        return actor.needs(provided.role)
    return actor.needs(Role.ACCOUNT_MANAGER if kind == "organizations" else Role.VERIFIER)


def visible_imports(actor: Actor) -> QuerySet[ImportRun]:
    """One's own runs; auditors see all."""
    if actor.is_system or actor.holds(Role.AUDITOR):
        return ImportRun.objects.all()
    return ImportRun.objects.filter(started_by_id=actor.user_id) if actor.is_somebody else ImportRun.objects.none()
