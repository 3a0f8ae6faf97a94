"""Requests and decisions through the API: the same actions, filters and access rules as the pages.

A second signature needs a fresh sign-in step, which no token proves, so it is given on pages only.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.intake.circumstances import with_asked
from capacity.intake.wording import Names, Reader, block_label, finding_text, supply_needed_text, way_out_text
from capacity.pools.access import may_see_headroom
from capacity.requests.access import may_see_requests, sees_notes, visible_requests
from capacity.requests.actions.submit_request import MOST_LINES, MOST_REGIONS, MOST_TEXT, AskedLine, submit_request
from capacity.requests.actions.withdraw_request import withdraw_request
from capacity.requests.models import CapacityRequest, Decision, Outcome, RequestState, Stage
from capacity.review.actions.approve_request import approve_request
from capacity.review.actions.confirm_workload import confirm_workload
from capacity.review.actions.decline_request import decline_request
from capacity.review.actions.grant_elsewhere import grant_elsewhere
from capacity.review.actions.grant_in_part import grant_in_part
from capacity.review.actions.waitlist_request import waitlist_request
from capacity.review.filters import RequestFilters
from capacity.review.forms import MOST_REASON
from capacity.review.lists import REQUESTS
from capacity.review.refusing import BLOCKS_PEOPLE_NAME
from kit.api import Body, IdempotentCommand, WholeNumber
from kit.clock import now
from kit.forms import MAX_ROW_VERSION
from kit.reason import Reason
from kit.refusal import NotFound, require
from priorities.wording import reason_text

BLOCKS = [(str(block), block_label(block)) for block in BLOCKS_PEOPLE_NAME]

# --- what is answered ------------------------------------------------------------------------------


class LineData(serializers.Serializer[Any]):
    """A resource and how much of it, in whole units."""

    resource = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    minimum = serializers.IntegerField(help_text="The least that is useful.")


class AcceptedRegion(serializers.Serializer[Any]):
    """A region that would do, in the order of the wish."""

    code = serializers.CharField()
    name = serializers.CharField()
    wish = serializers.IntegerField(help_text="1 is the first wish.")


class ReasonData(serializers.Serializer[Any]):
    """One reason: a stable code, its parameters, and the sentence in the language asked for."""

    code = serializers.CharField()
    params = serializers.DictField()
    text = serializers.CharField()


class TermData(serializers.Serializer[Any]):
    """One part of the score."""

    name = serializers.CharField()
    weight = serializers.IntegerField()
    value = serializers.IntegerField()
    points = serializers.IntegerField()


class RankingData(serializers.Serializer[Any]):
    """How important the request is, by which policy, and why."""

    policy_version = serializers.IntegerField()
    clause = serializers.CharField()
    tier = serializers.IntegerField(help_text="On confirmed facts.")
    claimed_tier = serializers.IntegerField(help_text="Where it queues.")
    is_confirmed = serializers.BooleanField(help_text="While false, nothing is granted.")
    is_provisional = serializers.BooleanField()
    score = serializers.IntegerField()
    terms = TermData(many=True)
    reasons = ReasonData(many=True)
    facts_hash = serializers.CharField(help_text="SHA-256 of the facts it rests on.")
    ranked_at = serializers.DateTimeField()


class GrantedLine(serializers.Serializer[Any]):
    """What was granted of one resource."""

    resource = serializers.CharField()
    quantity = serializers.IntegerField()


class DecisionData(serializers.Serializer[Decision]):
    """A decision with what it rests on, in words."""

    id = serializers.UUIDField(source="public_id")
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    stage = serializers.ChoiceField(choices=Stage.choices)
    region = serializers.SerializerMethodField()
    granted = serializers.SerializerMethodField()
    undated = serializers.SerializerMethodField(help_text="Granted without a date.")
    block = serializers.CharField(help_text="What stood in the way; empty on a full approval.")
    explanation = serializers.SerializerMethodField(help_text="Findings, region by region.")
    best_alternative = serializers.SerializerMethodField(help_text="Null: none was found.")
    smallest_change = serializers.SerializerMethodField(help_text="Null: more supply would not have helped.")
    next_look_date = serializers.DateField(allow_null=True)
    reason = serializers.SerializerMethodField(help_text="Empty for those who may not read what people wrote.")
    at = serializers.DateTimeField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_region(self, decision: Decision) -> str | None:
        return decision.region.code if decision.region else None

    @extend_schema_field(GrantedLine(many=True))
    def get_granted(self, decision: Decision) -> list[dict[str, Any]]:
        told = decision.explanation
        return [
            {"resource": resource, "quantity": units}
            for resource, units in zip(told.get("resources", []), told.get("quantities", []), strict=False)
        ]

    def get_undated(self, decision: Decision) -> bool:
        return bool(decision.explanation.get("undated"))

    @extend_schema_field(ReasonData(many=True))
    def get_explanation(self, decision: Decision) -> list[dict[str, Any]]:
        names = Names(decision.circumstances)
        found = []
        for assessment in decision.explanation.get("assessments", []):
            for finding in assessment["findings"]:
                reason = Reason.from_dict(finding["reason"])
                text = finding_text(reason, names, self._reader(assessment["place"]))
                shown = reason.params if self._reader(assessment["place"]) is Reader.STAFF else {}
                params = {"block": finding["block"], "region": assessment["place"], **shown}
                found.append({"code": reason.code, "params": params, "text": text})
        return found

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_best_alternative(self, decision: Decision) -> str | None:
        ways = decision.explanation.get("ways_out", [])
        names = Names(decision.circumstances)
        return way_out_text(ways[0], decision.explanation["resources"], names) if ways else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_smallest_change(self, decision: Decision) -> str | None:
        change = decision.explanation.get("supply_needed")
        return supply_needed_text(change, Names(decision.circumstances)) if change else None

    def get_reason(self, decision: Decision) -> str:
        return decision.reason if self.context["notes"] else ""

    def _reader(self, region: str) -> Reader:
        sees = may_see_headroom(self.context["request"].actor, region) is None
        return Reader.STAFF if sees else Reader.CUSTOMER


class RequestData(serializers.Serializer[Any]):
    """A request as lists show it."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(source="label")
    organization = serializers.UUIDField(source="organization.public_id")
    state = serializers.ChoiceField(choices=RequestState.choices)
    lines = LineData(source="asked", many=True)
    regions = AcceptedRegion(source="accepted", many=True)
    workload = serializers.CharField(source="workload.code")
    tier = serializers.IntegerField(help_text="On confirmed facts.")
    claimed_tier = serializers.IntegerField(help_text="Where it queues.")
    is_confirmed = serializers.BooleanField(help_text="While false, nothing is granted.")
    is_provisional = serializers.BooleanField()
    needed_by_date = serializers.DateField()
    residency_geography = serializers.CharField(help_text="Empty: anywhere.")
    filed_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    next_look_date = serializers.DateField(allow_null=True)
    row_version = serializers.IntegerField()


class RequestWithReasons(RequestData):
    """A request with its rank, the decisions on it, and why."""

    justification = serializers.SerializerMethodField(help_text="Empty for those who may not read what people wrote.")
    campaign = serializers.SerializerMethodField(help_text="The offer campaign it is filed under.")
    ranking = serializers.SerializerMethodField(help_text="Null while it is a draft.")
    decisions = serializers.SerializerMethodField(help_text="Newest first.")

    def get_justification(self, request: Any) -> str:
        return request.justification if self.context["notes"] else ""

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_campaign(self, request: Any) -> Any:
        return request.campaign.public_id if request.campaign else None

    @extend_schema_field(RankingData(allow_null=True))
    def get_ranking(self, request: Any) -> dict[str, Any] | None:
        row = request.ranking
        if row is None:
            return None
        reasons = [Reason.from_dict(reason) for reason in row.result["reasons"]]
        values = {
            "policy_version": row.result["policy_version"],
            "clause": row.result["clause"],
            "tier": row.tier,
            "claimed_tier": row.claimed_tier,
            "is_confirmed": row.is_confirmed,
            "is_provisional": row.is_provisional,
            "score": row.score,
            "terms": row.result["terms"],
            "reasons": [
                {"code": reason.code, "params": dict(reason.params), "text": reason_text(reason)} for reason in reasons
            ],
            "facts_hash": row.facts_hash,
            "ranked_at": row.at,
        }
        return dict(RankingData(values).data)

    @extend_schema_field(DecisionData(many=True))
    def get_decisions(self, request: Any) -> Any:
        return DecisionData(request.newest_decisions, many=True, context=self.context).data


# --- what is read ----------------------------------------------------------------------------------


class NewLine(Body):
    """A resource and how much of it."""

    resource = serializers.CharField(max_length=20, help_text="Code, such as vcpu.")
    quantity = WholeNumber()
    minimum = WholeNumber(allow_null=True, default=None, help_text="The least that is useful; null: all of it.")


class NewRequest(Body):
    """A request to be filed."""

    organization = serializers.UUIDField()
    workload = serializers.CharField(max_length=40, help_text="Code of what the capacity is for.")
    lines = NewLine(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    regions = serializers.ListField(
        child=serializers.CharField(max_length=40),
        min_length=1,
        max_length=MOST_REGIONS,
        help_text="Codes of acceptable regions in the order of the wish.",
    )
    needed_by_date = serializers.DateField()
    residency_geography = serializers.CharField(max_length=60, allow_blank=True, default="")
    justification = serializers.CharField(max_length=MOST_TEXT, allow_blank=True, default="")
    campaign = serializers.UUIDField(
        source="campaign_id", allow_null=True, default=None, help_text="The offer campaign it is filed under."
    )


class Versioned(Body):
    """What every act on a request may carry."""

    row_version = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ROW_VERSION,
        allow_null=True,
        default=None,
        help_text="The version that was read; another one is answered with 409. Null: whatever it is now.",
    )


class WorkloadConfirmation(Versioned):
    """What the capacity is for."""

    workload = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=MOST_REASON, allow_blank=True, default="")


class Approval(Versioned):
    """Everything that was asked for, in one region that the request accepts."""

    region = serializers.CharField(max_length=40)
    undated = serializers.BooleanField(default=False, help_text="Without a date, where the crew is below minimum.")
    reason = serializers.CharField(max_length=MOST_REASON, allow_blank=True, default="")


class Quantity(Body):
    """How much of one line."""

    resource = serializers.CharField(max_length=20)
    quantity = WholeNumber()


class PartialGrant(Versioned):
    """A part of what was asked for, in one region that the request accepts."""

    region = serializers.CharField(max_length=40)
    quantities = Quantity(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    undated = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=MOST_REASON)


class GrantElsewhere(Versioned):
    """A grant in a region that was not asked for and that the customer agreed to."""

    region = serializers.CharField(max_length=40)
    quantities = Quantity(
        many=True,
        min_length=1,
        max_length=MOST_LINES,  # type: ignore[call-arg]
        allow_null=True,
        default=None,
        help_text="Null: all of it.",
    )
    undated = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=MOST_REASON)


class Denial(Versioned):
    """Why not, and when it is looked at again."""

    reason = serializers.CharField(max_length=MOST_REASON)
    block = serializers.ChoiceField(
        choices=BLOCKS, allow_blank=True, default="", help_text="What a person found; empty: as the figures say."
    )
    next_look_date = serializers.DateField(allow_null=True, default=None, help_text="Null: in seven days.")


class Waitlisting(Versioned):
    """Why it waits, and until when."""

    reason = serializers.CharField(max_length=MOST_REASON)
    block = serializers.ChoiceField(choices=BLOCKS, allow_blank=True, default="")
    next_look_date = serializers.DateField()


class Withdrawal(Versioned):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=MOST_REASON)


# --- views -----------------------------------------------------------------------------------------


class Requests(IdempotentCommand, ListAPIView):
    """The requests you may see; filing one."""

    serializer_class = RequestData
    filterset_class = RequestFilters
    sorts = REQUESTS.sorts
    default_sort = "-filed"

    def get_queryset(self) -> QuerySet[Any]:
        """Every request the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return CapacityRequest.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(may_see_requests(actor))
        return _rows(visible_requests(actor))

    @extend_schema(operation_id="list_requests", responses=RequestData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List requests: those of your portfolios or regions, or all where your role reads all."""
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="file_request", request=NewRequest, responses={201: RequestWithReasons})
    def post(self, request: Any) -> Response:
        """File a request for an organization of a portfolio of yours; it is ranked at once."""
        body = self.read(NewRequest)
        organization_id = body.pop("organization")
        lines = [AskedLine(**line) for line in body.pop("lines")]
        done = self.perform(
            lambda: submit_request(actor=request.actor, organization_id=organization_id, lines=lines, at=now(), **body)
        )
        return self.done(_with_reasons(request, UUID(done.subject)), status=201)


class RequestDetail(IdempotentCommand):
    """One request."""

    @extend_schema(operation_id="read_request", responses=RequestWithReasons)
    def get(self, request: Any, public_id: UUID) -> Response:
        """Read a request with its rank and decisions, and why."""
        return Response(_with_reasons(request, public_id))


class _RequestAct(IdempotentCommand):
    """Something done with a request that one may see; answers with the request as it is then."""

    def carry_out(self, request: Any, public_id: UUID, act: Callable[[], Any]) -> Response:
        """Run the act once; raises `NotFound` for requests that the caller may not see."""
        if not visible_requests(request.actor).filter(public_id=public_id).exists():
            raise NotFound()
        self.perform(act)
        return self.done(_with_reasons(request, public_id))


class ConfirmWorkload(_RequestAct):
    """What the capacity is for."""

    @extend_schema(operation_id="confirm_workload", request=WorkloadConfirmation, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Confirm the claimed use, or set another one with a reason; the request is ranked anew."""
        body = self.read(WorkloadConfirmation)
        return self.carry_out(
            request,
            public_id,
            lambda: confirm_workload(actor=request.actor, request_id=public_id, at=now(), **body),
        )


class Approve(_RequestAct):
    """Granting everything."""

    @extend_schema(operation_id="approve_request", request=Approval, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Grant all lines in one accepted region, or hold them where a second signature is needed."""
        body = self.read(Approval)
        region = body.pop("region")
        return self.carry_out(
            request,
            public_id,
            lambda: approve_request(actor=request.actor, request_id=public_id, region_code=region, at=now(), **body),
        )


class GrantInPart(_RequestAct):
    """Granting a part."""

    @extend_schema(operation_id="grant_request_in_part", request=PartialGrant, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Grant these quantities in one accepted region, each at least the line's minimum."""
        body = self.read(PartialGrant)
        region, quantities = body.pop("region"), _quantities(body.pop("quantities"))
        return self.carry_out(
            request,
            public_id,
            lambda: grant_in_part(
                actor=request.actor,
                request_id=public_id,
                region_code=region,
                quantities=quantities or {},
                at=now(),
                **body,
            ),
        )


class Elsewhere(_RequestAct):
    """Granting in another region."""

    @extend_schema(operation_id="grant_request_elsewhere", request=GrantElsewhere, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Grant in a region that was not asked for and that the customer agreed to."""
        body = self.read(GrantElsewhere)
        region, quantities = body.pop("region"), _quantities(body.pop("quantities"))
        return self.carry_out(
            request,
            public_id,
            lambda: grant_elsewhere(
                actor=request.actor,
                request_id=public_id,
                region_code=region,
                quantities=quantities,
                at=now(),
                **body,
            ),
        )


class Decline(_RequestAct):
    """Declining."""

    @extend_schema(operation_id="decline_request", request=Denial, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Decline, with block, numbers, the best way out and the next look."""
        body = self.read(Denial)
        return self.carry_out(
            request,
            public_id,
            lambda: decline_request(actor=request.actor, request_id=public_id, at=now(), **body),
        )


class Waitlist(_RequestAct):
    """Keeping it waiting."""

    @extend_schema(operation_id="waitlist_request", request=Waitlisting, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Put it on the waiting list; on the next look it returns to review by itself."""
        body = self.read(Waitlisting)
        return self.carry_out(
            request,
            public_id,
            lambda: waitlist_request(actor=request.actor, request_id=public_id, at=now(), **body),
        )


class Withdraw(_RequestAct):
    """Taking it back."""

    @extend_schema(operation_id="withdraw_request", request=Withdrawal, responses=RequestWithReasons)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Withdraw an undecided request of an organization of yours, for good."""
        body = self.read(Withdrawal)
        return self.carry_out(
            request,
            public_id,
            lambda: withdraw_request(actor=request.actor, request_id=public_id, at=now(), **body),
        )


class RepeatedResource(serializers.ValidationError):
    """A resource stands twice among the quantities."""

    def __init__(self) -> None:
        super().__init__({"quantities": [_("Each resource stands in one line only.")]})


def _quantities(rows: list[dict[str, Any]] | None) -> dict[str, int] | None:
    if rows is None:
        return None
    found = {row["resource"]: row["quantity"] for row in rows}
    if len(found) != len(rows):
        raise RepeatedResource()
    return found


def _rows(requests: QuerySet[CapacityRequest]) -> QuerySet[Any]:
    return with_asked(requests).select_related("organization", "claimed_workload", "confirmed_workload")


def _with_reasons(request: Any, public_id: UUID) -> dict[str, Any]:
    actor = request.actor
    require(may_see_requests(actor))
    decisions = Decision.objects.select_related("region").order_by("-pk")
    found = (
        _rows(visible_requests(actor))
        .select_related("ranking")
        .prefetch_related(Prefetch("decisions", decisions, to_attr="newest_decisions"))
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    context = {"request": request, "notes": sees_notes(actor, found)}
    return dict(RequestWithReasons(found, context=context).data)
