"""Who may do what with policies and overrides."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from kit.refusal import NotAllowed, Refusal
from priorities.models import Override, PolicyVersion
from users.access import Actor
from users.roles import Role

READERS = (Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER, Role.AUDITOR, Role.EXECUTIVE, Role.ADMINISTRATOR)


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


def may_propose_override(actor: Actor) -> Refusal | None:
    """Capacity reviewers and duty managers propose."""
    return actor.needs(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)


def may_sign_override(actor: Actor, override: Override, *, at: datetime) -> Refusal | None:
    """A duty manager other than the proposer, with a fresh sign-in step."""
    if refusal := actor.needs(Role.DUTY_MANAGER):
        return refusal
    if actor.user_id == override.proposed_by_id:
        return CannotConfirmOwnOverride()
    return actor.needs_fresh_sign_in(at)


def may_end_override(actor: Actor) -> Refusal | None:
    """Ending one early takes a duty manager; it only ever gives the policy back its word."""
    return actor.needs(Role.DUTY_MANAGER)


def visible_overrides(actor: Actor) -> QuerySet[Override]:
    """All of them for those who read the register, none for the others."""
    return Override.objects.all() if actor.holds(*READERS) else Override.objects.none()
