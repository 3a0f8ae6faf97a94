"""Overrides through the API: the register, and what needs no fresh sign-in step.

A second signature and break-glass need that step, which no token proves, so they are given on pages only.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from capacity.review.overridable import about_request, about_use, organization_to_override, request_to_override
from capacity.review.override_views import fact
from capacity.review.overtaking import movements, movements_of, movements_of_use, overtaken_rows
from kit.api import Body, IdempotentCommand, WholeNumber
from kit.clock import now
from kit.forms import MAX_ROW_VERSION
from kit.refusal import NotFound, require
from priorities.access import READERS, visible_overrides
from priorities.actions.end_override import revoke_override
from priorities.actions.propose_override import MOST_REASON, MOST_TICKET, About, Effect, check, propose_override
from priorities.actions.renew_override import renew_override
from priorities.actions.review_override import review_override
from priorities.filters import OverrideFilters
from priorities.lists import OVERRIDES
from priorities.models import Override, OverrideKind, OverrideReason, OverrideScope, OverrideState, Verdict
from priorities.override_models import LONGEST

MOST_HOURS = LONGEST // timedelta(hours=1)


class Overtaken(serializers.Serializer[Any]):
    """A request that it overtakes, by its public number."""

    region = serializers.CharField()
    number = serializers.IntegerField()
    tier = serializers.IntegerField()


class OverrideData(serializers.Serializer[Override]):
    """A fact that people stated against the policy's own result."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField(source="label")
    kind = serializers.ChoiceField(choices=OverrideKind.choices)
    scope = serializers.ChoiceField(choices=OverrideScope.choices)
    subject = serializers.UUIDField(source="subject_key", help_text="The request, or the organization.")
    subject_label = serializers.CharField()
    workload = serializers.CharField(source="workload_code", help_text="Empty for one request.")
    region = serializers.CharField(source="region_code", help_text="Empty for one request.")
    to_tier = serializers.IntegerField(allow_null=True)
    cap_permille = serializers.IntegerField(allow_null=True, help_text="Of what is asked, in parts of a thousand.")
    reason_code = serializers.ChoiceField(choices=OverrideReason.choices)
    reason = serializers.CharField()
    ticket = serializers.CharField()
    state = serializers.ChoiceField(choices=OverrideState.choices, help_text="Its books; the window says if it counts.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_break_glass = serializers.BooleanField()
    sign_by = serializers.DateTimeField(allow_null=True, help_text="Break-glass: it ends then unless it is signed.")
    is_flagged = serializers.BooleanField(help_text="Break-glass that ended unsigned.")
    renews = serializers.UUIDField(source="renews.public_id", allow_null=True, default=None)
    overtakes = Overtaken(many=True)
    proposed_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    review_due_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.ChoiceField(choices=[("", ""), *Verdict.choices])
    lesson = serializers.CharField()
    row_version = serializers.IntegerField()


class NewOverride(Body):
    """What it does, why, and for how long."""

    kind = serializers.ChoiceField(choices=OverrideKind.choices)
    to_tier = WholeNumber(max_value=5, allow_null=True, default=None, help_text="With a change of tier.")
    cap_permille = WholeNumber(max_value=999, allow_null=True, default=None, help_text="With a limit.")
    hours = WholeNumber(max_value=MOST_HOURS)
    starts_at = serializers.DateTimeField(allow_null=True, default=None, help_text="Null: at once.")
    reason_code = serializers.ChoiceField(choices=OverrideReason.choices)
    reason = serializers.CharField(max_length=MOST_REASON)
    ticket = serializers.CharField(max_length=MOST_TICKET, allow_blank=True, default="")


class NewUseOverride(NewOverride):
    """The same of everything an organization asks for one use in one region."""

    workload = serializers.CharField(max_length=40)
    region = serializers.CharField(max_length=40)


class _Versioned(Body):
    row_version = serializers.IntegerField(
        min_value=1, max_value=MAX_ROW_VERSION, allow_null=True, default=None, help_text="Another one answers 409."
    )


class Renewal(_Versioned):
    """For how long it goes on from its end, and why."""

    hours = WholeNumber(max_value=MOST_HOURS)
    reason = serializers.CharField(max_length=MOST_REASON)
    ticket = serializers.CharField(max_length=MOST_TICKET, allow_blank=True, default="")


class Ending(_Versioned):
    """Why it ends early."""

    reason = serializers.CharField(max_length=MOST_REASON)


class PostReview(_Versioned):
    """What somebody uninvolved finds."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    lesson = serializers.CharField(max_length=MOST_REASON)


class Overrides(ListAPIView[Override]):
    """The register."""

    serializer_class = OverrideData
    filterset_class = OverrideFilters
    sorts = OVERRIDES.sorts
    default_sort = "-number"

    def get_queryset(self) -> QuerySet[Override]:
        """All of them, for those who read the register."""
        if getattr(self, "swagger_fake_view", False):
            return Override.objects.none()
        actor = self.request.actor  # type: ignore[attr-defined]
        require(actor.needs(*READERS))
        return visible_overrides(actor).select_related("renews")

    @extend_schema(operation_id="list_overrides", responses=OverrideData(many=True))
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """List overrides, with what they do, why, and how they ended."""
        return super().get(request, *args, **kwargs)


class OverrideDetail(IdempotentCommand):
    """One override."""

    @extend_schema(operation_id="read_override", responses=OverrideData)
    def get(self, request: Any, public_id: UUID) -> Response:
        """Read an override."""
        return Response(_data(request, public_id))


class _Proposing(IdempotentCommand):
    def propose(self, request: Any, about: About, body: dict[str, Any], shown: Callable[[Effect], Any]) -> Response:
        """Propose it with whom it overtakes; answers with the override."""
        effect = Effect(**{name: body.pop(name) for name in ("kind", "to_tier", "cap_permille")})
        # Only what is complete has an effect that can be shown.
        check(about, effect, **{name: body[name] for name in ("reason_code", "reason", "ticket")})
        done = self.perform(
            lambda: propose_override(
                actor=request.actor, about=about, effect=effect, at=now(), overtakes=shown(effect), **body
            )
        )
        return self.done(_data(request, UUID(done.subject)), status=201)


class RequestOverrides(_Proposing):
    """Overrides of one request."""

    @extend_schema(operation_id="propose_override", request=NewOverride, responses={201: OverrideData})
    def post(self, request: Any, public_id: UUID) -> Response:
        """Propose an override of a request; a duty manager confirms it on its page."""
        body = self.read(NewOverride)
        about = about_request(request_to_override(request.actor, public_id))
        return self.propose(
            request,
            about,
            body,
            lambda effect: overtaken_rows(movements(about.key, fact(effect, about.scope), at=now())),
        )


class OrganizationOverrides(_Proposing):
    """Overrides of what an organization asks for one use in one region."""

    @extend_schema(operation_id="propose_use_override", request=NewUseOverride, responses={201: OverrideData})
    def post(self, request: Any, public_id: UUID) -> Response:
        """Propose an override of a use in a region; it covers what is filed later, too."""
        body = self.read(NewUseOverride)
        organization = organization_to_override(request.actor, public_id)
        about = about_use(organization, body.pop("workload"), body.pop("region"))
        return self.propose(
            request,
            about,
            body,
            lambda effect: overtaken_rows(
                movements_of_use(about.key, about.workload, about.region, fact(effect, about.scope), at=now())
            ),
        )


class _OverrideAct(IdempotentCommand):
    def carry_out(self, request: Any, public_id: UUID, act: Callable[[Override], Override]) -> Response:
        """Run the act once; answers with the override that it leads to."""
        found = _found(request, public_id)
        done = self.perform(lambda: act(found))
        return self.done(_data(request, UUID(done.subject)))


class RenewOverride(_OverrideAct):
    """Going on."""

    @extend_schema(operation_id="renew_override", request=Renewal, responses=OverrideData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Propose a renewal, and answer with it: a row of its own that begins where this one ends."""
        body = self.read(Renewal)
        return self.carry_out(
            request,
            public_id,
            lambda found: renew_override(
                actor=request.actor,
                override=found,
                at=now(),
                overtakes=overtaken_rows(movements_of(found, at=now())),
                **body,
            ),
        )


class EndOverride(_OverrideAct):
    """Ending early."""

    @extend_schema(operation_id="end_override", request=Ending, responses=OverrideData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """End it before its window does; the policy has its word again."""
        body = self.read(Ending)
        return self.carry_out(
            request,
            public_id,
            lambda found: revoke_override(actor=request.actor, override=found, at=now(), **body),
        )


class ReviewOverride(_OverrideAct):
    """Looking back."""

    @extend_schema(operation_id="review_override", request=PostReview, responses=OverrideData)
    def post(self, request: Any, public_id: UUID) -> Response:
        """Write the verdict and the lesson, as somebody who had no part in it."""
        body = self.read(PostReview)
        return self.carry_out(
            request,
            public_id,
            lambda found: review_override(actor=request.actor, override=found, at=now(), **body),
        )


def _found(request: Any, public_id: UUID) -> Override:
    require(request.actor.needs(*READERS))
    found = visible_overrides(request.actor).select_related("renews").filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def _data(request: Any, public_id: UUID) -> dict[str, Any]:
    return dict(OverrideData(_found(request, public_id)).data)
