"""What others ask about customers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet

from customers import names
from customers.access import own_portfolios, undecidable_by
from customers.claims import GRACE
from customers.lapses import lapses_among
from customers.models import (
    CLAIM_COUNTS_AS_VERIFIED,
    CLAIM_STANDING,
    Claim,
    ClaimState,
    Evidence,
    EvidenceKind,
    Inheritance,
    Organization,
)
from users.access import Actor
from users.roles import Role

VERIFIED = "verified"
PROVISIONAL = "provisional"
NONE = "none"

# The verifiers' work in hand, and everything that may come back to them.
WAITS_FOR_VERIFIER = [ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION]
CASES = [
    *WAITS_FOR_VERIFIER,
    ClaimState.INFORMATION_REQUESTED,
    ClaimState.PROVISIONAL,
    ClaimState.REVALIDATION_DUE,
    ClaimState.GRACE,
    ClaimState.SUSPENDED,
]


@dataclass(frozen=True)
class ClaimInForce:
    """What a claim is worth at a moment.

    `verification` is "verified", "provisional" or "none"; `certified_workloads` are the codes of the
    workload classes that checked certificates name. `in_grace` marks a verification that ran out at
    `valid_until` and still counts for a while. `inherited_from` is the public id of the parent that holds the claim.
    """

    category: str
    verification: str
    certified_workloads: frozenset[str]
    valid_until: datetime | None
    in_grace: bool = False
    inherited_from: UUID | None = None


def verification_at(claim: Claim, at: datetime) -> str:
    """Whether the claim counts at a moment, read from its end and never from a switch."""
    if claim.valid_until is None:
        return NONE
    if claim.state in CLAIM_COUNTS_AS_VERIFIED and at < claim.valid_until + GRACE:
        return VERIFIED
    if claim.state == ClaimState.PROVISIONAL and at < claim.valid_until:
        return PROVISIONAL
    return NONE


def claims_in_force(organization: Organization, at: datetime) -> tuple[ClaimInForce, ...]:
    """What the organization's standing claims are worth at a moment, by category; two queries.

    `at` is now or later: the states are those of now.
    """
    return claims_in_force_of([organization.pk], at).get(organization.pk, ())


def claims_in_force_of(organization_ids: Iterable[int], at: datetime) -> dict[int, tuple[ClaimInForce, ...]]:
    """The same for many organizations, by their keys; two queries. Those without claims are left out."""
    return claims_and_lapses_of(organization_ids, at)[0]


def claims_and_lapses_of(
    organization_ids: Iterable[int], at: datetime
) -> tuple[dict[int, tuple[ClaimInForce, ...]], dict[int, frozenset[str]]]:
    """What the claims of many organizations are worth, and in which categories they lapsed; two queries.

    What the direct parent holds counts for those where a verifier accepted it for this very parent, unless a claim of
    their own to the category counts. What the parent inherits is not inherited on.
    """
    asked = set(organization_ids)
    heirs = Inheritance.objects.filter(organization__in=asked, is_accepted=True, organization__parent=F("parent"))
    of_own, of_parent = Q(organization__in=asked), Q(organization__in=heirs.values("parent"))
    known = list(
        Claim.objects.filter(of_own | of_parent)
        .exclude(state=ClaimState.DRAFT)
        .select_related("category", "organization")
        .annotate(heirs=ArraySubquery(heirs.filter(parent=OuterRef("organization")).values("organization_id")))
        .order_by("organization_id", "category__position", "pk")
    )
    claims = [claim for claim in known if claim.state in CLAIM_STANDING]
    certificates: dict[int, set[str]] = {}
    held = Evidence.objects.filter(
        claim__in=[claim.pk for claim in claims], kind=EvidenceKind.AUTHORITY_CERTIFICATE, holds=True
    )
    for claim_id, workload in held.values_list("claim_id", "workload_code"):
        certificates.setdefault(claim_id, set()).add(workload)
    found: dict[int, list[ClaimInForce]] = {}
    own = {(claim.organization_id, claim.category_id) for claim in claims if verification_at(claim, at) != NONE}
    for claim in claims:
        verification = verification_at(claim, at)
        in_force = ClaimInForce(
            category=claim.category.code,
            verification=verification,
            certified_workloads=frozenset(certificates.get(claim.pk, ())),
            valid_until=claim.valid_until,
            in_grace=verification == VERIFIED and claim.valid_until is not None and claim.valid_until <= at,
        )
        if claim.organization_id in asked:
            found.setdefault(claim.organization_id, []).append(in_force)
        for heir in claim.heirs:
            if verification != NONE and (heir, claim.category_id) not in own:
                passed_on = replace(in_force, inherited_from=claim.organization.public_id)
                found.setdefault(heir, []).append(passed_on)
    lapsed = {key: value for key, value in lapses_among(known, at).items() if key in asked}
    return {organization_id: tuple(values) for organization_id, values in found.items()}, lapsed


def named(query: str, field: str = "search_text") -> Q:
    """The condition that a register's entry is found by the words of a query, umlauts or not."""
    condition = Q()
    for spellings in names.query_words(query):
        word = Q()
        for spelling in spellings:
            word |= Q(**{f"{field}__contains": f" {spelling}"})
        condition &= word
    return condition


def organizations_named(query: str, field: str = "search_text") -> Q:
    """The same for organizations, whose words have an index of their own; `field` leads to their `search_text`."""
    words = names.tsquery(query)
    return Q(**{f"{field}__found": words}) if words else Q()


def search_organizations(organizations: QuerySet[Organization], query: str) -> QuerySet[Organization]:
    """Those of the organizations that the words of the query find; all where it has no words."""
    return organizations.filter(organizations_named(query))


def find_by_name_or_id(organizations: QuerySet[Organization], text: str) -> list[Organization]:
    """The organization with this public id, or at most two with this legal name; case and umlauts do not matter."""
    try:
        public_id = UUID(text.strip())
    except ValueError:
        return list(organizations.filter(sort_name=names.sort_key(text)).order_by("pk")[:2])
    return list(organizations.filter(public_id=public_id))


# --- what waits, and what runs out -----------------------------------------------------------------


def waiting_for_verifier(actor: Actor) -> QuerySet[Claim]:
    """The claims that wait for a verifier and that this one may decide."""
    if not actor.holds(Role.VERIFIER):
        return Claim.objects.none()
    return Claim.objects.filter(state__in=WAITS_FOR_VERIFIER).exclude(undecidable_by(actor))


def waiting_for_account_manager(actor: Actor) -> QuerySet[Claim]:
    """The questions on claims that wait for an answer from this account manager."""
    return Claim.objects.filter(
        state=ClaimState.INFORMATION_REQUESTED, organization__portfolio__in=own_portfolios(actor)
    )


def running_out(actor: Actor, at: datetime, within: timedelta = timedelta(days=30)) -> QuerySet[Claim]:
    """Claims of the own portfolios that count now and whose end is near, or passed within the grace period."""
    return Claim.objects.filter(
        organization__portfolio__in=own_portfolios(actor),
        state__in=[*CLAIM_COUNTS_AS_VERIFIED, ClaimState.PROVISIONAL],
        valid_until__lte=at + within,
        valid_until__gt=at - GRACE,
    )
