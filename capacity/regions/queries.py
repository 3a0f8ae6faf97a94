"""What pages ask about regions alone."""

from datetime import date

from django.db.models import QuerySet

from capacity.regions.models import ConditionDeclaration, DeclarationState, Region
from users.access import Actor
from users.roles import Role


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
        ConditionDeclaration.objects.filter(state=DeclarationState.IN_FORCE, review_date__lt=today)
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
