"""What of grants and region conditions waits for a second signature."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import ConditionDeclaration, DeclarationState
from capacity.requests.models import CapacityRequest, Decision, RequestState, Stage
from users.second_signatures import Waiting


def unsigned(at: datetime) -> Iterator[Waiting]:
    """Grants that are held on a first signature, and proposed conditions of regions."""
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
