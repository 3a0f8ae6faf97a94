"""Who may bring usage in, and who may say for how long it is kept. Who sees it is the pools' matter."""

from kit.refusal import Refusal
from users.access import Actor
from users.roles import Role


def may_report_usage(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """Operators report for the pools of their regions; files on the server are the system's."""
    if actor.is_system:
        return None
    return actor.needs(Role.REGION_OPERATOR, region=region_code)


def may_set_retention(actor: Actor) -> Refusal | None:
    """Administrators say for how long samples are kept; so does whoever has the server."""
    return None if actor.is_system else actor.needs(Role.ADMINISTRATOR)


def may_see_retention(actor: Actor) -> Refusal | None:
    """Administrators and the auditor see for how long."""
    return actor.needs(Role.ADMINISTRATOR, Role.AUDITOR)
