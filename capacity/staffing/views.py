"""The page of one datacenter."""

from django.http import HttpResponse
from django.shortcuts import render

from capacity.regions.models import Datacenter
from capacity.staffing.access import (
    may_report_shift,
    may_see_crew,
    may_see_status,
    may_vouch_for_crew,
    visible_datacenters,
)
from capacity.staffing.models import CrewRole, StaffingStatus
from capacity.staffing.queries import (
    DAYS_BACK,
    days_back,
    in_order_of_roles,
    latest_reports,
    report_status,
    shift_rows,
    vouched_until,
)
from capacity.staffing.wording import reason_texts
from kit import clock
from kit.refusal import NotFound, require
from users.http import ActorRequest


def datacenter_for(request: ActorRequest, code: str) -> Datacenter:
    """The datacenter with this code, with its status. Raises `NotFound`, or why its numbers are not shown."""
    found = visible_datacenters(request.actor).filter(code=code).select_related("region", "status").first()
    if found is None:
        raise may_see_status(request.actor) or NotFound()
    require(may_see_crew(request.actor, found.region.code))
    return found


def datacenter(request: ActorRequest, code: str) -> HttpResponse:
    """One datacenter: how its crew stands now and what was reported of its shifts."""
    shown = datacenter_for(request, code)
    at = clock.now()
    status = getattr(shown, "status", None)
    rows = shift_rows(latest_reports(shown, days_back(at, DAYS_BACK)[0]))
    context = {
        "datacenter": shown,
        "region": shown.region,
        "status": status,
        "reasons": reason_texts(status.reasons) if status else [],
        "roles": CrewRole.choices,
        "rows": [
            (
                row,
                [
                    (row.reports.get(role), report_status(row.reports[role]) if role in row.reports else "")
                    for role in CrewRole
                ],
            )
            for row in rows
        ],
        "requirements": in_order_of_roles(shown.requirements.all()),
        "vouched": vouched_until(shown, at),
        "may_report": may_report_shift(request.actor, shown.region.code) is None,
        "may_vouch": may_vouch_for_crew(request.actor, shown.region.code) is None
        and status is not None
        and status.status != StaffingStatus.NOT_TRACKED,
    }
    return render(request, "staffing/datacenter.html", context)
