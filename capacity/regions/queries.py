"""What pages ask about regions alone."""

from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from capacity.regions.access import SEE_GROUNDS, visible_regions
from capacity.regions.calendar import Spell
from capacity.regions.models import ConditionDeclaration, DeclarationState, Region, past_review
from capacity.regions.threshold_models import ProposalState, ThresholdProposal
from kit.refusal import NotFound
from users.access import Actor
from users.roles import Role


def region_choices() -> list[tuple[str, str]]:
    """Every region by code with its name, as filters offer them."""
    return list(Region.objects.order_by("name").values_list("code", "name"))


def condition_history(region: Region, limit: int = 20) -> list[ConditionDeclaration]:
    """The latest declarations of a region, newest first, with the people in them."""
    return list(
        ConditionDeclaration.objects.filter(region=region)
        .select_related("proposed_by", "confirmed_by", "refused_by")
        .order_by("-pk")[:limit]
    )


def reviews_due(actor: Actor, today: date) -> QuerySet[ConditionDeclaration]:
    """Conditions in force whose review date is past, in the regions that this operator looks after."""
    due = (
        ConditionDeclaration.objects.filter(past_review(today), state=DeclarationState.IN_FORCE)
        .select_related("region")
        .order_by("review_date", "pk")
    )
    reach = actor.regions_of(Role.REGION_OPERATOR)
    return due if reach is None else due.filter(region__code__in=reach)


def proposals_waiting_for(actor: Actor) -> QuerySet[ConditionDeclaration]:
    """Proposed conditions that this duty manager may answer, oldest first."""
    proposed = (
        ConditionDeclaration.objects.filter(state=DeclarationState.PROPOSED)
        .exclude(proposed_by=actor.user_id)
        .select_related("region", "proposed_by")
        .order_by("pk")
    )
    reach = actor.regions_of(Role.DUTY_MANAGER)
    return proposed if reach is None else proposed.filter(region__code__in=reach)


def region_with_proposal(actor: Actor, code: str) -> tuple[Region, ThresholdProposal | None]:
    """A region with what the thresholds propose for it; one question. Raises `NotFound`."""
    facts = ("public_id", "current", "condition", "reasons", "since", "raised_at")
    found = (
        visible_regions(actor)
        .filter(code=code)
        .annotate(
            proposed=Subquery(
                ThresholdProposal.objects.filter(region=OuterRef("pk"), state=ProposalState.OPEN).values(
                    told=JSONObject(**{name: name for name in facts})
                )[:1]
            )
        )
        .first()
    )
    if found is None:
        raise NotFound()
    if found.proposed is None:
        return found, None
    told: dict[str, Any] = dict(found.proposed)
    for name in ("since", "raised_at"):
        told[name] = datetime.fromisoformat(told[name])
    return found, ThresholdProposal(region=found, **told)


def proposals_to_take_up(actor: Actor) -> QuerySet[ThresholdProposal]:
    """What the thresholds propose in the regions that this operator looks after, the oldest first."""
    rows = ThresholdProposal.objects.filter(state=ProposalState.OPEN).select_related("region").order_by("raised_at")
    reach = actor.regions_of(Role.REGION_OPERATOR)
    return rows if reach is None else rows.filter(region__code__in=reach)


def visible_proposals(actor: Actor) -> QuerySet[ThresholdProposal]:
    """Every proposal of the thresholds in the regions whose grounds the actor reads."""
    rows = ThresholdProposal.objects.select_related("region", "closed_by")
    reach = actor.regions_of(*SEE_GROUNDS)
    return rows if reach is None else rows.filter(region__code__in=reach)


def visible_declarations(actor: Actor) -> QuerySet[ConditionDeclaration]:
    """What came into force anywhere, and what was only proposed where the actor reads grounds.

    `sees_grounds` says whether the row's evidence and people may be shown.
    """
    reach = actor.regions_of(*SEE_GROUNDS)
    near = Q() if reach is None else Q(region__code__in=reach)
    rows = ConditionDeclaration.objects.filter(region__in=visible_regions(actor)).select_related(
        "region", "proposed_by", "confirmed_by"
    )
    sees = Value(True) if reach is None else Case(When(near, then=Value(True)), default=Value(False))
    rows = rows.annotate(sees_grounds=ExpressionWrapper(sees, output_field=BooleanField()))
    return rows if reach is None else rows.filter(near | Q(in_force_at__isnull=False))


def spells_of(regions: QuerySet[Region], since: datetime, until: datetime) -> dict[int, list[Spell]]:
    """The conditions that were in force in a span, by the region's key, the oldest first; one question."""
    rows = (
        ConditionDeclaration.objects.filter(region__in=regions, in_force_at__lt=until)
        .filter(Q(ended_at=None) | Q(ended_at__gt=since))
        .order_by("in_force_at", "pk")
    )
    found: dict[int, list[Spell]] = {}
    for key, condition, begun, ended in rows.values_list("region", "condition", "in_force_at", "ended_at"):
        assert begun is not None  # asked for above
        found.setdefault(key, []).append(Spell(condition, begun, ended))
    return found
