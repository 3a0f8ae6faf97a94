"""Say whether an item of evidence holds."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from customers.access import may_check_evidence
from customers.actions.add_evidence import evidence_facts
from customers.claims import journal_facts, locked, required_reason
from customers.evidence import is_shown
from customers.models import Claim, ClaimState, Evidence, EvidenceKind
from journal.record import record
from kit.refusal import Conflict, require
from users.access import Actor

# Where a verifier has the case; a submitted one is taken up first, so that everybody sees who has it.
CHECKABLE = (
    ClaimState.IN_VERIFICATION,
    ClaimState.PROVISIONAL,
    ClaimState.VERIFIED,
    ClaimState.REVALIDATION_DUE,
    ClaimState.GRACE,
)


class NotBeingVerified(Conflict):
    """Evidence is checked while the claim is being verified or counts."""

    code = "not_being_verified"
    message = _("Evidence is checked while a claim is in verification; this one is: %(state)s.")
    remedy = _("Take the claim up first.")


class NotShown(Conflict):
    """Control of a domain is shown by the domain itself, not by what a verifier thinks of it."""

    code = "domain_not_shown"
    message = _("Control of %(domain)s was not shown yet.")
    remedy = _("Check its DNS record, or mail a code to one of its mailboxes.")


class NothingToRead(Conflict):
    """A document is what is attached."""

    code = "nothing_to_read"
    message = _("No file is attached to this document, so there is nothing to read.")
    remedy = _("Attach the file, or ask the account manager for it.")


def check_evidence(
    *,
    actor: Actor,
    evidence: Evidence,
    holds: bool,
    reason: str = "",
    at: datetime,
    row_version: int | None = None,
) -> Evidence:
    """Record that a verifier looked at the item and whether it holds; repeatable when things change.

    What does not hold needs a reason. A domain shown to be theirs is marked so on the organization.
    `row_version` is the claim's. Raises `NotBeingVerified`, `NotShown`, `NothingToRead`, `ReasonMissing`,
    `StaleForm`.
    """
    with transaction.atomic():
        claim: Claim = locked(evidence.claim, row_version=row_version)
        evidence = Evidence.objects.select_related("register_row__snapshot__register").get(pk=evidence.pk)
        evidence.claim = claim
        require(may_check_evidence(actor, evidence))
        if claim.state not in CHECKABLE:
            raise NotBeingVerified(state=claim.get_state_display())
        if holds and evidence.kind == EvidenceKind.DOMAIN_CONTROL and not is_shown(claim, evidence.domain):
            raise NotShown(domain=evidence.domain)
        if holds and evidence.kind == EvidenceKind.DOCUMENT and not evidence.files.filter(erased_at=None).exists():
            raise NothingToRead()
        reason = reason.strip() if holds else required_reason(reason)
        before = evidence.holds
        evidence.holds = holds
        evidence.checked_by_id = actor.user_id
        evidence.checked_at = at
        evidence.row_version += 1
        evidence.save(update_fields=["holds", "checked_by", "checked_at", "row_version"])
        if evidence.kind == EvidenceKind.DOMAIN_CONTROL:
            claim.organization.domains.filter(domain=evidence.domain).update(controlled_at=at if holds else None)
        claim.row_version += 1
        claim.save(update_fields=["row_version"])
        record(
            actor=actor,
            action="evidence.checked",
            subject_type="claim",
            subject_id=claim.public_id,
            reason=reason,
            before={"holds": before},
            after={**journal_facts(claim), **evidence_facts(evidence), "holds": holds},
            at=at,
        )
        return evidence
