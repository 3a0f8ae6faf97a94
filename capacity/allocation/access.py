"""Who may try a policy out, and who reads what came out."""

from kit.refusal import Refusal
from priorities.access import READERS
from users.access import Actor
from users.roles import Role


def may_simulate(actor: Actor) -> Refusal | None:
    """Those who draft a policy and those who activate one."""
    return actor.needs(Role.CAPACITY_REVIEWER, Role.DUTY_MANAGER)


def may_read_simulations(actor: Actor) -> Refusal | None:
    """Counts and figures, no customers: everybody who reads the override register may read them."""
    return actor.needs(*READERS)
