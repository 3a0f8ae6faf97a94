"""Who sees what is delivered where and when, and who plans it. Figures of supply: never public (product rule 13)."""

from django.db.models import QuerySet

from capacity.deliveries.models import Delivery
from capacity.pools.access import SEE_HEADROOM, may_see_headroom
from capacity.pools.models import Pool
from kit.refusal import Refusal
from users.access import Actor
from users.roles import Role


def may_see_deliveries(actor: Actor) -> Refusal | None:
    """Whoever sees how full pools are."""
    return may_see_headroom(actor)


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    """The deliveries to pools whose figures the actor sees."""
    reach = actor.regions_of(*SEE_HEADROOM)
    return Delivery.objects.all() if reach is None else Delivery.objects.filter(pool__region__code__in=reach)


def may_keep_deliveries(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """Operators plan, land and cancel the deliveries of their regions."""
    return actor.needs(Role.REGION_OPERATOR, region=region_code)


def supplied_pools(actor: Actor) -> QuerySet[Pool]:
    """The pools whose deliveries the actor keeps."""
    reach = actor.regions_of(Role.REGION_OPERATOR)
    return Pool.objects.all() if reach is None else Pool.objects.filter(region__code__in=reach)
