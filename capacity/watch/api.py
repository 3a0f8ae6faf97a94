"""Regions, datacenters and shift reports through the API: the same actions and access rules as the pages."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.pools import ledger
from capacity.pools.models import Level, Pool
from capacity.pools.queries import pools_by_region
from capacity.regions.access import visible_regions
from capacity.regions.models import Condition, Datacenter, Region
from capacity.staffing.access import may_see_crew, may_see_status, visible_datacenters
from capacity.staffing.actions.file_shift_report import MAX_PEOPLE, NOTE_LENGTH, CannotFileReport, Crew
from capacity.staffing.models import CrewRole, Shift, StaffingStatus
from capacity.staffing.wording import reason_texts
from capacity.watch.actions.report_shift import report_shift
from kit.api import Body, IdempotentCommand, WholeNumber
from kit.clock import now
from kit.refusal import NotFound, require

# --- what is answered ------------------------------------------------------------------------------


class PoolData(serializers.Serializer[Pool]):
    """How much of a resource a region has, in whole units."""

    resource = serializers.CharField(source="resource.code")
    unit = serializers.CharField(source="resource.unit")
    supply = serializers.SerializerMethodField(help_text="What may be promised in total.")
    promised = serializers.IntegerField(source="committed", help_text="Granted and held together.")
    left_for_tier_1 = serializers.SerializerMethodField()
    left_for_tier_2 = serializers.SerializerMethodField()
    left_for_others = serializers.SerializerMethodField()
    gate_permille = serializers.IntegerField(help_text="Share that staffing leaves open to everybody.")

    def get_supply(self, pool: Pool) -> int:
        return max(pool.supply, 0)

    def get_left_for_tier_1(self, pool: Pool) -> int:
        return ledger.left(pool, Level.RESERVE)

    def get_left_for_tier_2(self, pool: Pool) -> int:
        return ledger.left(pool, Level.CRITICAL)

    def get_left_for_others(self, pool: Pool) -> int:
        return ledger.left(pool, Level.GENERAL)


class RegionData(serializers.Serializer[Region]):
    """A region; its pools are listed for those who may see figures."""

    code = serializers.CharField()
    name = serializers.CharField()
    geography = serializers.CharField(help_text="Data may be bound to it.")
    country = serializers.CharField(help_text="ISO 3166-1, three letters.")
    condition = serializers.ChoiceField(choices=Condition.choices)
    condition_since = serializers.DateTimeField(allow_null=True)
    paired_with = serializers.CharField(source="paired_code", help_text="Empty: with none.")
    pools = serializers.SerializerMethodField(help_text="Null: you may not see this region's figures.")

    @extend_schema_field(PoolData(many=True, allow_null=True))
    def get_pools(self, region: Region) -> Any:
        pools = self.context["pools"].get(region.pk)
        return None if pools is None else PoolData(pools, many=True).data


class DatacenterData(serializers.Serializer[Datacenter]):
    """A datacenter and how its crew stands."""

    code = serializers.CharField()
    name = serializers.CharField()
    region = serializers.CharField(source="region.code")
    time_zone = serializers.CharField(help_text="What its shifts are counted in.")
    status = serializers.SerializerMethodField()
    is_closed = serializers.SerializerMethodField(help_text="Nothing with a date is promised while this holds.")
    reasons = serializers.SerializerMethodField(help_text="Sentences; empty for those who see the status alone.")
    last_report_at = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=StaffingStatus.choices))
    def get_status(self, datacenter: Datacenter) -> str:
        row = getattr(datacenter, "status", None)
        return row.status if row else StaffingStatus.NOT_TRACKED

    def get_is_closed(self, datacenter: Datacenter) -> bool:
        row = getattr(datacenter, "status", None)
        return bool(row and row.is_closed)

    def get_reasons(self, datacenter: Datacenter) -> list[str]:
        row = getattr(datacenter, "status", None)
        sees = may_see_crew(self.context["request"].actor, datacenter.region.code) is None
        return reason_texts(row.reasons) if row and sees else []

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_last_report_at(self, datacenter: Datacenter) -> Any:
        row = getattr(datacenter, "status", None)
        return row.last_report_at if row else None


# --- what is read ----------------------------------------------------------------------------------


class NewCrew(Body):
    """One role in a shift, in people. Whoever is rostered and missing without a reason counts as unplanned."""

    role = serializers.ChoiceField(choices=CrewRole.choices)
    present = WholeNumber(min_value=0, max_value=MAX_PEOPLE)
    rostered = WholeNumber(
        min_value=0, max_value=MAX_PEOPLE, allow_null=True, default=None, help_text="Null: as the requirement says."
    )
    absent_planned = WholeNumber(min_value=0, max_value=MAX_PEOPLE, default=0)
    absent_unplanned = WholeNumber(min_value=0, max_value=MAX_PEOPLE, default=0)
    absent_travel = WholeNumber(min_value=0, max_value=MAX_PEOPLE, default=0)


class NewShiftReport(Body):
    """Who was there in a shift: counts only, no names and nothing about anybody's health."""

    date = serializers.DateField(help_text="The day on which the shift began, in the datacenter's own time.")
    shift = serializers.ChoiceField(choices=Shift.choices)
    crews = NewCrew(many=True, max_length=len(CrewRole), allow_null=True, default=None)  # type: ignore[call-arg]
    as_rostered = serializers.BooleanField(default=False, help_text="Instead of crews: everybody rostered is there.")
    note = serializers.CharField(max_length=NOTE_LENGTH, allow_blank=True, default="")


# --- views -----------------------------------------------------------------------------------------


class Regions(ListAPIView):
    """The regions."""

    serializer_class = RegionData
    sorts = {"name": ("name",), "code": ("code",)}
    default_sort = "name"

    def get_queryset(self) -> QuerySet[Region]:
        """Every region."""
        if getattr(self, "swagger_fake_view", False):
            return Region.objects.none()
        return visible_regions(self.request.actor)  # type: ignore[attr-defined]

    def get_serializer_context(self) -> dict[str, Any]:
        """With the pools that the caller may see."""
        context = super().get_serializer_context()
        fake = getattr(self, "swagger_fake_view", False)
        return {**context, "pools": {} if fake else pools_by_region(self.request.actor)}  # type: ignore[attr-defined]

    @extend_schema(operation_id="list_regions", responses=RegionData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List the regions with their condition, and their pools where you may see figures."""
        return super().get(request, *args, **kwargs)


class Datacenters(ListAPIView):
    """The datacenters of your regions."""

    serializer_class = DatacenterData
    sorts = {"code": ("code",)}
    default_sort = "code"

    def get_queryset(self) -> QuerySet[Datacenter]:
        """The datacenters whose status the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Datacenter.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(may_see_status(actor))
        return visible_datacenters(actor).select_related("region", "status")

    @extend_schema(operation_id="list_datacenters", responses=DatacenterData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List the datacenters with the status of their crews."""
        return super().get(request, *args, **kwargs)


class ShiftReports(IdempotentCommand):
    """The shift reports of one datacenter."""

    @extend_schema(
        operation_id="report_shift", request=NewShiftReport, responses={200: DatacenterData, 201: DatacenterData}
    )
    def post(self, request: Any, code: str) -> Response:
        """File or correct the report of a shift; status and supply follow at once.

        Answers with the datacenter as it stands after the report: 201, or 200 where the shift was reported with these
        very counts already and nothing is kept. A correction needs a note that says why.
        """
        datacenter = _datacenter(request, code)
        body = self.read(NewShiftReport)
        crews = _crews(body.pop("crews"), as_rostered=body.pop("as_rostered"))
        done = self.perform(
            lambda: report_shift(actor=request.actor, datacenter=datacenter, crews=crews, at=now(), **body)
        )
        found = _datacenter(request, code)
        status = 201 if done.subject else 200
        return self.done(DatacenterData(found, context={"request": request}).data, status=status)


def _crews(rows: list[dict[str, Any]] | None, *, as_rostered: bool) -> dict[str, Crew] | None:
    """The counts by role; None stands for everybody who is rostered, which must be said."""
    if as_rostered == (rows is not None):
        raise CannotFileReport({"crews": [_("Give either the crews or “as_rostered”.")]})
    if rows is None:
        return None
    roles = [row["role"] for row in rows]
    doubled = sorted({role for role in roles if roles.count(role) > 1})
    if doubled:
        raise CannotFileReport({role: [_("This role stands in the report twice.")] for role in doubled})
    return {row.pop("role"): Crew(**row) for row in rows}


def _datacenter(request: Any, code: str) -> Datacenter:
    found = visible_datacenters(request.actor).filter(code=code).select_related("region", "status").first()
    if found is None:
        raise may_see_status(request.actor) or NotFound()
    return found
