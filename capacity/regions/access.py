"""Who may see and change what about regions.

Region names and conditions are public, so everybody who is signed in sees them; numbers are asked
for where they are kept (`capacity/pools/access.py`, `capacity/staffing/access.py`).
"""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from capacity.regions.models import ConditionDeclaration, Region
from kit.refusal import NotAllowed, NotFound, Refusal
from users.access import Actor
from users.roles import Role

SEE_GROUNDS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.EXECUTIVE, Role.AUDITOR)


class OwnProposal(NotAllowed):
    """Separation of duties: another person confirms or refuses."""

    code = "own_proposal"
    message = _("You proposed this condition yourself; another person decides on it.")
    remedy = _("Ask a duty manager who did not propose it.")


def visible_regions(actor: Actor) -> QuerySet[Region]:
    """Every region, for everybody who holds a role."""
    return Region.objects.all() if actor.roles or actor.is_system else Region.objects.none()


def region_for(actor: Actor, code: str) -> Region:
    """The region with this code. Raises `NotFound`."""
    region = visible_regions(actor).filter(code=code).first()
    if region is None:
        raise NotFound()
    return region


def may_see_grounds(actor: Actor, region_code: str) -> Refusal | None:
    """Whether the actor reads what a condition rests on: evidence may hold figures that are not for customers."""
    return actor.needs(*SEE_GROUNDS, region=region_code)


def may_import_regions(actor: Actor) -> Refusal | None:
    """Regions are imported by the system's own command."""
    return None if actor.is_system else NotAllowed()


def may_declare_condition(actor: Actor, region: Region) -> Refusal | None:
    """Region operators propose the condition of their regions."""
    return actor.needs(Role.REGION_OPERATOR, region=region.code)


def may_answer_condition(actor: Actor, declaration: ConditionDeclaration, at: datetime) -> Refusal | None:
    """Another person, a duty manager with a fresh sign-in step, confirms or refuses a proposal."""
    refusal = actor.needs(Role.DUTY_MANAGER, region=declaration.region.code)
    if refusal is None and declaration.proposed_by_id == actor.user_id:
        refusal = OwnProposal()
    return refusal or actor.needs_fresh_sign_in(at)


def may_withdraw_condition(actor: Actor, declaration: ConditionDeclaration) -> Refusal | None:
    """Who proposed may take it back."""
    return None if declaration.proposed_by_id == actor.user_id else NotAllowed()


def may_dismiss_proposal(actor: Actor, region: Region) -> Refusal | None:
    """Who could declare or confirm a condition here may also say that what the thresholds propose is not so."""
    return actor.needs(Role.REGION_OPERATOR, Role.DUTY_MANAGER, region=region.code)


def may_set_thresholds(actor: Actor) -> Refusal | None:
    """Thresholds are set on the server."""
    return None if actor.is_system else NotAllowed()
