"""Let the requests of a merged organization go over to the one it was merged into."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from capacity.requests.actions.rerank_requests import rerank_requests
from capacity.requests.models import PENDING_STATES, CapacityRequest
from customers.models import Organization
from journal.record import new_entry, record_many
from users.access import Actor


def follow_merge(*, actor: Actor, merged: Organization, survivor: Organization, reason: str, at: datetime) -> None:
    """Move all of them, decided ones as well, so that grants and history stand where the customer is; those that wait
    are ranked again by what the survivor holds."""
    with transaction.atomic():
        requests = list(
            CapacityRequest.objects.select_for_update(of=("self",)).filter(organization=merged).order_by("pk")
        )
        if not requests:
            return
        CapacityRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
            organization=survivor, row_version=F("row_version") + 1
        )
        record_many(
            new_entry(
                actor=actor,
                action="request.moved",
                subject_type="request",
                subject_id=request.public_id,
                reason=reason,
                before={"organization": str(merged.public_id)},
                after={"organization": str(survivor.public_id)},
                at=at,
            )
            for request in requests
        )
        rerank_requests([request.pk for request in requests if request.state in PENDING_STATES], actor=actor, at=at)
