"""Shifts that are reported late, from a file, or not at all."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from capacity.regions.models import Datacenter
from capacity.staffing import shifts
from capacity.staffing.actions.remind_of_shifts import plan_shift_reminders, remind_of_shifts
from capacity.staffing.models import CrewRequirement
from capacity.staffing.report_rows import OPTIONAL, REQUIRED
from capacity.watch.importing import SHIFT_REPORTS
from config.demo.cast import Cast
from customers.actions.run_imports import carry_out
from customers.actions.start_import import start_import

# Its crew was counted anew on paper; another row of the same sheet has its day in the wrong order.
COUNTED_ANEW, DAY_FIRST = "northeurope-2", "ukwest-1"


def import_reports(cast: Cast, *, now: datetime) -> None:
    """A sheet of yesterday: one shift is corrected, another is refused for how its day is written."""
    rows = [",".join((*REQUIRED, *OPTIONAL))]
    for code, written in ((COUNTED_ANEW, "%Y-%m-%d"), (DAY_FIRST, "%d.%m.%Y")):
        datacenter = Datacenter.objects.get(code=code)
        day, _shift = shifts.current(now - timedelta(days=1), ZoneInfo(datacenter.time_zone))
        for post in CrewRequirement.objects.filter(datacenter=datacenter, shift=shifts.DAY).order_by("role"):
            absent = int(post.role == "logistics")
            counts = (post.rostered, post.rostered - absent, absent, 0, 0)
            told = (code, f"{day:{written}}", post.shift, post.role, *counts, "Counted anew from the gate's list")
            rows.append(",".join(map(str, told)))
    run = start_import(
        actor=cast.actor("operator", at=now),
        kind=SHIFT_REPORTS.code,
        file_name="shifts-of-yesterday.csv",
        content="\n".join(rows).encode(),
        is_dry_run=False,
        at=now - timedelta(minutes=2),
    )
    # At the moment of the last look, so that nothing is judged by an earlier one.
    carry_out(run, at=now)


def remind(*, now: datetime) -> None:
    """What the cycle would have written to those who want it about shifts that nobody has reported."""
    plan_shift_reminders(at=now)
    remind_of_shifts(at=now)
