"""Declare the condition of a region."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.regions.access import may_declare_condition
from capacity.regions.conditions import (
    LONGEST_REVIEW_DAYS,
    lock_region,
    needs_second_person,
    put_in_force,
    review_is_due,
)
from capacity.regions.models import Condition, ConditionDeclaration, DeclarationState
from capacity.regions.proposals import take_up_proposal
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require, require_version
from users.access import Actor


class CannotDeclareCondition(Invalid):
    """The condition, its evidence or its review date does not do."""

    code = "cannot_declare_condition"
    message = _("Please correct what is marked.")


class ConditionHolds(Conflict):
    """Nothing would change."""

    code = "condition_holds"
    message = _("%(region)s is in this condition already.")


class AlreadyProposed(Conflict):
    """One proposal at a time, so that two people never sign different ones."""

    code = "condition_already_proposed"
    message = _("A condition is already proposed for %(region)s and waits for a second person.")
    remedy = _("Have that proposal answered or withdrawn first.")


def declare_condition(
    *,
    actor: Actor,
    region_code: str,
    condition: str,
    evidence: str,
    review_date: date,
    row_version: int,
    at: datetime,
) -> ConditionDeclaration:
    """State a region's condition with evidence and a date to look again.

    Between normal and watch it takes effect at once; from constrained upward, and to leave such a
    condition, it waits for a duty manager (`confirm_condition`). `row_version` is the region's.
    """
    with transaction.atomic():
        region = lock_region(region_code)
        if region is None:
            raise NotFound()
        require(may_declare_condition(actor, region))
        _check(condition, evidence, review_date, at)
        require_version(region, row_version)
        if condition == region.condition and not review_is_due(region, at):
            raise ConditionHolds(region=region.name)
        if ConditionDeclaration.objects.filter(region=region, state=DeclarationState.PROPOSED).exists():
            raise AlreadyProposed(region=region.name)
        declaration = ConditionDeclaration(
            region=region,
            condition=condition,
            evidence=evidence.strip(),
            review_date=review_date,
            proposed_by_id=actor.user_id,
            proposed_at=at,
        )
        if not needs_second_person(region.condition, condition):
            put_in_force(region, declaration, actor=actor, at=at)
            take_up_proposal(region, declaration, actor=actor, at=at)
            return declaration
        declaration.save()
        take_up_proposal(region, declaration, actor=actor, at=at)
        # The form that others still look at does not know of this proposal.
        region.row_version += 1
        region.save(update_fields=["row_version"])
        record(
            actor=actor,
            action="condition.proposed",
            subject_type="region",
            subject_id=region.code,
            reason=declaration.evidence,
            before={"condition": region.condition},
            after={
                "code": region.code,
                "condition": condition,
                "declaration": str(declaration.public_id),
                "review_date": str(review_date),
            },
            at=at,
        )
        return declaration


def _check(condition: str, evidence: str, review_date: date, at: datetime) -> None:
    fields: dict[str, list[object]] = {}
    if condition not in Condition.values:
        fields["condition"] = [_("Choose one of the conditions.")]
    if not evidence.strip():
        fields["evidence"] = [_("Say what it rests on.")]
    if not at.date() < review_date <= at.date() + timedelta(days=LONGEST_REVIEW_DAYS):
        fields["review_date"] = [_("Choose a day after today, within a year.")]
    if fields:
        raise CannotDeclareCondition(fields)
