"""What the pages of the review ask: the queue in its published order, and what comes next in it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from capacity.intake.circumstances import with_asked
from capacity.intake.position import BY_COMPLETENESS, BY_TIER, WAITING_STATES
from capacity.regions.models import Region
from capacity.requests.access import visible_requests
from capacity.requests.models import OPEN_STATES, CapacityRequest, Decision, RequestRegion, RequestState, Stage
from customers.access import own_portfolios
from kit.refusal import Refusal
from users.access import Actor
from users.roles import Role

QUEUE_ROLES = (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)


def may_see_queue(actor: Actor) -> Refusal | None:
    """The queue is for who decides, and for the auditor to read."""
    return actor.needs(*QUEUE_ROLES, Role.AUDITOR)


def regions_in_reach(actor: Actor, regions: Iterable[Region]) -> list[Region]:
    """Those of the regions whose queue the actor works on, or reads."""
    reach = None if actor.holds(Role.AUDITOR) else actor.regions_of(*QUEUE_ROLES)
    return [region for region in regions if reach is None or region.code in reach]


def queue_rows(requests: QuerySet[CapacityRequest]) -> QuerySet[Any]:
    """The requests with everything a row of the queue shows; no further question per row."""
    return with_asked(requests).select_related(
        "organization", "claimed_workload", "confirmed_workload", "lease__holder"
    )


def review_queue(actor: Actor, regions: Iterable[Region] | None = None) -> QuerySet[CapacityRequest]:
    """The complete, undecided requests that the actor may see, in these regions where they are named."""
    requests = visible_requests(actor).filter(state__in=OPEN_STATES)
    if regions is not None:
        asked = RequestRegion.objects.filter(request=OuterRef("pk"), region__in=[region.pk for region in regions])
        requests = requests.filter(Exists(asked))
    return requests


def published_order(regions: Iterable[Region]) -> tuple[str, ...]:
    """By tier as soon as one of the regions is scarce, otherwise by completeness."""
    return BY_TIER if any(region.is_scarce for region in regions) else BY_COMPLETENESS


def to_decide(actor: Actor, order: tuple[str, ...]) -> QuerySet[CapacityRequest]:
    """What waits for a reviewer's decision, in order; what waits for a second signature is left out."""
    waiting = review_queue(actor).exclude(state=RequestState.AWAITING_SECOND_SIGNATURE)
    return waiting.exclude(filed_by=actor.user_id).order_by(*order)


def waiting_for_reviewer(actor: Actor) -> QuerySet[CapacityRequest]:
    """What this person may decide or sign: the badge of the queue."""
    mine = CapacityRequest.objects.none()
    if actor.holds(Role.CAPACITY_REVIEWER):
        mine = _within(WAITING_STATES, actor.regions_of(Role.CAPACITY_REVIEWER)).exclude(filed_by=actor.user_id)
    if actor.holds(Role.DUTY_MANAGER):
        unsigned = _within([RequestState.AWAITING_SECOND_SIGNATURE], actor.regions_of(Role.DUTY_MANAGER))
        signed = Decision.objects.filter(request=OuterRef("pk"), stage=Stage.FIRST_SIGNATURE, by=actor.user_id)
        mine = mine | unsigned.exclude(filed_by=actor.user_id).exclude(Exists(signed))
    return mine


def waiting_for_answer(actor: Actor) -> QuerySet[CapacityRequest]:
    """The questions on requests that wait for an answer from this account manager: the badge of the requests."""
    return CapacityRequest.objects.filter(
        state=RequestState.INFORMATION_REQUESTED, organization__portfolio__in=own_portfolios(actor)
    )


def _within(states: Iterable[str], regions: frozenset[str] | None) -> QuerySet[CapacityRequest]:
    requests = CapacityRequest.objects.filter(state__in=list(states))
    if regions is None:
        return requests
    asked = RequestRegion.objects.filter(request=OuterRef("pk"), region__code__in=regions)
    return requests.filter(Exists(asked))
