"""Who may see how much there is, and who may say it. Figures of pools never leave the house (product rule 13)."""

from django.db.models import QuerySet

from capacity.pools.models import Pool
from kit.refusal import NotFound, Refusal
from users.access import Actor
from users.roles import Role

# The ledger of a pool and the terms of its supply.
SEE_POOLS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR)
# How full a region is, without the entries behind it.
SEE_HEADROOM = (*SEE_POOLS, Role.EXECUTIVE)


def may_see_headroom(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """Whether the actor sees how full pools are, here or anywhere."""
    return actor.needs(*SEE_HEADROOM, region=region_code)


def may_see_pool(actor: Actor, region_code: str) -> Refusal | None:
    """Whether the actor sees a pool with its ledger."""
    return actor.needs(*SEE_POOLS, region=region_code)


def visible_pools(actor: Actor) -> QuerySet[Pool]:
    """The pools whose figures the actor sees."""
    reach = actor.regions_of(*SEE_HEADROOM)
    return Pool.objects.all() if reach is None else Pool.objects.filter(region__code__in=reach)


def pool_for(actor: Actor, region_code: str, resource_code: str) -> Pool:
    """The pool with its ledger. Raises `NotFound`, and `NeedsRole` for who may see only how full it is."""
    pool = (
        visible_pools(actor)
        .filter(region__code=region_code, resource__code=resource_code)
        .select_related("region", "resource")
        .first()
    )
    if pool is None:
        raise may_see_headroom(actor, region_code) or NotFound()
    refusal = may_see_pool(actor, region_code)
    if refusal is not None:
        raise refusal
    return pool


def may_change_terms(actor: Actor, pool: Pool) -> Refusal | None:
    """Operators say what is powered on in their regions; the system follows staffing and policy."""
    if actor.is_system:
        return None
    return actor.needs(Role.REGION_OPERATOR, region=pool.region.code)
