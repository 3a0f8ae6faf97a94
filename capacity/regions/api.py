"""What the thresholds proposed, through the API: the same rows as the page has."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.regions.access import SEE_GROUNDS
from capacity.regions.lists import PROPOSALS, ProposalFilters
from capacity.regions.models import Condition
from capacity.regions.queries import visible_proposals
from capacity.regions.threshold_models import ProposalState, ThresholdProposal
from capacity.regions.threshold_wording import reason_texts
from kit.refusal import require


class ThresholdProposalData(serializers.Serializer[ThresholdProposal]):
    """A condition that the thresholds proposed for a region, and what became of it."""

    id = serializers.UUIDField(source="public_id")
    region = serializers.CharField(source="region.code")
    current = serializers.ChoiceField(choices=Condition.choices, help_text="In force when it was raised.")
    condition = serializers.ChoiceField(choices=Condition.choices, help_text="What is proposed.")
    reasons = serializers.SerializerMethodField(help_text="Sentences with readings and bounds.")
    readings_since = serializers.DateTimeField(source="since")
    raised_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ProposalState.choices)
    closed_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(help_text="Why it was dismissed.")

    def get_reasons(self, proposal: ThresholdProposal) -> list[str]:
        return reason_texts(proposal)


class ThresholdProposals(ListAPIView[ThresholdProposal]):
    """The proposals of the thresholds."""

    serializer_class = ThresholdProposalData
    filterset_class = ProposalFilters
    sorts = PROPOSALS.sorts
    default_sort = PROPOSALS.sort

    def get_queryset(self) -> QuerySet[ThresholdProposal]:
        """Those of the regions whose grounds the caller reads."""
        if getattr(self, "swagger_fake_view", False):
            return ThresholdProposal.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(actor.needs(*SEE_GROUNDS))
        return visible_proposals(actor)

    @extend_schema(operation_id="list_threshold_proposals", responses=ThresholdProposalData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List what the thresholds proposed for regions, with readings, and what people answered."""
        return super().get(request, *args, **kwargs)
