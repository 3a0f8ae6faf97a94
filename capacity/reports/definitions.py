"""What each figure of the executive page means, in words. The codes are those of `figures.DEFINITIONS`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: dict[str, Any] = {
    "fill": _("Granted share"),
    "time_to_decision": _("Time to decision"),
    "waiting": _("Waiting and late"),
    "regions_at_risk": _("Regions at risk"),
    "staffing": _("Staffing"),
    "override_rate": _("Share of decisions under an override"),
}
TEXTS: dict[str, Any] = {
    "fill": _(
        "Units granted and not given back, divided by the units asked for, of the requests that became complete in"
        " the period. One resource at a time; withdrawn requests do not count. Tiers are those of the queue."
    ),
    "time_to_decision": _(
        "From completeness to the decision, of the requests that became complete in the period. What is still open"
        " counts as waiting at least so long (Kaplan–Meier), and the clock stands still while information is asked for."
    ),
    "waiting": _("Requests that nobody answered yet; late are those past the service target of their tier."),
    "regions_at_risk": _(
        "Regions that are constrained, critical or recovering, that have promised more than there is now, or that"
        " have a datacenter below minimum crew or without a fresh report."
    ),
    "staffing": _(
        "Datacenters by the status that follows from their latest shift reports. Silence is unknown, never green."
    ),
    "override_rate": _(
        "Decisions of the period made while an override of the request's rank stood, divided by all of them."
    ),
}
