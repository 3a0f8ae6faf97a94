"""Who may see requests and act on them.

Account managers see the requests of their portfolios; who works on capacity those that ask for a region of
theirs, or were granted something there; auditors and executives all of them, executives without notes.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.requests.models import CapacityRequest, Decision, RequestRegion, RequestState
from customers.models import Organization
from kit.refusal import NotAllowed, NotFound, Refusal
from users.access import Actor
from users.roles import Role

CAPACITY_ROLES = (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.REGION_OPERATOR)
READERS_OF_ALL = (Role.AUDITOR, Role.EXECUTIVE)
READERS = (Role.ACCOUNT_MANAGER, *CAPACITY_ROLES, *READERS_OF_ALL)


class OwnRequest(NotAllowed):
    """Separation of duties: who filed does not decide."""

    code = "own_request"
    message = _("You filed %(request)s yourself; another person decides on it.")
    remedy = _("It stays in the queue for the other reviewers.")


class OwnSignature(NotAllowed):
    """The second signature is another person's."""

    code = "own_signature"
    message = _("You signed this grant first; the second signature is another person's.")
    remedy = _("It waits for the duty manager and then for the deputy.")


class OutOfReach(NotAllowed):
    """None of the request's regions is in the reach of the actor's role."""

    code = "out_of_reach"
    message = _("None of the regions of %(request)s is in your reach.")
    remedy = _("Leave it to a reviewer of one of its regions.")


def may_see_requests(actor: Actor) -> Refusal | None:
    """Whether there is any request to see for this role."""
    return None if actor.is_system else actor.needs(*READERS)


def visible_requests(actor: Actor) -> QuerySet[CapacityRequest]:
    """The requests that the actor may see. Drafts are seen only by those who look after the customer."""
    if actor.is_system:
        return CapacityRequest.objects.all()
    reach = Q()
    filed = ~Q(state=RequestState.DRAFT)
    if actor.holds(*READERS_OF_ALL):
        reach |= filed
    else:
        regions = actor.regions_of(*CAPACITY_ROLES)
        if regions is None:
            reach |= filed
        elif regions:
            asked = RequestRegion.objects.filter(request=OuterRef("pk"), region__code__in=regions)
            decided = Decision.objects.filter(request=OuterRef("pk"), region__code__in=regions)
            reach |= filed & (Exists(asked) | Exists(decided))
    portfolios = actor.portfolios_of(Role.ACCOUNT_MANAGER)
    if portfolios is None:
        return CapacityRequest.objects.all()
    if portfolios:
        reach |= Q(organization__portfolio__in=portfolios)
    return CapacityRequest.objects.filter(reach) if reach else CapacityRequest.objects.none()


def sees_notes(actor: Actor, request: CapacityRequest) -> bool:
    """Whether one may read what people wrote: justification, reasons, answers. Executives may not."""
    return (
        actor.is_system
        or actor.holds(*CAPACITY_ROLES, Role.AUDITOR)
        or actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=request.organization.portfolio_id)
    )


def may_file_request(actor: Actor, organization: Organization) -> Refusal | None:
    """The account manager of the organization's portfolio; to other account managers it does not exist."""
    if actor.is_system:
        return None
    if refusal := actor.needs(Role.ACCOUNT_MANAGER):
        return refusal
    return None if actor.holds(Role.ACCOUNT_MANAGER, portfolio_id=organization.portfolio_id) else NotFound()


def may_speak_for(actor: Actor, request: CapacityRequest) -> Refusal | None:
    """Complete, withdraw and answer: the account manager of the organization's portfolio."""
    return may_file_request(actor, request.organization)


def may_review(actor: Actor, request: CapacityRequest, regions: Iterable[str] | None = None) -> Refusal | None:
    """A capacity reviewer with one of the request's regions in reach, who did not file it.

    `regions` are the codes of its acceptable regions where they are known already.
    """
    if refusal := actor.needs(Role.CAPACITY_REVIEWER):
        return refusal
    if actor.user_id == request.filed_by_id:
        return OwnRequest(request=request.label)
    reach = actor.regions_of(Role.CAPACITY_REVIEWER)
    if reach is not None:
        accepted = request.acceptable.values_list("region__code", flat=True) if regions is None else regions
        if reach.isdisjoint(accepted):
            return OutOfReach(request=request.label)
    return None


def may_grant_in(actor: Actor, request: CapacityRequest, region_code: str) -> Refusal | None:
    """A capacity reviewer of the region itself, who did not file the request."""
    if refusal := actor.needs(Role.CAPACITY_REVIEWER, region=region_code):
        return refusal
    return OwnRequest(request=request.label) if actor.user_id == request.filed_by_id else None


def may_sign_grant(actor: Actor, request: CapacityRequest, decision: Decision, *, at: datetime) -> Refusal | None:
    """A duty manager of the region other than who signed first and who filed, with a fresh sign-in step."""
    code = decision.region.code if decision.region else None
    if refusal := actor.needs(Role.DUTY_MANAGER, region=code):
        return refusal
    if actor.user_id == decision.by_id:
        return OwnSignature()
    if actor.user_id == request.filed_by_id:
        return OwnRequest(request=request.label)
    return actor.needs_fresh_sign_in(at)


def may_undo(actor: Actor, decision: Decision) -> Refusal | None:
    """Who decided takes it back; others decide anew."""
    return None if actor.user_id is not None and actor.user_id == decision.by_id else NotAllowed()


def may_fulfil(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """The operators of the region (of any, where none is named), who also take back what is no longer used."""
    return actor.needs(Role.REGION_OPERATOR, region=region_code)
