"""What a crew can repair and install. Pure: no database, no clock. Decision core, section 8.

Tickets arrive at random and wait for a free technician (M/M/c), so the time to repair grows without bound as the crew
shrinks, long before everybody is always busy.
"""

from dataclasses import dataclass

# Of the hours above the minimum crew, so much can be planned; the rest goes to handovers and waiting.
USABLE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Repair:
    """How a crew keeps up. `hours` is the mean time from ticket to repair, None where the backlog grows.

    `out_of_service` is the mean number of servers that wait or are worked on, None likewise; `growth_per_day` is by how
    many tickets the backlog grows, 0 where it does not.
    """

    hours: float | None
    out_of_service: float | None
    growth_per_day: float

    @property
    def is_stable(self) -> bool:
        return self.hours is not None


def repair(*, tickets_per_day: float, hours_each: float, technicians: int) -> Repair:
    """How long repairs take and how many servers they keep out of service, by Erlang's waiting formula.

    `technicians` are those at work at any time. Raises ValueError on negative figures, or work that takes no time.
    """
    if tickets_per_day < 0 or hours_each <= 0 or technicians < 0:
        raise ValueError("figures of work must not be negative, and work takes time")
    arriving, served = tickets_per_day / 24, 1 / hours_each
    if arriving == 0:
        return Repair(hours_each if technicians else None, 0.0, 0.0)
    if arriving >= technicians * served:
        return Repair(None, None, 24 * (arriving - technicians * served))
    hours = hours_each + waits(technicians, arriving / served) / (technicians * served - arriving)
    return Repair(hours, arriving * hours, 0.0)


def waits(technicians: int, load: float) -> float:
    """Erlang C: the share of tickets that find everybody busy. `load` is work offered, in technicians.

    From Erlang B by its recursion, which never overflows. Raises ValueError where the load is no less than the crew.
    """
    if not 0 <= load < technicians:
        raise ValueError("the backlog grows without bound")
    blocked = 1.0
    for count in range(1, technicians + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - load / technicians * (1 - blocked))


def install_throughput(*, spare_hours: float, repair_hours: float, planned_hours: float) -> float:
    """φ: the share of planned installing that a crew can do, 0 to 1, from hours above minimum in the same span.

    Landing dates stretch by 1/φ; at 0 they are withdrawn. Raises ValueError on negative hours.
    """
    if min(spare_hours, repair_hours, planned_hours) < 0:
        raise ValueError("hours must not be negative")
    free = max(0.0, spare_hours * USABLE_SHARE - repair_hours)
    return 1.0 if planned_hours == 0 else min(1.0, free / planned_hours)
