"""When new hardware lands, given who is there to install it. Pure: no database, no clock. Decision core, section 8.

Hours above the minimum crew against the hours that installing is planned to take: with less than enough, the days until
the delivery stretch. Repairs are not counted: nothing tells how many will come. Three rules hold and are tested: more
crew never lands anything later, nothing lands before it is due, and without a free hour there is no date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from capacity.staffing.repair import install_throughput

# What would land later than this is no date that anybody can plan with: it is withdrawn.
MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Landing:
    """When a delivery is expected to be powered on; None: withdrawn, as nobody is free to install it.

    `share` is the part of the planned installing that the crew can do, 0 to 1. `spare_hours` are the person-hours above
    minimum until it is due, None where no roster tells; `planned_hours` is all that is to be installed by then.
    """

    expected: date | None
    share: float
    spare_hours: float | None
    planned_hours: float


def landing(*, due: date, today: date, spare: Mapping[date, float], planned_hours: float) -> Landing:
    """The landing of a delivery that is due on a day.

    `spare` are person-hours above minimum by rostered day; days without a roster are taken to be like the rostered ones
    before it is due. `planned_hours` are person-hours from today until it is due. What is overdue
    lands today at the earliest. Raises ValueError on negative hours.
    """
    # What is due today, or was, has today left.
    days = max((due - today).days, 1)
    known = [hours for day, hours in spare.items() if today <= day < today + timedelta(days=days)]
    if not known:
        return Landing(max(due, today), 1.0, None, planned_hours)
    spare_hours = sum(known) / len(known) * days
    share = install_throughput(spare_hours=spare_hours, repair_hours=0, planned_hours=planned_hours)
    if share == 0 or days / share > MOST_DAYS:
        return Landing(None, share, spare_hours, planned_hours)
    # A float that should be whole must not cost a day.
    later = ceil(round(days / share, 6)) - days
    return Landing(max(due, today) + timedelta(days=later), share, spare_hours, planned_hours)
