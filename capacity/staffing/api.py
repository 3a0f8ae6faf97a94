"""The board through the API: the same filters, moment and numbers as on the page."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.regions.models import Datacenter
from capacity.staffing.access import SEE_CREWS, may_see_status, visible_datacenters
from capacity.staffing.board import Board
from capacity.staffing.filters import BoardFilters
from capacity.staffing.models import CrewRole, Shift, StaffingStatus
from kit.refusal import require


class BoardDay(serializers.Serializer[Any]):
    """How the role and shift of a day that stood worst stood, in people."""

    date = serializers.DateField()
    status = serializers.ChoiceField(
        choices=StaffingStatus.choices, help_text="Null: the day is not over.", allow_null=True
    )
    present = serializers.IntegerField(allow_null=True, help_text="Null: nothing was reported, or you see no numbers.")
    minimum = serializers.IntegerField(allow_null=True)
    role = serializers.ChoiceField(choices=CrewRole.choices, allow_null=True)
    shift = serializers.ChoiceField(choices=Shift.choices, allow_null=True)


class AheadDay(serializers.Serializer[Any]):
    """What is expected of the role and shift of a coming day that is weakest, in people."""

    date = serializers.DateField()
    status = serializers.ChoiceField(choices=StaffingStatus.choices)
    rostered = serializers.IntegerField(allow_null=True, help_text="Null: nobody, or you see no numbers.")
    with_papers = serializers.IntegerField(allow_null=True, help_text="Those of them whose papers are valid that day.")
    minimum = serializers.IntegerField(allow_null=True)
    probability = serializers.FloatField(allow_null=True, help_text="That they reach the minimum, 0 to 1.")
    role = serializers.ChoiceField(choices=CrewRole.choices, allow_null=True)
    shift = serializers.ChoiceField(choices=Shift.choices, allow_null=True)


class LateData(serializers.Serializer[Any]):
    """The shift that nobody has reported, and since when its report was due."""

    date = serializers.DateField()
    shift = serializers.ChoiceField(choices=Shift.choices)
    due_at = serializers.DateTimeField()


class BoardRowData(serializers.Serializer[Any]):
    """A datacenter with its last two weeks, oldest day first, and what is expected of the days after today."""

    datacenter = serializers.CharField()
    region = serializers.CharField()
    status = serializers.ChoiceField(choices=StaffingStatus.choices)
    last_report_at = serializers.DateTimeField(allow_null=True)
    late = LateData(allow_null=True, help_text="Null: the shift that is on is reported, or not due yet.")
    days = BoardDay(many=True)
    ahead = AheadDay(many=True, help_text="Empty where no roster is kept, and for a moment in the past.")


class StaffingBoard(ListAPIView):
    """The staffing board."""

    serializer_class = BoardRowData
    filterset_class = BoardFilters
    # What `filter_queryset` filtered with.
    filterset: BoardFilters
    sorts = {"region": ("region__name", "code")}
    default_sort = "region"

    def get_queryset(self) -> QuerySet[Datacenter]:
        """The datacenters whose status the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Datacenter.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(may_see_status(actor))
        return visible_datacenters(actor).select_related("region")

    @extend_schema(
        operation_id="read_staffing_board",
        responses=BoardRowData(many=True),
        parameters=[
            OpenApiParameter(
                "as_of",
                str,
                description="A moment in the past, such as 2020-05-16 (its end) or 2020-05-16T18:00:00Z: reports that"
                " came later are left out.",
            ),
            OpenApiParameter("region", str, description="A region by its code."),
        ],
    )
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Read the board: how every datacenter stands and stood, now or as it was known at a moment."""
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        shown = Board(self.filterset, request.actor.regions_of(*SEE_CREWS))
        shown.read(found)
        rows = BoardRowData([_row(shown, one) for one in found], many=True)
        return self.get_paginated_response(rows.data)


def _row(shown: Board, datacenter: Datacenter) -> dict[str, Any]:
    heard, sees = shown.heard(datacenter.pk), shown.sees_numbers(datacenter)
    return {
        "datacenter": datacenter.code,
        "region": datacenter.region.code,
        "status": heard.status,
        "last_report_at": heard.last_report_at,
        "late": heard.late,
        "days": [
            {
                "date": day.date,
                "status": day.status or None,
                "present": day.present if sees else None,
                "minimum": day.minimum if sees else None,
                "role": day.role or None if sees else None,
                "shift": day.shift or None if sees else None,
            }
            for day in shown.days(datacenter)
        ],
        "ahead": [
            {
                "date": day.date,
                "status": day.status,
                "rostered": day.rostered if sees else None,
                "with_papers": day.with_papers if sees else None,
                "minimum": day.minimum if sees else None,
                "probability": day.probability if sees else None,
                "role": day.role or None if sees else None,
                "shift": day.shift or None if sees else None,
            }
            for day in shown.ahead(datacenter)
            if day is not None and day.status not in ("", StaffingStatus.NOT_TRACKED)
        ],
    }
