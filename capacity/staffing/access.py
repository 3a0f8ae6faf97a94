"""Who may see crews and report on them. Counts of people are for staff who answer for them, never for customers."""

from django.db.models import QuerySet

from capacity.regions.models import Datacenter
from capacity.staffing.planning_models import CrewPapers
from kit.refusal import NotAllowed, Refusal
from users.access import Actor
from users.roles import Role

# The whole picture: reports, roles and numbers.
SEE_CREWS = (Role.REGION_OPERATOR, Role.DUTY_MANAGER, Role.CAPACITY_REVIEWER, Role.AUDITOR)
# The status of a datacenter, without the numbers behind it.
SEE_STATUS = (*SEE_CREWS, Role.EXECUTIVE)


def may_see_status(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """Whether the actor sees how crews stand, here or anywhere."""
    return actor.needs(*SEE_STATUS, region=region_code)


def may_see_crew(actor: Actor, region_code: str) -> Refusal | None:
    """Whether the actor sees the reports of a region's datacenters."""
    return actor.needs(*SEE_CREWS, region=region_code)


def visible_datacenters(actor: Actor) -> QuerySet[Datacenter]:
    """The datacenters whose status the actor sees."""
    reach = actor.regions_of(*SEE_STATUS)
    return Datacenter.objects.all() if reach is None else Datacenter.objects.filter(region__code__in=reach)


def may_report_shift(actor: Actor, region_code: str) -> Refusal | None:
    """Operators report for the datacenters of their regions."""
    if actor.is_system:
        return None
    return actor.needs(Role.REGION_OPERATOR, region=region_code)


def may_plan_crew(actor: Actor, region_code: str | None = None) -> Refusal | None:
    """Operators roster the crews of their regions and keep their papers."""
    if actor.is_system:
        return None
    return actor.needs(Role.REGION_OPERATOR, region=region_code)


def plannable_datacenters(actor: Actor) -> QuerySet[Datacenter]:
    """The datacenters whose crews the actor rosters."""
    reach = actor.regions_of(Role.REGION_OPERATOR)
    return Datacenter.objects.all() if reach is None else Datacenter.objects.filter(region__code__in=reach)


def may_see_papers(actor: Actor) -> Refusal | None:
    """Whether there is a list of papers for the actor at all."""
    return actor.needs(*SEE_CREWS)


def visible_papers(actor: Actor) -> QuerySet[CrewPapers]:
    """The papers of the crews that the actor sees."""
    reach = actor.regions_of(*SEE_CREWS)
    return CrewPapers.objects.all() if reach is None else CrewPapers.objects.filter(datacenter__region__code__in=reach)


def reportable_datacenters(actor: Actor) -> QuerySet[Datacenter]:
    """The datacenters whose shifts the actor reports."""
    reach = None if actor.is_system else actor.regions_of(Role.REGION_OPERATOR)
    return Datacenter.objects.all() if reach is None else Datacenter.objects.filter(region__code__in=reach)


def may_vouch_for_crew(actor: Actor, region_code: str) -> Refusal | None:
    """A duty manager may confirm the last reported state."""
    return actor.needs(Role.DUTY_MANAGER, region=region_code)


def may_import_risk(actor: Actor) -> Refusal | None:
    """Public series are taken in by the system's own command."""
    return None if actor.is_system else NotAllowed()
