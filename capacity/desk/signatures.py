"""What of requests, regions, levers, campaigns and response plans waits for a second signature."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import CharField, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from capacity.levers.campaign_models import CampaignState, OfferCampaign
from capacity.levers.models import Feature, Lever, LeverKind
from capacity.regions.models import ConditionDeclaration, DeclarationState
from capacity.requests.models import CapacityRequest, Decision, RequestState, Stage
from capacity.response.access import complete_drafts
from journal.models import Entry
from users.second_signatures import Waiting


def unsigned(at: datetime) -> Iterator[Waiting]:
    """Grants held on a first signature, proposed conditions, steps of levers, planned campaigns and drafted plans."""
    yield from _grants()
    yield from _conditions()
    yield from _steps_of_levers()
    yield from _campaigns(at)
    yield from _response_plans()


def _grants() -> Iterator[Waiting]:
    first = Decision.objects.filter(request=OuterRef("pk"), stage=Stage.FIRST_SIGNATURE).order_by("-pk")
    held = CapacityRequest.objects.filter(state=RequestState.AWAITING_SECOND_SIGNATURE).annotate(
        asked_at=Subquery(first.values("at")[:1]),
        signed_by=Subquery(first.values("by")[:1]),
        granted_in=Subquery(first.values("region__code")[:1]),
    )
    for request in held.exclude(asked_at=None).select_related("organization").order_by("pk"):
        yield Waiting(
            "request",
            request.public_id,
            _("Grant for"),
            f"{request.label} · {request.organization.legal_name}",
            request.asked_at,
            (request.signed_by, request.filed_by_id),
            request.granted_in or "",
        )


def _conditions() -> Iterator[Waiting]:
    proposed = ConditionDeclaration.objects.filter(state=DeclarationState.PROPOSED)
    for declaration in proposed.select_related("region").order_by("pk"):
        yield Waiting(
            "region",
            declaration.region.public_id,
            _("Condition of"),
            f"{declaration.region.name}: {declaration.get_condition_display()}",
            declaration.proposed_at,
            (declaration.proposed_by_id,),
            declaration.region.code,
        )


def _steps_of_levers() -> Iterator[Waiting]:
    for lever in Lever.objects.exclude(pending_at=None).select_related("region").order_by("pk"):
        assert lever.pending_at is not None  # as filtered
        what = Feature(lever.feature).label if lever.feature else LeverKind(lever.kind).label
        where = lever.region.name if lever.region else _("All regions")
        yield Waiting(
            "lever",
            lever.public_id,
            _("Step of the lever"),
            format_lazy("{} · {}", what, where),
            lever.pending_at,
            (lever.pending_by_id,),
            lever.region.code if lever.region else "",
        )


def _campaigns(at: datetime) -> Iterator[Waiting]:
    # Nobody need put live what is over.
    planned = OfferCampaign.objects.filter(state=CampaignState.PLANNED, ends_date__gt=at.date())
    for campaign in planned.order_by("pk"):
        yield Waiting(
            "campaign",
            campaign.public_id,
            _("Offer campaign"),
            lazy(getattr, str)(campaign, "name"),  # in the language of whoever reads it
            campaign.planned_at,
            (campaign.planned_by_id,),
        )


def _response_plans() -> Iterator[Waiting]:
    # It can be activated from its first phase on, and only the journal knows since when.
    added = Entry.objects.filter(
        subject_type="response_plan", subject_id=Cast(OuterRef("public_id"), CharField()), action="plan.phase_added"
    )
    began = Coalesce(Subquery(added.order_by("pk").values("at")[:1]), "drafted_at")
    for plan in complete_drafts().annotate(asked_at=began).order_by("pk"):
        yield Waiting(
            "response_plan", plan.public_id, _("Response plan"), plan.title, plan.asked_at, (plan.drafted_by_id,)
        )
