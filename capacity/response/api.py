"""Response plans through the API, to read: whoever shows them elsewhere shows what the pages show."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.response.access import may_read_plans, visible_plans
from capacity.response.lists import PLANS, PlanFilters
from capacity.response.models import PlanItem, PlanPhase, PlanState, ResponsePlan
from kit.refusal import require


class PlanItemData(serializers.Serializer[PlanItem]):
    """A task of a phase."""

    id = serializers.UUIDField(source="public_id")
    text = serializers.CharField()
    owner = serializers.CharField(source="owner.name")
    due_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)


class PlanPhaseData(serializers.Serializer[PlanPhase]):
    """A phase; the current one has begun and not ended."""

    position = serializers.IntegerField()
    title = serializers.CharField()
    goals = serializers.CharField()
    owner = serializers.CharField(source="owner.name")
    began_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    items = PlanItemData(many=True, source="items.all")


class ResponsePlanData(serializers.Serializer[ResponsePlan]):
    """An incident and what is done about it."""

    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField()
    situation = serializers.CharField()
    state = serializers.ChoiceField(choices=PlanState.choices)
    activated_at = serializers.DateTimeField(allow_null=True)
    stood_down_at = serializers.DateTimeField(allow_null=True)
    stand_down_reason = serializers.CharField()
    review = serializers.CharField()
    phases = PlanPhaseData(many=True, source="phases.all")


class ResponsePlans(ListAPIView[ResponsePlan]):
    """The response plans."""

    serializer_class = ResponsePlanData
    filterset_class = PlanFilters
    sorts = PLANS.sorts
    default_sort = PLANS.sort

    def get_queryset(self) -> QuerySet[ResponsePlan]:
        """The plans that the caller may read, with phases and tasks in order."""
        if getattr(self, "swagger_fake_view", False):
            return ResponsePlan.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(may_read_plans(actor))
        items = PlanItem.objects.select_related("owner").order_by("pk")
        phases = PlanPhase.objects.select_related("owner").order_by("position")
        return visible_plans(actor).prefetch_related(
            Prefetch("phases", queryset=phases.prefetch_related(Prefetch("items", queryset=items)))
        )

    @extend_schema(operation_id="list_response_plans", responses=ResponsePlanData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List response plans with their phases and tasks; drafts only for those who write or sign them."""
        return super().get(request, *args, **kwargs)
