"""Give datacenters that have none their first crew requirements."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from capacity.regions.models import Datacenter
from capacity.staffing.models import CrewRequirement, CrewRole, Shift
from journal.record import new_entry, record_many
from kit.refusal import NotAllowed, require
from users.access import Actor

# Two people of every role at least: one alone cannot handle most incidents safely (decision core, section 8).
MINIMUM = 2
# How many more are rostered, by the size of the region: assumptions of a new installation.
SPARE = {"large": 3, "medium": 2, "small": 1}
# Logistics works by day.
ROLES: dict[str, list[CrewRole]] = {
    Shift.DAY: list(CrewRole),
    Shift.NIGHT: [role for role in CrewRole if role != CrewRole.LOGISTICS],
}


def set_up_crews(*, actor: Actor, sizes: Mapping[str, str], at: datetime) -> int:
    """Set the default requirements in datacenters without any; returns how many it set up.

    `sizes` maps region codes to large, medium or small. A datacenter with requirements keeps them.
    """
    require(None if actor.is_system else NotAllowed())
    with transaction.atomic():
        bare = list(
            Datacenter.objects.filter(region__code__in=sizes, requirements=None).select_related("region").order_by("pk")
        )
        CrewRequirement.objects.bulk_create(
            CrewRequirement(
                datacenter=datacenter,
                role=role,
                shift=shift,
                minimum=MINIMUM,
                rostered=MINIMUM + SPARE[sizes[datacenter.region.code]],
            )
            for datacenter in bare
            for shift, roles in ROLES.items()
            for role in roles
        )
        record_many(
            [
                new_entry(
                    actor=actor,
                    action="crew.required",
                    subject_type="datacenter",
                    subject_id=datacenter.code,
                    after={
                        "code": datacenter.code,
                        "minimum": MINIMUM,
                        "rostered": MINIMUM + SPARE[sizes[datacenter.region.code]],
                    },
                    at=at,
                )
                for datacenter in bare
            ]
        )
    return len(bare)
