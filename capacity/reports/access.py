"""Who reads the executive page."""

from kit.refusal import Refusal
from users.access import Actor
from users.roles import Role


def may_read_reports(actor: Actor) -> Refusal | None:
    """Executives, duty managers, notice editors and auditors."""
    return actor.needs(Role.EXECUTIVE, Role.DUTY_MANAGER, Role.NOTICE_EDITOR, Role.AUDITOR)
