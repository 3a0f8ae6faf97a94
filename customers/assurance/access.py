"""Who complains about a verification, who looks at it again."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.access import NOTE_READERS, may_verify, visible_claims
from customers.assurance.models import ClaimReview
from customers.models import CLAIM_COUNTS_AS_VERIFIED, Claim, ClaimMove, ClaimState, Evidence
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.roles import Role


class Involved(NotAllowed):
    """Who had a part in a verification does not review it."""

    code = "involved"
    message = _("You had a part in this verification, so another verifier must look at it again.")
    remedy = _("It stays in the list for the other verifiers.")


def may_see_reviews(actor: Actor) -> Refusal | None:
    """Verifiers work on them, the auditor reads them."""
    return actor.needs(Role.VERIFIER, Role.AUDITOR)


def may_complain(actor: Actor, claim: Claim) -> Refusal | None:
    """Everybody who may read what was written about the customer."""
    if actor.holds(*NOTE_READERS):
        return None
    return actor.needs(Role.ACCOUNT_MANAGER, portfolio_id=claim.organization.portfolio_id)


def may_resolve_review(actor: Actor, review: ClaimReview) -> Refusal | None:
    """A verifier without any part in the claim; the database holds this too."""
    if refusal := may_verify(actor):
        return refusal
    return Involved() if uninvolved_in(actor).filter(pk=review.pk).first() is None else None


def counts(claim: Claim) -> bool:
    """Whether the claim is in a state that can be doubted."""
    return claim.state in [*CLAIM_COUNTS_AS_VERIFIED, ClaimState.PROVISIONAL]


def visible_reviews(actor: Actor) -> QuerySet[ClaimReview]:
    """The reviews of the claims one may see."""
    return ClaimReview.objects.filter(claim__in=visible_claims(actor))


def uninvolved_in(actor: Actor) -> QuerySet[ClaimReview]:
    """The reviews that the actor may resolve, if verifying is their work."""
    brought = Evidence.objects.filter(
        Q(added_by=actor.user_id) | Q(checked_by=actor.user_id), claim=OuterRef("claim_id")
    )
    moved = ClaimMove.objects.filter(claim=OuterRef("claim_id"), by=actor.user_id, at__lt=OuterRef("opened_at"))
    part = (
        Q(opened_by__isnull=False, opened_by=actor.user_id)
        | Q(claim__filed_by__isnull=False, claim__filed_by=actor.user_id)
        | Q(claim__decided_by__isnull=False, claim__decided_by=actor.user_id)
        | Exists(brought)
        | Exists(moved)
    )
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        part |= Q(pk=F("pk"))
    elif portfolios:
        part |= Q(claim__organization__portfolio__in=portfolios)
    return visible_reviews(actor).exclude(part)
