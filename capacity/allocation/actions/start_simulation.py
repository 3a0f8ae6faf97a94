"""Ask for a policy version to be tried out. The work itself is done by the background, found from the row."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from capacity.allocation.access import may_simulate
from capacity.allocation.models import Simulation, SimulationState
from journal.record import record
from kit.refusal import Conflict, Invalid, NotFound, require
from priorities.models import PolicyVersion
from priorities.policies import active_version
from users.access import Actor

LONGEST_WINDOW_DAYS = 365


class CannotSimulate(Invalid):
    """The window does not do."""

    code = "cannot_simulate"
    message = _("This cannot be simulated.")


class AlreadyRunning(Conflict):
    """One simulation of a version at a time."""

    code = "already_running"
    message = _("A simulation of this version is running.")
    remedy = _("Wait for its result; you may leave the page meanwhile.")


def start_simulation(*, actor: Actor, number: int, days: int, at: datetime) -> Simulation:
    """Let the policy version of this number be tried on the open queue and on the decisions of the last `days` days.

    Raises `NotFound`, `CannotSimulate`, `AlreadyRunning`, `NoPolicyInForce`.
    """
    with transaction.atomic():
        require(may_simulate(actor))
        # One at a time: the version's row keeps a second start waiting until the first is there to be seen.
        version = PolicyVersion.objects.select_for_update(no_key=True).filter(number=number).first()
        if version is None:
            raise NotFound()
        if not 1 <= days <= LONGEST_WINDOW_DAYS:
            raise CannotSimulate({"days": [_("Between 1 and %(most)s days.") % {"most": LONGEST_WINDOW_DAYS}]})
        unfinished = [SimulationState.WAITING, SimulationState.RUNNING]
        if Simulation.objects.filter(version=version, state__in=unfinished).exists():
            raise AlreadyRunning()
        simulation = Simulation.objects.create(
            version=version,
            edition=version.row_version,
            baseline=active_version(at),
            since=at - timedelta(days=days),
            until=at,
            started_by_id=actor.user_id,
            started_at=at,
        )
        record(
            actor=actor,
            action="policy.simulated",
            subject_type="policy_version",
            subject_id=version.public_id,
            after={"number": version.number, "simulation": str(simulation.public_id), "days": days},
            at=at,
        )
        return simulation
