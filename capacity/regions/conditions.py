"""What the acts on region conditions share: the locks, and how a condition comes into force."""

from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import SCARCE_CONDITIONS, ConditionDeclaration, DeclarationState, Region, past_review
from journal.record import record
from kit.refusal import Conflict, NotFound
from users.access import Actor

# A condition is looked at again after a year at the latest.
LONGEST_REVIEW_DAYS = 366


class NotProposedAnyMore(Conflict):
    """Somebody was quicker, or it was withdrawn."""

    code = "not_proposed_any_more"
    message = _("This proposal was answered or withdrawn meanwhile.")
    remedy = _("Look at the region's history below.")


def needs_second_person(current: str, wanted: str) -> bool:
    """From constrained upward a condition takes two people, and so does its end."""
    return current in SCARCE_CONDITIONS or wanted in SCARCE_CONDITIONS


def review_is_due(region: Region, at: datetime) -> bool:
    """Whether the condition in force is to be looked at again, so that it may be declared anew."""
    return ConditionDeclaration.objects.filter(
        past_review(at.date()), region=region, state=DeclarationState.IN_FORCE
    ).exists()


def put_in_force(region: Region, declaration: ConditionDeclaration, *, actor: Actor, at: datetime) -> None:
    """Make a declaration the region's condition and end the one before, in the caller's transaction.

    The caller holds the region's lock. `Region.condition` is a copy and changes with it.
    """
    ConditionDeclaration.objects.filter(region=region, state=DeclarationState.IN_FORCE).update(
        state=DeclarationState.ENDED, ended_at=at, row_version=F("row_version") + 1
    )
    declaration.state = DeclarationState.IN_FORCE
    declaration.in_force_at = at
    declaration.save()
    before = region.condition
    if before != declaration.condition:
        region.condition_since = at
    region.condition = declaration.condition
    region.row_version += 1
    region.save(update_fields=["condition", "condition_since", "row_version"])
    record(
        actor=actor,
        action="condition.in_force",
        subject_type="region",
        subject_id=region.code,
        reason=declaration.evidence,
        before={"condition": before},
        after={
            "code": region.code,
            "condition": declaration.condition,
            "declaration": str(declaration.public_id),
            "review_date": str(declaration.review_date),
        },
        at=at,
    )


def lock_region(code: str) -> Region | None:
    """The region, locked against other changes of its condition or crews but not against reading."""
    return Region.objects.select_for_update(no_key=True).filter(code=code).first()


def lock_proposal(declaration_id: UUID) -> tuple[Region, ConditionDeclaration]:
    """A declaration and its region, the region locked first. Raises `NotFound`."""
    code = ConditionDeclaration.objects.filter(public_id=declaration_id).values_list("region__code", flat=True).first()
    region = lock_region(code) if code else None
    if region is None:
        raise NotFound()
    declaration = ConditionDeclaration.objects.select_for_update(of=("self",)).get(public_id=declaration_id)
    declaration.region = region
    return region, declaration
