"""Who may do what with policies and overrides."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kit.refusal import NotAllowed, Refusal
from priorities.models import Override, PolicyVersion
from users.access import Actor
from users.roles import Role

READERS = (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.AUDITOR, Role.EXECUTIVE, Role.ADMINISTRATOR)
PROPOSERS = (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)


class CannotConfirmOwnOverride(NotAllowed):
    """The second signature is another person's."""

    code = "cannot_confirm_own_override"
    message = _("You proposed this override. The second signature must be another person's.")
    remedy = _("It waits for the duty manager and then for the deputy.")


class CannotActivateOwnPolicy(NotAllowed):
    """Criteria decide about everybody, so two people stand for them."""

    code = "cannot_activate_own_policy"
    message = _("You drafted or proposed this version. Another duty manager puts it in force.")
    remedy = _("It waits for the duty manager and then for the deputy.")


def may_read_policies(actor: Actor) -> Refusal | None:
    """Every member of staff reads every version, drafts included."""
    return None if actor.roles else NotAllowed()


def may_draft_policy(actor: Actor) -> Refusal | None:
    """Capacity reviewers draft, change, propose and discard."""
    return actor.needs(Role.CAPACITY_REVIEWER)


def may_send_back_policy(actor: Actor) -> Refusal | None:
    """A duty manager who does not agree, or those who draft, to correct it."""
    return actor.needs(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)


def may_activate_policy(actor: Actor, version: PolicyVersion, *, at: datetime) -> Refusal | None:
    """A duty manager who neither drafted nor proposed it, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER):
        return refusal
    if actor.user_id in (version.proposed_by_id, version.drafted_by_id):
        return CannotActivateOwnPolicy()
    return actor.needs_fresh_sign_in(at)


class TookPart(NotAllowed):
    """A post-review is for somebody who had no part in it."""

    code = "took_part_in_override"
    message = _("You proposed, confirmed or ended this override. Somebody uninvolved looks back at it.")
    remedy = _("Leave it to another reviewer or duty manager.")


def may_propose_override(actor: Actor, *, region: str | None = None) -> Refusal | None:
    """Capacity reviewers and duty managers propose; of an organization, those of the region."""
    return actor.needs(*PROPOSERS, region=region)


def may_break_glass(actor: Actor, *, region: str | None = None, at: datetime) -> Refusal | None:
    """Who may propose, with a fresh sign-in step: for a day it counts without anybody else."""
    return may_propose_override(actor, region=region) or actor.needs_fresh_sign_in(at)


def may_sign_override(actor: Actor, override: Override, *, at: datetime) -> Refusal | None:
    """A duty manager (of the region, where it names one) other than the proposer, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER, region=override.region_code or None):
        return refusal
    if actor.user_id == override.proposed_by_id:
        return CannotConfirmOwnOverride()
    return actor.needs_fresh_sign_in(at)


def may_end_override(actor: Actor, override: Override) -> Refusal | None:
    """A duty manager, or who proposed it: ending early only ever gives the policy back its word."""
    if actor.user_id is not None and actor.user_id == override.proposed_by_id:
        return None
    return actor.needs(Role.DUTY_MANAGER, region=override.region_code or None)


def may_review_override(actor: Actor, override: Override) -> Refusal | None:
    """A capacity reviewer or duty manager who neither proposed nor confirmed nor ended it."""
    if refusal := actor.needs(*PROPOSERS):
        return refusal
    took_part = (override.proposed_by_id, override.confirmed_by_id, override.ended_by_id)
    return TookPart() if actor.user_id in took_part else None


def visible_overrides(actor: Actor) -> QuerySet[Override]:
    """All of them for those who read the register, none for the others."""
    return Override.objects.all() if actor.holds(*READERS) else Override.objects.none()
