"""Make one organization of two that turned out to be the same."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from customers.access import may_update_organization, sees_organization
from customers.assurance.actions.review_renamed import review_renamed
from customers.claims import move, required_reason
from customers.liaison.models import LiaisonItem
from customers.merging import followers
from customers.models import (
    CLAIM_STANDING,
    CaseLease,
    Claim,
    ClaimState,
    Contact,
    Inheritance,
    Organization,
    OrganizationDomain,
)
from customers.organizations import as_they_are, is_above, journal_facts, take_registration_lock
from customers.particulars import check_particulars
from customers.registers.models import RegisterMatch
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor
from users.models import Portfolio

# Of two claims to one category the one that is further stands; in doubt the one that counts longer.
_STRENGTH = (
    ClaimState.VERIFIED,
    ClaimState.REVALIDATION_DUE,
    ClaimState.GRACE,
    ClaimState.PROVISIONAL,
    ClaimState.IN_VERIFICATION,
    ClaimState.INFORMATION_REQUESTED,
    ClaimState.SUBMITTED,
    ClaimState.DRAFT,
)
# How the other one ends: the steps of its life from where it is, each with what the journal calls it.
_ENDING = {
    ClaimState.VERIFIED: (ClaimState.REVALIDATION_DUE, "claim.renewal_due"),
    ClaimState.REVALIDATION_DUE: (ClaimState.GRACE, "claim.in_grace"),
    ClaimState.GRACE: (ClaimState.LAPSED, "claim.lapsed"),
    ClaimState.PROVISIONAL: (ClaimState.LAPSED, "claim.lapsed"),
    ClaimState.DRAFT: (ClaimState.SUBMITTED, "claim.submitted"),
    ClaimState.SUBMITTED: (ClaimState.IN_VERIFICATION, "claim.taken_up"),
    ClaimState.INFORMATION_REQUESTED: (ClaimState.IN_VERIFICATION, "claim.taken_up"),
    ClaimState.IN_VERIFICATION: (ClaimState.REJECTED, "claim.rejected"),
}


class CannotMerge(Conflict):
    """The two cannot become one as they stand."""

    code = "cannot_merge"


class AlreadyMerged(CannotMerge):
    """Somebody was quicker, or it is one and the same."""

    code = "already_merged"
    message = _("These are one organization already.")


class OneAboveTheOther(CannotMerge):
    """A circle of parents would come of it."""

    code = "one_above_the_other"
    message = _("One of them stands above the other.")
    remedy = _("Change its parent organization first.")


class SuspendedClaim(CannotMerge):
    """A doubt is not lost in a merge."""

    code = "suspended_claim"
    message = _("The claim of %(organization)s to %(category)s is suspended.")
    remedy = _("Ask a verifier to decide it first.")


class NeitherHasIt(Invalid):
    """A merge chooses among what is there; it makes up nothing."""

    code = "neither_has_it"
    message = _("Choose a value that one of the two has.")


def merge_organizations(
    *,
    actor: Actor,
    survivor: Organization,
    merged: Organization,
    survivor_version: int | None,
    merged_version: int | None,
    legal_name: str,
    country: str,
    offer_type: str,
    customer_since: date | None,
    portfolio: Portfolio,
    reason: str,
    at: datetime,
) -> Organization:
    """Merge `merged` into `survivor`, which takes these values, each from one of the two.

    Names, domains, ids, contacts, claims, children and whatever followers keep (requests) go over to the survivor; the
    other row stays and leads to it. Of two standing claims to a category the stronger stays, the other is ended. What
    the other had verified counts for the grace period and is verified anew: it was verified for another name.
    What the survivor had verified is looked at again where it takes the other's name.

    Raises `NotFound` and `NotInYourPortfolio` where the actor may not change both, `AlreadyMerged`, `OneAboveTheOther`,
    `SuspendedClaim`, `NeitherHasIt`, `ReasonMissing`, `StaleForm`, `CannotTakeParticulars`.
    """
    with transaction.atomic():
        # One after the other, as registrations; and in the order of keys.
        take_registration_lock()
        rows = {
            row.pk: row
            for row in Organization.objects.select_for_update(of=("self",))
            .select_related("portfolio", "parent")
            .filter(pk__in=[survivor.pk, merged.pk])
            .order_by("pk")
        }
        if len(rows) < 2 or any(row.merged_into_id for row in rows.values()):
            raise AlreadyMerged()
        survivor, merged = rows[survivor.pk], rows[merged.pk]
        for one in (survivor, merged):
            if not sees_organization(actor, one):
                raise NotFound()
            require(may_update_organization(actor, one))
        for one, version in ((survivor, survivor_version), (merged, merged_version)):
            if version is not None:
                require_version(one, version)
        reason = required_reason(reason)
        _require_from_both(
            survivor, merged, legal_name=legal_name, country=country, offer_type=offer_type,
            customer_since=customer_since, portfolio=portfolio, is_internal=survivor.is_internal,
        )  # fmt: skip
        if is_above(survivor, merged) or is_above(merged, survivor):
            raise OneAboveTheOther()
        _refuse_suspended(survivor, merged)

        was, other = as_they_are(survivor), as_they_are(merged)
        before, before_merged = journal_facts(survivor, was), journal_facts(merged, other)
        particulars = check_particulars(
            legal_name=legal_name,
            country=country,
            offer_type=offer_type,
            aliases=[*was.aliases, *other.aliases, was.legal_name, other.legal_name],
            domains=[*was.domains, *other.domains],
            external_ids=[*was.external_ids, *other.external_ids],
            customer_since=customer_since,
            today=at.date(),
        )
        if particulars.name_key != survivor.name_key:
            review_renamed(
                actor=actor, organization=survivor, former=was.legal_name, name=particulars.legal_name, at=at
            )
        merged.merged_into, merged.merged_at = survivor, at
        merged.row_version += 1
        merged.save(update_fields=["merged_into", "merged_at", "row_version"])
        _move_particulars(survivor, merged)
        moved_claims = _move_claims(actor, survivor, merged, reason, at)
        survivor.legal_name = particulars.legal_name
        survivor.aliases = list(particulars.aliases)
        survivor.sort_name, survivor.search_text = particulars.sort_name, particulars.search_text
        survivor.name_key, survivor.compared_at = particulars.name_key, None
        survivor.country, survivor.offer_type = particulars.country, particulars.offer_type
        survivor.customer_since, survivor.portfolio = particulars.customer_since, portfolio
        survivor.row_version += 1
        survivor.save()
        for follow in followers():
            follow(actor=actor, merged=merged, survivor=survivor, reason=reason, at=at)
        after = journal_facts(survivor, particulars)
        changed = [name for name in after if after[name] != before[name]]
        record(
            actor=actor,
            action="organization.merged",
            subject_type="organization",
            subject_id=merged.public_id,
            reason=reason,
            before=before_merged,
            after={"into": str(survivor.public_id)},
            at=at,
        )
        record(
            actor=actor,
            action="organization.took_over",
            subject_type="organization",
            subject_id=survivor.public_id,
            reason=reason,
            before={name: before[name] for name in changed},
            after={
                **{name: after[name] for name in changed},
                "merged": str(merged.public_id),
                "claims": [str(claim.public_id) for claim in moved_claims],
            },
            at=at,
        )
        return survivor


def _require_from_both(survivor: Organization, merged: Organization, **chosen: Any) -> None:
    wrong = {
        name: [NeitherHasIt.message]
        for name, value in chosen.items()
        if value not in (getattr(survivor, name), getattr(merged, name))
    }
    if wrong or survivor.is_internal != merged.is_internal:
        raise NeitherHasIt(wrong)


def _refuse_suspended(*organizations: Organization) -> None:
    suspended = Claim.objects.filter(organization__in=organizations, state=ClaimState.SUSPENDED)
    for claim in suspended.select_related("organization", "category")[:1]:
        raise SuspendedClaim(organization=claim.organization.legal_name, category=claim.category.code)


def _move_particulars(survivor: Organization, merged: Organization) -> None:
    theirs = {row.domain: row for row in merged.domains.all()}
    for row in survivor.domains.filter(domain__in=theirs):
        if row.controlled_at is None and theirs[row.domain].controlled_at:
            OrganizationDomain.objects.filter(pk=row.pk).update(controlled_at=theirs[row.domain].controlled_at)
        theirs.pop(row.domain).delete()
    OrganizationDomain.objects.filter(pk__in=[row.pk for row in theirs.values()]).update(organization=survivor)
    merged.external_ids.update(organization=survivor)
    Contact.objects.filter(organization=merged).update(organization=survivor)
    LiaisonItem.objects.filter(organization=merged).update(organization=survivor)
    RegisterMatch.objects.filter(organization=merged).delete()
    # A child has another parent now, and what it inherits is open again.
    Inheritance.objects.filter(organization=merged).delete()
    merged.children.update(parent=survivor, row_version=F("row_version") + 1)


def _move_claims(actor: Actor, survivor: Organization, merged: Organization, reason: str, at: datetime) -> list[Claim]:
    claims = list(
        Claim.objects.select_for_update(of=("self",))
        .select_related("category", "organization")
        .filter(organization__in=[survivor, merged])
        .order_by("pk")
    )
    for one, other in _rivals(claims, survivor):
        _end(min(one, other, key=_strength), actor, reason, at)
    moved = [claim for claim in claims if claim.organization_id == merged.pk]
    CaseLease.objects.filter(claim__in=moved).delete()
    for claim in moved:
        claim.organization = survivor
        claim.row_version += 1
        claim.save(update_fields=["organization", "row_version"])
        if claim.state == ClaimState.VERIFIED:
            end = min(claim.valid_until or at, at)
            move(
                claim, ClaimState.REVALIDATION_DUE,
                actor=actor, action="claim.renewal_due", at=at, reason=reason, valid_until=end,
            )  # fmt: skip
    return moved


def _rivals(claims: Iterable[Claim], survivor: Organization) -> list[tuple[Claim, Claim]]:
    standing = [claim for claim in claims if claim.state in CLAIM_STANDING]
    own = {claim.category_id: claim for claim in standing if claim.organization_id == survivor.pk}
    others = [claim for claim in standing if claim.organization_id != survivor.pk]
    return [(claim, own[claim.category_id]) for claim in others if claim.category_id in own]


def _strength(claim: Claim) -> tuple[int, float]:
    return -_STRENGTH.index(ClaimState(claim.state)), claim.valid_until.timestamp() if claim.valid_until else 0.0


def _end(claim: Claim, actor: Actor, reason: str, at: datetime) -> None:
    while claim.state in CLAIM_STANDING:
        state, action = _ENDING[ClaimState(claim.state)]
        move(claim, state, actor=actor, action=action, at=at, reason=reason)
